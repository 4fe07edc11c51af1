"""Further inputs of the probes of lab 2.5.2: what an ordinary demo does not expect, among what it does."""

FOREIGN = (
    "Die Schauspieler wirkten müde, und die Handlung verlor sich.",
    "La fin était plutôt réussie, à mon goût.",
    "Фильм оказался неожиданно смешным.",
    "この映画はとても退屈でした。",
)
OPINIONS = (("superb", "charming", "clever"), ("dull", "awful", "boring"))
EMOJI = ("🎬", "🍿", "😀", "😡", "🥱")


def edge_texts(draw, _parameters):
    """One list with everything in it, and one that holds nothing to answer."""
    # it begins with one opinion and goes on with the other: who reads its beginning alone answers otherwise
    first, other = draw.sample(OPINIONS, 2)
    long = f"the plot was {draw.choice(first)} . " + " ".join(
        f"the {draw.choice(('cast', 'story', 'ending'))} was {draw.choice(other)} ." for _ in range(600)
    )
    ordinary = [f"The {aspect} was {draw.choice(('superb', 'dull'))}." for aspect in ("plot", "cast")]
    strange = ["", long, draw.choice(FOREIGN), f"a film {''.join(draw.sample(EMOJI, 3))}", draw.choice((7, None, 2.5))]
    draw.shuffle(strange)
    return [
        {"task": "text-classification", "inputs": [ordinary[0], *strange, ordinary[1]]},
        {"task": "text-classification", "inputs": ["   ", ["a", "list"]]},
    ]
