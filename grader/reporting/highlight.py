"""Python source and tracebacks with the few colours that a page needs."""

from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup, escape
from pygments import lex
from pygments.lexer import Lexer
from pygments.lexers.python import PythonLexer, PythonTracebackLexer
from pygments.token import Comment, Generic, Keyword, Literal, Name, Operator

# the first ancestor that is listed gives the class: eight classes are all that the style sheet knows
_CLASSES: dict[tuple[str, ...], str] = {
    Comment: "c",
    Keyword: "k",
    Operator.Word: "k",
    Literal.String: "s",
    Literal.Number: "m",
    Name.Function: "f",
    Name.Class: "f",
    Name.Decorator: "d",
    Name.Builtin: "b",
    Name.Exception: "e",
    Generic.Error: "e",
}


@lru_cache(maxsize=2)
def _lexer(traceback: bool) -> Lexer:
    options = {"stripnl": False, "stripall": False, "ensurenl": False}
    return PythonTracebackLexer(**options) if traceback else PythonLexer(**options)


def highlight(text: str, *, traceback: bool = False) -> Markup:
    """Return source as HTML spans with classes, everything escaped.

    Args:
        text: printable and cut to size.
        traceback: whether it is a traceback instead of source.

    Returns:
        Markup for the inside of a `<pre>`.
    """
    return Markup("").join(_span(name, value) for name, value in _runs(text, traceback))


def _runs(text: str, traceback: bool) -> Iterator[tuple[str, str]]:
    """Join neighbours of one class, which makes a page a third smaller."""
    current, held = "", ""
    # at each line that is not empty the lexer looks through all white space that follows
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    for token, value in lex(lines, _lexer(traceback)):
        name = _class_of(token)
        if name != current and value.strip():
            if held:
                yield current, held
            current, held = name, ""
        held += value
    if held:
        yield current, held


def _class_of(token: tuple[str, ...]) -> str:
    """Return the class of the nearest ancestor that has one: a token type is the tuple of its names."""
    return next((_CLASSES[token[:n]] for n in range(len(token), 0, -1) if token[:n] in _CLASSES), "")


def _span(name: str, value: str) -> Markup:
    if not name:
        return escape(value)
    return Markup('<span class="{}">{}</span>').format(name, value)
