"""The colours of the shop's materials, and arithmetic on colours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finish:
    colour: str  # #rrggbb of a face in plain light
    grained: bool = False
    gloss: float = 0.0  # how much lighter a lit face is than wood would be, 0 to 1


FINISHES = {
    "oak": Finish("#c99a63", grained=True),
    "pale oak": Finish("#dcbd8f", grained=True),
    "tan": Finish("#bd7f45", grained=True),
    "cherry": Finish("#a6593a", grained=True),
    "walnut": Finish("#7a5238", grained=True),
    "white": Finish("#efe9df"),
    "sage": Finish("#98a58a"),
    "ink": Finish("#3d4f63"),
    "charcoal": Finish("#4a4744"),
    "brass": Finish("#c9a24d", gloss=0.35),
    "nickel": Finish("#b3b3ae", gloss=0.35),
    "black iron": Finish("#3b3936", gloss=0.12),
    "oatmeal": Finish("#d8cab3"),
    "moss": Finish("#7d8460"),
    "rust": Finish("#b0603c"),
    "linen": Finish("#ddd0b8"),
    "clear": Finish("#d9b56c", gloss=0.1),
    "warm brown": Finish("#8a5a34", gloss=0.1),
}
SHADE = Finish("#efe2c8")  # a lampshade's linen
INSIDE = "#f7ead0"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` mixed in, as #rrggbb."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour: str, share: float) -> str:
    """`colour` with warm white mixed in."""
    return mix(colour, "#fff6e6", share)


def darker(colour: str, share: float) -> str:
    """`colour` with a warm shadow mixed in."""
    return mix(colour, "#2b1a10", share)
