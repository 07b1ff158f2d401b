"""Whether a piece of furniture goes into an alcove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .catalogue import ALCOVE_CLEARANCE_MM, Variant

HEADROOM_MM = 10
MIN_MM, MAX_MM = 100, 5000


@dataclass(frozen=True, slots=True)
class Alcove:
    """An alcove in millimetres; height and depth may be unknown."""

    width_mm: int
    height_mm: int | None = None
    depth_mm: int | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    fits: bool
    reasons: tuple[str, ...]
    spare_mm: int  # of the width; negative when it is too narrow


def fit(variant: Variant, alcove: Alcove) -> Fit:
    """Whether `variant` goes into `alcove`, and why, in the shopper's words."""
    reasons = []
    spare_mm = alcove.width_mm - variant.width_mm
    fits = spare_mm >= ALCOVE_CLEARANCE_MM
    if fits:
        reasons.append(f"{spare_mm} mm to spare in the width.")
    elif spare_mm >= 0:
        reasons.append(f"Only {spare_mm} mm to spare; old walls want {ALCOVE_CLEARANCE_MM} mm.")
    else:
        reasons.append(f"It is {-spare_mm} mm too wide.")
    if alcove.height_mm is not None:
        over_mm = variant.height_mm + HEADROOM_MM - alcove.height_mm
        fits = fits and over_mm <= 0
        reasons.append(f"It is {over_mm} mm too tall." if over_mm > 0 else f"{-over_mm} mm of air above it.")
    if alcove.depth_mm is not None:
        out_mm = variant.depth_mm - alcove.depth_mm
        reasons.append(
            f"It stands out {out_mm} mm in front." if out_mm > 0 else "It does not stand out in front."
        )
    return Fit(fits, tuple(reasons), spare_mm)


def parse_alcove(query: Mapping[str, str]) -> tuple[Alcove | None, dict[str, str]]:
    """The alcove in `query`'s width, height and depth, if the width is there, and what is wrong with them by field."""
    sizes: dict[str, int | None] = {"width": None, "height": None, "depth": None}
    errors: dict[str, str] = {}
    for name in sizes:
        text = query.get(name, "").strip().removesuffix("mm").strip()
        if not text:
            continue
        if text.isdecimal() and len(text) <= 5 and MIN_MM <= int(text) <= MAX_MM:
            sizes[name] = int(text)
        else:
            errors[name] = f"Please give whole millimetres from {MIN_MM} to {MAX_MM}. 60 cm is 600."
    if errors or sizes["width"] is None:
        return None, errors
    return Alcove(sizes["width"], sizes["height"], sizes["depth"]), {}
