"""Style sheets that pages have sent, by their hash: the next page names the sheet alone. SPEC mirror.10."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from cobrowse.core.errors import CobrowseError
from cobrowse.core.page_events import Node
from cobrowse.core.shelf import Shelf

MAX_SITE_BYTES = 2 * 1024 * 1024
"""Of the texts of one site's sheets: the least lately used goes first."""

MAX_KNOWN = 32
"""Style sheets of which a page is told that they are here: the latest of its site."""

MIN_SHEET_CHARS = 512
"""A shorter one is hardly longer than its name."""

HASH = "_cssHash"
TEXT = "_cssText"


class UnknownSheet(CobrowseError):
    """A page names a style sheet that it was not told of, or more of them than a page can hold."""


class Sheets:
    """One site's style sheets by the SHA-256 of their text as it came; the server alone reckons it."""

    def __init__(self) -> None:
        self._texts: Shelf[str] = Shelf(MAX_SITE_BYTES)

    def learn(self, sheets: Mapping[str, str]) -> None:
        """Keeps these texts, each by its hash; one that fills the half of the shelf is not kept."""
        for key, text in sheets.items():
            if len(text) <= MAX_SITE_BYTES // 2:
                self._texts.put(key, text, len(text.encode("utf-8", "replace")))

    def known(self) -> dict[str, str]:
        """The sheets that a page of this site need not send, by their hashes."""
        latest = self._texts.latest(MAX_KNOWN)
        return {key: text for key in latest if (text := self._texts.get(key)) is not None}


class Reading:
    """Reads one snapshot's style sheets: puts those back that are `known`, and keeps the others in `learned`."""

    def __init__(self, known: Mapping[str, str], max_chars: int) -> None:
        self._known = known
        self._left_chars = max_chars
        self.learned: dict[str, str] = {}

    def read(self, node: Node) -> None:
        """Raises UnknownSheet."""
        if node.tagName == "link":
            self._read_link(node)
        for child in node.childNodes or ():
            if child.type != 3:
                self.read(child)

    def _read_link(self, link: Node) -> None:
        key, text = link.attributes.pop(HASH, None), link.attributes.get(TEXT)
        if key is not None:
            known = self._known.get(key) if isinstance(key, str) else None
            if known is None or len(known) > self._left_chars:
                raise UnknownSheet("expected the hash of a style sheet that the page was told of")
            self._left_chars -= len(known)
            link.attributes[TEXT] = known
        elif isinstance(text, str) and len(text) >= MIN_SHEET_CHARS:
            self.learned[hash_of(text)] = text


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
