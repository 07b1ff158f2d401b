"""The valid name that a mistyped one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that `name` resembles most, if it resembles any."""
    near = difflib.get_close_matches(name, sorted(valid), n=1, cutoff=0.6)
    return near[0] if near else None


def suggestion(name: str, valid: Collection[str]) -> str:
    """A sentence's end: the nearest valid name to `name`, else all of them."""
    near = nearest(name, valid)
    return f"did you mean {near}?" if near else f"expected one of {', '.join(sorted(valid))}"
