"""Style sheets that pages have sent, by their hash: the next page names the sheet alone. SPEC mirror.3."""

from __future__ import annotations

import hashlib

from cobrowse.core.markup import clean_css
from cobrowse.core.shelf import Shelf

MAX_SHEETS_BYTES = 32 * 1024 * 1024
MAX_KNOWN = 64
"""Style sheets of which a page is told that they are here: the latest of its site."""


class Sheets:
    """Style sheets of each site's pages, by the SHA-256 of their text as it came."""

    def __init__(self) -> None:
        self._texts: Shelf[str] = Shelf(MAX_SHEETS_BYTES)
        self._of_site: dict[str, Shelf[None]] = {}

    def put(self, site: str, text: str) -> str:
        """Keeps the sheet, cleaned; returns its hash."""
        key = hashlib.sha256(text.encode()).hexdigest()
        if self._texts.get(key) is None:
            cleaned = clean_css(text)
            self._texts.put(key, cleaned, len(cleaned) + 100)
        self._of_site.setdefault(site, Shelf(MAX_KNOWN)).put(key, None, 1)
        return key

    def get(self, key: str) -> str | None:
        return self._texts.get(key)

    def known(self, site: str) -> list[str]:
        """Hashes of sheets that a page of this site need not send."""
        shelf = self._of_site.get(site)
        return [key for key in shelf.latest(MAX_KNOWN) if self._texts.get(key) is not None] if shelf else []
