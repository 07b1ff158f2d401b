"""Drawings of what stands on legs, gives light or holds things together: tables, chairs, lamps, hardware."""

from __future__ import annotations

from collections.abc import Callable

from .casework import Order
from .drawing import Box, Prism, Round, Solid, disc
from .finishes import FINISHES, SHADE, Finish

_IRON, _BRASS, _OAK = FINISHES["black iron"], FINISHES["brass"], FINISHES["oak"]
_CORD = Finish("#8a6a4b")


def _legs(order: Order, height: float, inset: float, thin: float, thick: float) -> list[Solid]:
    return [
        Round(x, z, 0, height, thin, thick, order.finish)
        for x in (inset, order.w - inset)
        for z in (inset, order.d - inset)
    ]


def desk(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    solids = _legs(order, h - 130, min(60, d / 5), 14, 24)
    solids.append(Box((30, w - 30, h - 130, h - 26, 24, d - 20), f, 0.14))
    solids.append(Box((0, w, h - 26, h, 0, d), f))
    count = order.traits.get("drawers", 1)
    wide = (w - 80) / count
    for index in range(count):
        left = 40 + index * wide
        solids.append(Box((left + 5, left + wide - 5, h - 122, h - 34, 10, 24), f))
        solids.append(disc(left + wide / 2, h - 78, 13, -10, 10, _BRASS))
    return solids


def walldesk(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    t = 18.0
    solids: list[Solid] = [
        Box((0, w, 0, t, 0, d), f),
        Box((0, t, t, h, 0, d), f),
        Box((w - t, w, t, h, 0, d), f),
        Box((t, w - t, h - t, h, 0, d), f),
        Box((t, w - t, t, h - t, d - 8, d), f, 0.3),
        Box((t, w - t, h * 0.55, h * 0.55 + t, 6, d - 8), f),
        Box((0, w, -2 * t, -t, -420, d - 20), f),
    ]
    solids += [Box((x, x + 12, h * 0.55 + t, h - t, 8, d - 9), f) for x in (w * 0.33, w * 0.66)]
    for index, colour in enumerate(("#8c4b3a", "#c9a15a", "#5d6f63", "#3d4f63")):
        left = t + 20 + index * 32
        solids.append(Box((left, left + 28, t, t + 190 - index * 14, 20, 140), Finish(colour)))
    return solids


def riser(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    return [
        Box((30, 54, 0, h - 22, 20, d - 20), f, 0.05),
        Box((w - 54, w - 30, 0, h - 22, 20, d - 20), f, 0.05),
        Box((54, w - 54, h * 0.38, h * 0.38 + 18, -40, d - 60), f),
        Box((0, w, h - 22, h, 0, d), f),
    ]


def table(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    inset, low = 70.0, h < 500
    solids = _legs(order, h - (110 if not low else 60), inset, 18 if not low else 15, 34 if not low else 24)
    solids.append(Box((50, w - 50, h - (110 if not low else 60), h - 32, 50, d - 50), f, 0.16))
    solids.append(Box((0, w, h - 32, h, 0, d), f))
    if order.traits.get("shelf"):
        solids.append(Box((110, w - 110, 120, 138, 100, d - 100), f, 0.1))
    if not low:
        solids.append(Round(w * 0.62, d / 2, h, h + 60, 70, 120, Finish("#d8cab3")))
    return solids


def roundtable(order: Order) -> list[Solid]:
    r, h, f = order.w / 2, order.h, order.finish
    stem = 55.0 if order.w > 600 else 22.0
    return [
        Round(r, r, 0, 26, r * 0.56, r * 0.52, f),
        Round(r, r, 26, h * 0.5, stem * 1.35, stem * 0.8, f),
        Round(r, r, h * 0.5, h - 28, stem * 0.8, stem * 1.2, f),
        Round(r, r, h - 28, h, r * 0.97, r, f),
        Round(r * 1.15, r, h, h + h * 0.11, r * 0.09, r * 0.14, Finish("#c7b39a")),
    ]


def bedside(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    solids = _legs(order, 160, 40, 12, 20)
    solids += [
        Box((0, w, 160, 180, 0, d), f),
        Box((0, 18, 180, h - 22, 0, d), f),
        Box((w - 18, w, 180, h - 22, 0, d), f),
        Box((18, w - 18, 180, h - 22, d - 10, d), f, 0.35),
        Box((18, w - 18, h * 0.66, h - 24, 0, d - 12), f, 0.1),
        Box((24, w - 24, h * 0.66 + 4, h - 28, -14, 0), f),
        disc(w / 2, h * 0.8, 13, -36, -14, _BRASS),
        Box((0, w, h - 22, h, 0, d), f),
        Box((60, 230, 180, 206, 60, 240), Finish("#5d6f63")),
        Box((70, 220, 206, 228, 70, 230), Finish("#c9a15a")),
    ]
    return solids


def chair(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    seat = 450.0
    solids: list[Solid] = [
        *(Round(x, 36, 0, seat - 40, 13, 19, f) for x in (34.0, w - 34)),
        *(Round(x, d - 36, 0, seat - 40, 13, 19, f) for x in (34.0, w - 34)),
        Box((24, w - 24, seat - 90, seat - 40, 60, 78), f, 0.15),
        Box((6, w - 6, seat - 40, seat, 0, d), f),
        *(Round(x, d - 28, seat, h, 17, 13, f) for x in (34.0, w - 34)),
    ]
    if count := order.traits.get("spindles"):
        gap = (w - 130) / (count - 1)
        solids += [Round(65 + gap * index, d - 28, seat, h - 60, 6, 8, f) for index in range(count)]
        solids.append(Box((52, w - 52, h - 60, h - 8, d - 42, d - 20), f))
    for index in range(order.traits.get("slats", 0)):
        low = seat + 90 + index * (h - seat - 100) / 3
        solids.append(Box((52, w - 52, low, low + 56, d - 40, d - 22), f))
    return solids


def stool(order: Order) -> list[Solid]:
    r, h, f = order.w / 2, order.h, order.finish
    return [
        *(
            Round(x, z, 0, h - 36, 13, 18, f)
            for x, z in ((r * 0.4, r * 0.6), (r * 1.6, r * 0.6), (r, r * 1.6))
        ),
        Round(r, r, h - 36, h, r * 0.94, r, f),
    ]


def armchair(order: Order) -> list[Solid]:
    w, h, d, wool = order.w, order.h, order.d, order.finish
    return [
        *(Round(x, z, 0, 150, 14, 22, _OAK) for x in (60.0, w - 60) for z in (70.0, d - 70)),
        Box((0, w, 150, 250, 30, d), wool, 0.12),
        Box((0, 120, 250, 590, 30, d), wool),
        Box((w - 120, w, 250, 590, 30, d), wool),
        Box((120, w - 120, 250, h, d - 190, d), wool, 0.08),
        Box((124, w - 124, 250, 430, 0, d - 200), wool),
        Box((150, w - 190, 430, 680, d - 300, d - 210), Finish("#c9a15a"), 0.02),
    ]


def bench(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    return [
        *_legs(order, h - 38, 54, 15, 24),
        Box((80, w - 80, h - 80, h - 38, d / 2 - 12, d / 2 + 12), f, 0.2),
        Box((0, w, h - 38, h, 0, d), f),
    ]


def _shade(x: float, z: float, y0: float, y1: float, r0: float, r1: float) -> Round:
    return Round(x, z, y0, y1, r0, r1, SHADE, glows=True)


def tablelamp(order: Order) -> list[Solid]:
    r, h, f = order.w / 2, order.h, order.finish
    return [
        Round(r, r, 0, 20, r * 0.58, r * 0.54, f),
        Round(r, r, 20, h * 0.3, r * 0.3, r * 0.42, f),
        Round(r, r, h * 0.3, h * 0.46, r * 0.42, r * 0.12, f),
        Round(r, r, h * 0.46, h * 0.54, 7, 7, _BRASS),
        _shade(r, r, h * 0.54, h, r, r * 0.62),
    ]


def floorlamp(order: Order) -> list[Solid]:
    r, h, f = order.w / 2, order.h, order.finish
    return [
        Round(r, r, 0, 24, r * 0.72, r * 0.66, f),
        Round(r, r, 24, h - 300, 15, 13, f),
        _shade(r, r, h - 300, h, r, r * 0.62),
    ]


def pendant(order: Order) -> list[Solid]:
    r, h, f = order.w / 2, order.h, order.finish
    return [
        Round(r, r, -26, 0, r * 0.3, r * 0.34, SHADE, glows=True),
        Round(r, r, 0, h * 0.62, r, r * 0.5, f),
        Round(r, r, h * 0.62, h * 0.82, r * 0.5, r * 0.2, f),
        Round(r, r, h * 0.82, h, r * 0.18, r * 0.14, _OAK),
        Round(r, r, h, h * 1.9, 4, 4, _CORD),
    ]


def lightbar(order: Order) -> list[Solid]:
    w = order.w
    return [
        Box((0, w, 24, 46, 0, 130), _OAK),
        Box((20, w - 20, 0, 24, 10, 40), order.finish),
        Box((26, w - 26, -5, 0, 14, 36), Finish("#fff0c4", gloss=0.4)),
    ]


def walllamp(order: Order) -> list[Solid]:
    f, d = order.finish, order.d
    return [
        Box((-60, 220, -120, 280, d, d + 16), Finish("#ece3d4")),
        Box((50, 110, 30, 190, d - 16, d), f),
        Box((74, 86, 104, 116, 90, d - 16), f),
        Round(80, 84, 40, 116, 9, 9, f),
        _shade(80, 84, -60, 40, 84, 48),
    ]


def pegs(order: Order) -> list[Solid]:
    w, h, count = order.w, order.h, order.traits["pegs"]
    gap = w / count
    solids: list[Solid] = [Box((0, w, 0, h, 50, 72), order.finish)]
    for index in range(count):
        x = gap * (index + 0.5)
        solids += [disc(x, h / 2, 9, 6, 50, order.finish), disc(x, h / 2, 17, -8, 6, order.finish)]
    return solids


def pins(order: Order) -> list[Solid]:
    places = ((0.0, 6.0), (13.0, 0.0), (25.0, 9.0), (12.0, 17.0))
    solids: list[Solid] = []
    for x, z in places[: order.traits["count"]]:
        solids += [
            Round(x, z, 0, 7, 2.5, 2.5, order.finish),
            Round(x, z, 7, 8.6, 4.6, 4.6, order.finish),
            Round(x, z, 8.6, 16, 3.3, 2.9, order.finish),
        ]
    return solids


def knob(order: Order) -> list[Solid]:
    places = ((45.0, 60.0), (135.0, 60.0)) if order.w < 100 else ()
    solids: list[Solid] = [Box((0, 180, 0, 120, 30, 52), FINISHES["pale oak"])]
    for x, y in places:
        solids += [disc(x, y, 8, 12, 30, order.finish), disc(x, y, 17, -2, 12, order.finish)]
    return solids


def handle(order: Order) -> list[Solid]:
    f = order.finish
    return [
        Box((-20, 170, -50, 50, 30, 48), FINISHES["walnut"]),
        disc(27, 0, 5, 8, 30, f),
        disc(123, 0, 5, 8, 30, f),
        Box((8, 142, -7, 7, -2, 8), f),
    ]


def hook(order: Order) -> list[Solid]:
    f = order.finish
    return [
        Box((-40, 80, -30, 140, 70, 88), FINISHES["pale oak"]),
        Box((8, 32, 0, 110, 64, 70), f),
        Box((14, 26, 70, 80, 10, 64), f),
        Box((14, 26, 80, 104, 10, 20), f),
        disc(20, 110, 10, 8, 22, f),
        Box((14, 26, 10, 20, 34, 64), f),
        Box((14, 26, 20, 34, 34, 44), f),
        disc(20, 40, 8, 32, 46, f),
    ]


def strap(order: Order) -> list[Solid]:
    solids: list[Solid] = []
    for left in (0.0, 60.0):
        band = ((left, 18.0), (left + 22, 18.0), (left + 22, 160.0), (left, 160.0))
        solids.append(Prism(band, 6, 10, order.finish))
        for y in (0.0, 150.0):
            solids.append(Box((left - 4, left + 26, y, y + 28, 0, 5), _IRON))
            solids.append(disc(left + 11, y + 14, 5, -2, 0, FINISHES["nickel"]))
    return solids


def feet(order: Order) -> list[Solid]:
    f = order.finish
    solids: list[Solid] = []
    for x, z in ((0.0, 10.0), (52.0, 0.0), (100.0, 22.0), (48.0, 62.0)):
        solids += [
            Round(x, z, 0, 4, 15, 15, FINISHES["linen"]),
            Round(x, z, 4, 14, 16, 13, f),
            Round(x, z, 14, 40, 5, 5, FINISHES["nickel"]),
        ]
    return solids


def tin(order: Order) -> list[Solid]:
    label, paper = order.finish, Finish("#efe6d6")
    return [
        Round(42, 42, 0, 8, 42, 42, label),
        Round(42, 42, 8, 44, 41, 41, paper),
        Round(42, 42, 44, 60, 43, 43, label),
        Box((96, 160, 0, 9, 8, 70), Finish("#d8cab3")),
        Box((102, 152, 9, 16, 14, 62), Finish("#c9a15a")),
    ]


JOINERY: dict[str, Callable[[Order], list[Solid]]] = {
    "desk": desk,
    "walldesk": walldesk,
    "riser": riser,
    "table": table,
    "roundtable": roundtable,
    "bedside": bedside,
    "chair": chair,
    "stool": stool,
    "armchair": armchair,
    "bench": bench,
    "tablelamp": tablelamp,
    "floorlamp": floorlamp,
    "pendant": pendant,
    "lightbar": lightbar,
    "walllamp": walllamp,
    "pegs": pegs,
    "pins": pins,
    "knob": knob,
    "handle": handle,
    "hook": hook,
    "strap": strap,
    "feet": feet,
    "tin": tin,
}
