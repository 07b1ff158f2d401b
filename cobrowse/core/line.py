"""Line identifiers: one canonical text for one product with its options. SPEC cart.2."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, NewType
from urllib.parse import quote, unquote

from cobrowse.core.errors import Refusal, Refused

LineId = NewType("LineId", str)

MAX_LINE_ID_CHARS = 512
MAX_OPTIONS = 12
PARSED_LINES = 10_000
"""Identifiers whose parts are kept: a shop's carts name the same products over and over, and parsing takes 10 us."""


class Line(NamedTuple):
    """What a line identifier says: the product's number, its options by name, and any personal text."""

    sku: str
    options: dict[str, str]
    personalisation: str


def _escape(text: str) -> str:
    return quote(text, safe="")


def line_id(sku: str, options: dict[str, str] | None = None, personalisation: str = "") -> LineId:
    """The canonical identifier `sku?name=value&...#personalisation`, options sorted by name, RFC 3986 escapes."""
    text = _escape(sku)
    if options:
        text += "?" + "&".join(f"{_escape(k)}={_escape(v)}" for k, v in sorted(options.items()))
    if personalisation:
        text += "#" + _escape(personalisation)
    return LineId(text)


@lru_cache(maxsize=PARSED_LINES)
def parse_line_id(text: str) -> Line:
    """The parts of a canonical identifier. Not to be changed: the same object answers the same text again.

    Raises Refusal(INVALID) for one that is empty, too long, or that `line_id` would write otherwise.
    """
    if not 0 < len(text) <= MAX_LINE_ID_CHARS:
        raise Refusal(Refused.INVALID, f"a line identifier has 1 to {MAX_LINE_ID_CHARS} characters")
    head, _, personal = text.partition("#")
    sku, _, query = head.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    options = {unquote(name): unquote(value) for name, _, value in pairs}
    line = Line(unquote(sku), options, unquote(personal))
    if not line.sku or len(options) > MAX_OPTIONS or line_id(*line) != text:
        raise Refusal(
            Refused.INVALID, "a line identifier is sku?option=value#text, escaped, options sorted by name"
        )
    return line
