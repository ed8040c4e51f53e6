"""Web pages: the text that a browser shows, without markup, scripts and navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpora.formats.bounds import whole

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_LEFT_OUT = {
    *("head", "script", "style", "template", "noscript", "-comment", "-doctype"),
    *("nav", "menu", "form", "button", "select", "textarea", "dialog"),
    *("iframe", "object", "embed", "canvas", "audio", "video", "svg", "math"),
    *("rt", "rp"),  # how a word of Japanese or Chinese is pronounced
}
_LEFT_OUT_ROLES = {
    *("navigation", "search", "banner", "contentinfo", "menu", "menubar"),
    *("doc-pagebreak", "doc-toc"),
}
_PARAGRAPHS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"),
    *("ul", "ol", "dl", "table", "figure", "article", "section", "main", "details"),
}
"""An empty line stands before and behind them."""
_LINES = {
    *("div", "li", "tr", "br", "dt", "dd", "address", "figcaption", "caption"),
    *("header", "footer", "aside", "body", "center", "summary", "hgroup"),
}
_CELLS = ("td", "th")
_SPACES = re.compile(r"[ \t\n\r\f]+")

_CHARSET = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+) | <meta[^>]{0,200}?charset\s*=\s*["'\s]*([\w.:-]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_EMPTY_XHTML = re.compile(r"<(?!br|hr|img|input|link|meta|col|wbr|area|base)([a-zA-Z][\w:-]*)([^<>]*?)/>")
_IS_XHTML = re.compile(r"^\ufeff?\s*<\?xml|^[^<]*<html[^>]*\bxmlns\b", re.IGNORECASE)


def named_charset(head: bytes) -> str:
    """The charset that the beginning of a page names; empty if it names none."""
    found = _CHARSET.search(head[:4096])
    return (found[1] or found[2]).decode("ascii", "replace") if found else ""


def page_text(texts: Iterator[str], label: str) -> Iterator[str]:
    """The text of a page, paragraphs separated by an empty line.

    Raises:
        TooLargeError: it is too large.
    """
    from selectolax.lexbor import LexborHTMLParser

    html = whole(texts, label)
    if _IS_XHTML.match(html[:2048]):
        html = _EMPTY_XHTML.sub(r"<\1\2></\1>", html)  # for HTML, <title/> would begin a title without an end
    root = LexborHTMLParser(html).root
    if root is not None:
        yield _Page().text_of(root)


class _Page:
    """Collects the text of a page in reading order."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._breaks = 0
        """Line feeds that stand before the next text."""
        self._space = ""
        """What separates it from the last on the same line."""
        self._preformatted = 0

    def text_of(self, root: LexborNode) -> str:
        node, depth = root, 0
        while True:
            below = self._enter(node)
            if below is not None:
                node, depth = below, depth + 1
                continue
            while (after := node.next) is None or not depth:
                self._leave(node.tag or "")
                above = node.parent
                if not depth or above is None:
                    return "".join((*self._pieces, "\n" if self._pieces else ""))
                node, depth = above, depth - 1
            self._leave(node.tag or "")
            node = after

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Take what a node says, and return the first node in it that is read."""
        tag = node.tag or ""
        if tag == "-text":
            self._write(node.text_content or "")
            return None
        if tag in _LEFT_OUT or _is_left_out(node.attributes):
            return None
        self._break(tag)
        self._preformatted += tag == "pre"
        if tag in _CELLS:
            self._space = "\t" if self._space != "" or not self._breaks else ""
        return node.first_child

    def _leave(self, tag: str) -> None:
        self._break(tag)
        self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def _break(self, tag: str) -> None:
        wanted = 2 if tag in _PARAGRAPHS else 1 if tag in _LINES else 0
        self._breaks = max(self._breaks, wanted)

    def _write(self, text: str) -> None:
        if not self._preformatted:
            text = _SPACES.sub(" ", text)
            if text[:1] == " ":
                text, self._space = text[1:], self._space or " "
        elif not text.strip("\n"):
            self._breaks += len(text)
            return
        if not text:
            return
        if self._breaks:
            self._pieces.append("\n" * self._breaks if self._pieces else "")
        elif self._pieces:
            self._pieces.append(self._space)
        self._breaks, self._space = 0, ""
        kept = text.rstrip("\n") if self._preformatted else text.removesuffix(" ")
        if self._preformatted:
            self._breaks = len(text) - len(kept)
        elif kept != text:
            self._space = " "
        self._pieces.append(kept)


def _is_left_out(attributes: dict[str, str | None]) -> bool:
    return bool(attributes) and (
        "hidden" in attributes
        or attributes.get("role") in _LEFT_OUT_ROLES
        or attributes.get("epub:type") in ("pagebreak", "toc")
        or "pg-boilerplate" in (attributes.get("class") or "")  # Project Gutenberg's licence
    )
