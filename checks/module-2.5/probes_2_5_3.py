"""Inputs of the probes of lab 2.5.3: each function returns the arguments of every call, fresh for every run."""

OPENINGS = ("The plot", "Her second film", "Nobody's acting", "The old soundtrack", "Every dialogue", "The café scene")
VERBS = ("remains", "seems", "turned out", "never was", "is said to be")
ENDINGS = ("a quiet triumph", "far from naïve", "ANYTHING but dull", "hardly worth 10 minutes", "unfathomable, really")
LONGEST = 400


def batches(draw, parameters):
    """Batches of texts: of very different lengths, of one text, and one that has to be cut off."""
    many = [" ".join(sentence(draw) for _ in range(count)) for count in (1, 4, 2, draw.randint(5, 7), 1)]
    long = " , ".join(sentence(draw) for _ in range(parameters["max_length"]))
    return [{"batch": {"text": texts}} for texts in (many, [sentence(draw)], [sentence(draw), long])]


def dirty_rows(draw, _parameters):
    """Rows with every kind of dirt, in an order of chance, and one batch of a single row."""
    found = [
        (f"<p>{sentence(draw)}</p><br />{sentence(draw)}", "1"),
        (f"&quot;{sentence(draw)}&quot; &amp;\n more ", "0"),
        (f"  {sentence(draw)}\t {sentence(draw)}", draw.choice(("negative", "positive"))),
        (f"{sentence(draw)} – “été”, {draw.randint(10, 99)} €", "0"),
        (sentence(draw).upper(), "1"),
        (f"â€œ{sentence(draw)}â€\x9d", "1"),
        (f"{sentence(draw)} caf\ufffd", "0"),
        (f"â€œ{sentence(draw)}", draw.choice(("2", ""))),
        (sentence(draw), draw.choice(("n/a", "3", "POSITIVE", " 1"))),
        (draw.choice(("", " \n", "<br />", "<p> ... </p>")), "1"),
        (" ".join(["fine"] * LONGEST), "1"),
        (" ".join(["fine"] * (LONGEST + 1)), "0"),
        ("<br />".join(["fine"] * (LONGEST + draw.randint(1, 90))), "0"),
    ]
    draw.shuffle(found)
    rows = [{"id": f"x{at}", "text": text, "label": label} for at, (text, label) in enumerate(found)]
    return [{"batch": columns(rows)}, {"batch": columns(rows[:1])}]


def columns(rows):
    """Rows as `map(batched=True)` gives them."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def sentence(draw):
    """A sentence."""
    return f"{draw.choice(OPENINGS)} {draw.choice(VERBS)} {draw.choice(ENDINGS)}."
