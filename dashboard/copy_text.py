"""The text of a mail, read out of its HTML, and what differs between two of them.

    "<div>Hi {{firstName}},</div>" ──> "Hi {{firstName}}," ──> words ──> <del>…</del> <ins>…</ins>

A body is HTML that a stranger may have written: it is never rendered. It is read as text, and what
comes out is escaped again. Differences are marked by words, because letters make confetti of a
sentence, with a line through and a line under besides the colour.
"""

from __future__ import annotations

import difflib
import html
import re
from html.parser import HTMLParser

BREAKS = frozenset({"br", "div", "p", "li", "tr", "h1", "h2", "h3", "blockquote", "table", "ul"})
WORDS = re.compile(r"\{\{[^}]*\}\}|\{[^{}]*\}|\w+|\s+|[^\w\s]", re.UNICODE)


class _Reader(HTMLParser):
    """Gathers what a person would read, with an address behind the words of a link."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BREAKS:
            self.parts.append("\n")
        if tag == "a":
            self._addresses.append(dict(attrs).get("href") or "")
        if tag == "img":
            self.parts.append(f"[image {dict(attrs).get('alt') or ''}]")

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKS and tag != "br":
            self.parts.append("\n")
        if tag == "a" and self._addresses and (address := self._addresses.pop()):
            self.parts.append(f" [{address}]")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(body: str) -> str:
    """A body as a person reads it: one line per block, at most one empty line between two."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    lines = [line.strip() for line in "".join(reader.parts).replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip()


def marked(old: str, new: str) -> tuple[str, str]:
    """Both texts as HTML, what only one of them has marked in it."""
    one, two = WORDS.findall(old), WORDS.findall(new)
    left, right = [], []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, start, end, begin, stop in matcher.get_opcodes():
        left.append(_piece(one[start:end], "" if kind == "equal" else "del"))
        right.append(_piece(two[begin:stop], "" if kind == "equal" else "ins"))
    return "".join(left), "".join(right)


def _piece(words: list[str], tag: str) -> str:
    text = html.escape("".join(words), quote=True)
    return f"<{tag}>{text}</{tag}>" if tag and text else text
