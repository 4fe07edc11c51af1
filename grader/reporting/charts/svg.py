"""The one writer of SVG: everything that it puts into a drawing is escaped."""

from collections.abc import Sequence

from markupsafe import Markup, escape

Attribute = str | float


def number(value: float) -> str:
    """Return a coordinate with at most one decimal, the same on every machine."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def element(name: str, content: Markup | str = "", **attributes: Attribute) -> Markup:
    """Return one element.

    Args:
        name: of the element.
        content: Markup is kept, a string is escaped.
        attributes: `class_` becomes `class`, `stroke_width` becomes `stroke-width`.
    """
    pairs = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value if isinstance(value, str) else number(value))
        for key, value in attributes.items()
    )
    inside = escape(content)
    return Markup("<{0}{1}>{2}</{0}>").format(name, pairs, inside) if inside else Markup("<{}{}/>").format(name, pairs)


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> Markup:
    """Return a label at a place."""
    attributes: dict[str, Attribute] = {"x": x, "y": y}
    if css:
        attributes["class_"] = css
    if anchor != "start":
        attributes["text_anchor"] = anchor
    return element("text", words, **attributes)


def drawing(size: tuple[float, float], name: str, title: str, desc: str, parts: Sequence[Markup]) -> Markup:
    """Return a drawing with its name and its words.

    Args:
        size: width and height of the view box.
        name: unique on the page; makes the ids.
        title: accessible name.
        desc: the text twin.
        parts: elements, back to front.
    """
    inner = Markup("").join([element("title", title, id=f"{name}-t"), element("desc", desc, id=f"{name}-d"), *parts])
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t" aria-describedby="{}-d">{}</svg>'
    ).format(number(size[0]), number(size[1]), name, name, inner)


def decoration(width: float, height: float, css: str, parts: Sequence[Markup]) -> Markup:
    """Return a drawing beside words that already say it: hidden from screen readers, stretched to its box."""
    return Markup('<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>').format(
        css, number(width), number(height), Markup("").join(parts)
    )
