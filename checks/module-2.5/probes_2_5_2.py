"""Inputs of the probes of lab 2.5.2: fresh ones for every task, together, one of them alone, and together again."""

PEOPLE = ("Ada Novak", "Ben Okafor", "Clara Lind", "Dora Weiss")
STUDIOS = ("Bluebird Pictures", "Redwood Pictures", "Harbor Films")
CITIES = ("Lisbon", "Oslo", "Prague", "Vienna", "Dublin")
ASPECTS = ("plot", "cast", "story", "ending", "soundtrack", "dialogue", "scenery")
JUDGEMENTS = ("superb", "dull", "clever", "awful", "bold", "crude", "charming", "boring")
PLACES = ("kitchen", "stadium", "laboratory", "concert hall", "parliament", "harbour")
VERBS = ("won", "opened", "explained", "forgot", "praised", "tested")


TASKS = (
    "text-classification", "token-classification", "fill-mask", "zero-shot-classification", "text-generation",
    "feature-extraction", "image-classification", "zero-shot-image-classification", "automatic-speech-recognition",
)  # fmt: skip


def tasks_twice(draw, _parameters):
    """Every task twice, in any order."""
    tasks = [*TASKS, *TASKS]
    draw.shuffle(tasks)
    return [{"task": task} for task in tasks]


def text_classification(draw, _parameters):
    """Sentences about films, long and short, with negations."""
    return asked("text-classification", draw, [opinion(draw) for _ in range(8)])


def token_classification(draw, _parameters):
    """Sentences with names in them."""
    texts = [
        f"{draw.choice(PEOPLE)} directed it. {draw.choice(STUDIOS)} made it in {draw.choice(CITIES)}.",
        f"The {draw.choice(ASPECTS)} was {draw.choice(JUDGEMENTS)}.",
        f"It was shot in {draw.choice(CITIES)} by {draw.choice(STUDIOS)}.",
        f"{draw.choice(PEOPLE)} met {draw.choice(PEOPLE)} in {draw.choice(CITIES)}.",
    ]
    return asked("token-classification", draw, texts)


def fill_mask(draw, _parameters):
    """Sentences with one masked word."""
    texts = [f"The {draw.choice(ASPECTS)} was {draw.choice(JUDGEMENTS)}. Overall I [MASK] it." for _ in range(3)]
    return asked("fill-mask", draw, [*texts, f"The {draw.choice(ASPECTS)} was [MASK]."])


def zero_shot_classification(draw, _parameters):
    """Sentences about many things."""
    texts = [f"The {draw.choice(PLACES)} {draw.choice(VERBS)} number {draw.randint(2, 99)}." for _ in range(4)]
    return asked("zero-shot-classification", draw, texts)


def text_generation(draw, _parameters):
    """Beginnings of sentences."""
    texts = [f"The {draw.choice(ASPECTS)} was", f"Although the {draw.choice(ASPECTS)} was {draw.choice(JUDGEMENTS)},"]
    return asked("text-generation", draw, [*texts, f"I {draw.choice(('liked', 'hated', 'saw'))} the"])


def feature_extraction(draw, _parameters):
    """Sentences of different lengths."""
    return asked("feature-extraction", draw, [opinion(draw) for _ in range(3)])


def image_classification(draw, _parameters):
    """Pictures of shapes."""
    return asked("image-classification", draw, drawn(draw, 3))


def zero_shot_image_classification(draw, _parameters):
    """Pictures of shapes."""
    return asked("zero-shot-image-classification", draw, drawn(draw, 3))


def automatic_speech_recognition(draw, _parameters):
    """Recordings of digits."""
    return asked("automatic-speech-recognition", draw, [samples for samples, _ in spoken(draw, 2)])


def orders(draw, _parameters):
    """A spoken digit each, with pictures to choose from."""
    said = [samples for samples, text in spoken(draw, 40) if " " not in text][:2]
    return [{"samples": samples, "pictures": drawn(draw, draw.randint(3, 5))} for samples in said]


def asked(task, draw, inputs):
    """The calls of one task."""
    together = {"task": task, "inputs": inputs}
    return [together, {"task": task, "inputs": [draw.choice(inputs[1:])]}, together]


def opinion(draw):
    """One to three statements about a film."""
    parts = [
        f"the {draw.choice(ASPECTS)} was {draw.choice(('', 'not ', 'hardly '))}{draw.choice(JUDGEMENTS)}"
        for _ in range(draw.randint(1, 3))
    ]
    return f"{' and '.join(parts)} ({draw.randint(1, 99)})."


def drawn(draw, count):
    """Pictures as rows of [red, green, blue]."""
    from grader.checking.api.miniatures import pictures

    return [one.pixels.tolist() for one in pictures(f"probe/{draw.random()}", count)]


def spoken(draw, count):
    """Recordings as 16-bit numbers, each with its text."""
    from grader.checking.api.miniatures import recordings

    found = recordings(f"probe/{draw.random()}", count)
    return [((one.samples * 32_767).astype("int16").tolist(), one.text) for one in found]
