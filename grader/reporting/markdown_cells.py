"""Markdown of students as HTML: no raw HTML, no links, headings that leave the page's own outline alone."""

from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from grader.reporting.sanitise import clean_html


def markdown_html(text: str) -> Markup:
    """Return markdown as harmless HTML.

    Args:
        text: hostile, cut to size.
    """
    parser = _parser()
    tokens = [shown for token in parser.parse(text) for shown in _outline(token)]
    return clean_html(str(parser.renderer.render(tokens, parser.options, {})))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "entity"])
    return parser


def _outline(token: Token) -> list[Token]:
    """Turn a heading into a strong paragraph, and a link into its text and its address."""
    if token.type == "heading_open":
        return [Token("paragraph_open", "p", 1), Token("strong_open", "strong", 1)]
    if token.type == "heading_close":
        return [Token("strong_close", "strong", -1), Token("paragraph_close", "p", -1)]
    if token.children:
        token.children = _without_links(token.children)
    return [token]


def _without_links(children: list[Token]) -> list[Token]:
    kept: list[Token] = []
    addresses: list[str] = []
    for child in children:
        if child.type == "link_open":
            addresses.append(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            kept.append(Token("text", "", 0, content=_address(kept, addresses.pop())))
        else:
            kept.append(child)
    return kept


def _address(before: list[Token], address: str) -> str:
    shown = before[-1].content if before else ""
    return f" ({address})" if address.startswith(("http://", "https://")) and shown != address else ""
