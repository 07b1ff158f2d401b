"""One text for one value, whichever language made it: what vectors hold and the differential test compares."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_EMPTY_CART: dict[str, Any] = {
    "lines": {},
    "coupons": {},
    "notes": {},
    "proposals": {},
    "context": {"vector": {}, "cloud": []},
}


def plain(value: object) -> Any:
    """The value as JSON has it: as it is on the wire, carts with all their parts, sets in order, 2.0 as 2."""
    return _ordered(msgspec.json.decode(msgspec.json.encode(value)))


def _ordered(value: Any) -> Any:
    match value:
        case dict():
            whole = {**_EMPTY_CART, **value} if "context" in value else value
            return {key: _ordered_part(key, part) for key, part in whole.items()}
        case list():
            return [_ordered(part) for part in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _ordered_part(key: str, part: Any) -> Any:
    """A context's cloud and the dots of a coupon are sets: on the wire they come in any order."""
    if key == "cloud":
        return sorted(part)
    if key == "coupons":
        return {code: sorted(dots) for code, dots in part.items()}
    return _ordered(part)


def dump(value: object) -> str:
    """The canonical JSON text."""
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
