"""Drawings of what is made of boards: bookcases, shelves, chests and cupboards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .drawing import Box, Round, Shadow, Solid, disc
from .finishes import FINISHES, Finish, darker, lighter

BOOK_COLOURS = ("#8c4b3a", "#c9a15a", "#5d6f63", "#3d4f63", "#d9cbb2", "#a8795a", "#6b4c5a", "#b8a98f")
_CLAY = Finish("#c7b39a")
_LEAF = Finish("#6f7f5b")
_PLASTER = Finish("#ece3d4")
_BRASS = FINISHES["brass"]


@dataclass(frozen=True, slots=True)
class Order:
    """What to draw: outer size in millimetres, finish, and the traits of the product."""

    w: float
    h: float
    d: float
    finish: Finish
    traits: dict[str, int]
    random: Random


def books(order: Order, x0: float, x1: float, y0: float, room: float, z0: float, depth: float) -> list[Solid]:
    """A handful of books, and sometimes a pot, standing on the board at height `y0`."""
    random = order.random
    solids: list[Solid] = []
    x = x0 + random.uniform(6, 30)
    until = x0 + (x1 - x0) * random.uniform(0.35, 0.85)
    while x < until - 50:
        thick, tall = random.uniform(16, 40), min(room * random.uniform(0.58, 0.86), 300)
        colour = Finish(random.choice(BOOK_COLOURS))
        solids.append(Box((x, x + thick, y0, y0 + tall, z0 + 30, z0 + min(depth * 0.8, 220)), colour, 0.06))
        x += thick + 1
    left_over = x1 - x
    if left_over > 150 and room > 150 and random.random() < 0.6:
        r = min(46.0, left_over / 5)
        tall = min(room * 0.42, 130)
        at = x + left_over / 2
        solids.append(Round(at, z0 + depth / 2, y0, y0 + tall, r * 0.72, r, _CLAY))
        if random.random() < 0.6:
            solids.append(
                Round(at, z0 + depth / 2, y0 + tall, y0 + tall + room * 0.28, r * 0.9, r * 0.25, _LEAF)
            )
    return solids


def carcass(
    order: Order, y0: float, y1: float, levels: list[float], *, back: Finish | None = None
) -> list[Solid]:
    """Two sides, a top, a bottom, a back and a shelf at each of `levels`, with the shadows between."""
    t, w, d = board_mm(order), order.w, order.d
    f = order.finish
    solids: list[Solid] = [
        Box((0, t, y0, y1, 0, d), f),
        Box((w - t, w, y0, y1, 0, d), f),
        Box((t, w - t, y1 - t, y1, 0, d), f),
        Box((t, w - t, y0, y0 + t, 0, d), f, 0.08),
        Box((t, w - t, y0 + t, y1 - t, d - 8, d), back or f, 0.3),
    ]
    solids += [Box((t, w - t, level, level + t, 6, d - 8), f, 0.05) for level in levels]
    edges = [y0 + t, *[level + t for level in levels]]
    tops = [*levels, y1 - t]
    for low, high in zip(edges, tops, strict=True):
        solids.append(Shadow((t, w - t, high - (high - low) * 0.62, high, d - 8.5, d - 8.5)))
    return solids


def board_mm(order: Order) -> float:
    return max(16.0, min(26.0, order.w / 32))


def _levels(order: Order, y0: float, y1: float, shelves: int) -> list[float]:
    """The heights of the inner shelves when `shelves` compartments lie between y0 and y1, the tallest lowest."""
    weights = [1 + 0.08 * (shelves - index) for index in range(shelves)]
    levels, y = [], y0
    for weight in weights[:-1]:
        y += (y1 - y0) * weight / sum(weights)
        levels.append(y)
    return levels


def _plinth(order: Order) -> tuple[float, list[Solid]]:
    rise = float(order.traits.get("plinth", 0))
    if not rise:
        return 0.0, []
    return rise, [Box((8, order.w - 8, 0, rise, 14, order.d - 10), order.finish, 0.35)]


def _doors(
    order: Order, x0: float, x1: float, y0: float, y1: float, count: int, *, knobs: bool = True
) -> list[Solid]:
    width = (x1 - x0) / count
    solids: list[Solid] = []
    for index in range(count):
        left = x0 + index * width
        solids.append(Box((left + 2, left + width - 2, y0 + 2, y1 - 2, -16, 0), order.finish))
        if knobs:
            pulls_right = index % 2 == 0
            at = left + width - 40 if pulls_right else left + 40
            height = y0 + (y1 - y0) * (0.72 if y0 < 300 else 0.4)
            solids.append(disc(at, height, 13, -40, -16, _BRASS))
    return solids


def bookcase(order: Order) -> list[Solid]:
    rise, solids = _plinth(order)
    shelves, t = order.traits.get("shelves", 4), board_mm(order)
    levels = _levels(order, rise, order.h, shelves)
    solids += carcass(order, rise, order.h, levels)
    doors = order.traits.get("doors", 0)
    closed = levels[0] if doors else 0.0
    floors = [rise + t, *[level + t for level in levels]]
    roofs = [*levels, order.h - t]
    for low, high in zip(floors, roofs, strict=True):
        if low > closed:
            solids += books(order, t, order.w - t, low, high - low, 10, order.d - 40)
    if doors:
        solids += _doors(order, 0, order.w, rise, closed + t, doors)
    return solids


def ladder(order: Order) -> list[Solid]:
    count, w, t = order.traits["shelves"], order.w, 22.0
    solids: list[Solid] = [
        Box((0, 26, 0, order.h, order.d - 30, order.d), order.finish),
        Box((w - 26, w, 0, order.h, order.d - 30, order.d), order.finish),
    ]
    for index in range(count):
        level = 160 + index * (order.h - 260) / (count - 1)
        depth = order.d * (1 - 0.13 * index)
        solids.append(Box((0, w, level, level + t, order.d - 30 - depth * 0.8, order.d - 30), order.finish))
        solids += books(order, 20, w - 30, level + t, 240, order.d - 50 - depth * 0.7, depth * 0.7)
    return solids


def cubes(order: Order) -> list[Solid]:
    columns, rows, t = order.traits["columns"], order.traits["rows"], 24.0
    pitch_x, pitch_y = (order.w - t) / columns, (order.h - t) / rows
    levels = [pitch_y * row for row in range(1, rows)]
    solids = carcass(order, 0, order.h, levels)
    for row in range(rows):
        low = pitch_y * row + t
        for column in range(columns):
            left = pitch_x * column + t
            if column:
                solids.append(Box((left - t, left, low, low + pitch_y - t, 6, order.d - 9), order.finish))
            if order.random.random() < 0.8:
                solids += books(order, left, left + pitch_x - t, low, pitch_y - t, 10, order.d - 40)
    return solids


def _wall(order: Order, height: float) -> list[Solid]:
    """The left cheek and the back of an alcove, in plaster."""
    w, d = order.w, order.d
    return [
        Box((-70, 0, -8, height, -40, d + 20), _PLASTER, 0.02),
        Box((0, w, -8, height, d, d + 20), _PLASTER, 0.08),
    ]


def alcove(order: Order) -> list[Solid]:
    solids = _wall(order, order.h + 200)
    w, d, doors, base = order.w, order.d, order.traits.get("doors", 0), 0.0
    if doors:
        base = order.h * 0.36
        solids += [
            Box((0, w, 0, 60, 20, d), order.finish, 0.3),
            Box((0, w, 60, base - 30, 0, d), order.finish),
            Box((0, w, base - 30, base, -22, d), order.finish),
            *_doors(order, 0, w, 60, base - 32, doors),
        ]
    count = order.traits["shelves"]
    gap = (order.h - base) / count
    depth = d if not doors else d * 0.62
    for index in range(count):
        level = base + gap * (index + (0.9 if doors else 0.35))
        if level > order.h:
            break
        solids.append(Box((0, w, level, level + 34, d - depth, d), order.finish))
        solids.append(Shadow((0, w, level - gap * 0.5, level, d - 0.5, d - 0.5)))
        solids += books(order, 10, w - 20, level + 34, gap - 40, d - depth, depth)
    return solids


def nook(order: Order) -> list[Solid]:
    w, d = order.w, order.d
    solids = [*_wall(order, order.h + 160), Box((0, w, 0, 60, 24, d), order.finish, 0.35)]
    solids.append(Box((0, w, 60, 400, 0, d), order.finish))
    solids.append(Box((0, w, 400, 424, -14, d), order.finish))
    solids.append(Box((12, w - 12, 424, 490, -4, d - 4), FINISHES["oatmeal"]))
    solids.append(Box((40, 340, 490, 760, d - 130, d - 30), FINISHES["rust"], 0.05))
    for index in range(order.traits["shelves"]):
        level = 1080 + index * 320.0
        solids.append(Box((0, w, level, level + 32, d - 240, d), order.finish))
        solids.append(Shadow((0, w, level - 170, level, d - 0.5, d - 0.5)))
        solids += books(order, 10, w - 20, level + 32, 270, d - 240, 240)
    return solids


def corner(order: Order) -> list[Solid]:
    w, d, count = order.w, order.d, order.traits["shelves"]
    deep = 200.0
    solids: list[Solid] = [
        Box((-24, 0, -8, order.h + 120, -60, d), _PLASTER),
        Box((0, w + 60, -8, order.h + 120, d, d + 24), _PLASTER, 0.08),
    ]
    for index in range(count):
        level = 140 + index * (order.h - 100) / count
        solids.append(Box((0, w, level, level + 30, d - deep, d), order.finish))
        solids.append(Box((0, deep, level, level + 30, 0, d - deep), order.finish))
        solids.append(Shadow((0, w, level - 130, level, d - 0.5, d - 0.5)))
        solids += books(order, deep + 10, w - 10, level + 30, 260, d - deep, deep)
    return solids


def board(order: Order) -> list[Solid]:
    solids: list[Solid] = [Box((0, order.w, 0, order.h, 0, order.d), order.finish)]
    if order.traits.get("books"):
        solids += books(order, order.w * 0.12, order.w, order.h, 280, 0, order.d)
    return solids


def bracketed(order: Order) -> list[Solid]:
    iron, w, d = FINISHES["black iron"], order.w, order.d
    solids: list[Solid] = [Box((0, w, 150, 186, 0, d), order.finish)]
    for x in (w * 0.16, w * 0.8):
        solids.append(Box((x, x + 26, 0, 150, d - 8, d), iron))
        solids.append(Box((x, x + 26, 142, 150, 14, d - 8), iron))
        solids.append(Box((x + 8, x + 18, 60, 142, d - 90, d - 82), iron))
    return solids + books(order, w * 0.06, w, 186, 280, 0, d)


def ledge(order: Order) -> list[Solid]:
    w, d, t = order.w, order.d, 16.0
    solids: list[Solid] = [
        Box((0, w, 0, t, 0, d), order.finish),
        Box((0, w, t, order.h, d - 14, d), order.finish),
        Box((0, w, t, t + 18, 0, 12), order.finish),
    ]
    for index in range(order.traits.get("jars", 0)):
        x = 50 + index * (w - 100) / 4
        solids.append(Round(x, d / 2, t, t + 74, 27, 27, Finish(BOOK_COLOURS[index])))
        solids.append(Round(x, d / 2, t + 74, t + 88, 24, 24, _BRASS))
    if "jars" not in order.traits:
        for x, wide, tall, tint in ((90.0, 210.0, 290.0, "#5d6f63"), (350.0, 160.0, 220.0, "#c9a15a")):
            solids.append(Box((x, x + wide, t, t + tall, 30, 44), Finish("#33302c")))
            solids.append(Box((x + 16, x + wide - 16, t + 16, t + tall - 16, 28, 30), Finish("#f3ecdf")))
            solids.append(Box((x + 46, x + wide - 46, t + 50, t + tall - 50, 27, 28), Finish(tint)))
    return solids


def chest(order: Order) -> list[Solid]:
    rise, solids = _plinth(order)
    w, d, count = order.w, order.d, order.traits["drawers"]
    solids.append(Box((0, w, rise, order.h - 24, 0, d), order.finish, 0.12))
    solids.append(Box((-10, w + 10, order.h - 24, order.h, -20, d), order.finish))
    weights = [1 + 0.14 * (count - index) for index in range(count)]
    y = rise + 8
    for weight in weights:
        tall = (order.h - 24 - rise - 16) * weight / sum(weights)
        solids.append(Box((10, w - 10, y + 4, y + tall - 4, -16, 0), order.finish))
        for x in (w * 0.25, w * 0.75) if w > 600 else (w / 2,):
            solids.append(disc(x, y + tall / 2, 15, -42, -16, _BRASS))
        y += tall
    return solids


def sideboard(order: Order) -> list[Solid]:
    w, d = order.w, order.d
    rise, solids = _plinth(order)
    if legs := order.traits.get("legs"):
        rise = float(legs)
        for x in (70.0, w - 70):
            for z in (60.0, d - 60):
                solids.append(Round(x, z, 0, rise, 13, 22, order.finish))
    solids.append(Box((0, w, rise, order.h - 24, 0, d), order.finish, 0.14))
    solids.append(Box((0, w, order.h - 24, order.h, -18, d), order.finish))
    return [*solids, *_doors(order, 6, w - 6, rise + 6, order.h - 28, order.traits["doors"])]


def cupboard(order: Order) -> list[Solid]:
    rise, solids = _plinth(order)
    w, d = order.w, order.d
    solids.append(Box((0, w, rise, order.h - 30, 0, d), order.finish, 0.14))
    solids.append(Box((-14, w + 14, order.h - 30, order.h, -26, d), order.finish))
    solids += _doors(order, 4, w - 4, rise + 4, order.h - 34, order.traits["doors"], knobs=False)
    panel = Finish(lighter(order.finish.colour, 0.06), order.finish.grained)
    half = w / 2
    for left in (4.0, half):
        for low, high in ((rise + 70, order.h * 0.48), (order.h * 0.53, order.h - 100)):
            solids.append(Box((left + 60, left + half - 64, low, high, -20, -16), panel))
    for x in (half - 30, half + 30):
        solids.append(disc(x, order.h * 0.505, 12, -40, -16, _BRASS))
    return solids


def crate(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    solids: list[Solid] = [Box((14, w - 14, 0, 12, 14, d - 14), f, 0.3)]
    slat = (h - 20) / 3
    for index in range(3):
        low = index * (slat + 10)
        solids += [Box((0, w, low, low + slat, z, z + 12), f) for z in (0.0, d - 12)]
        solids += [Box((x, x + 12, low, low + slat, 12, d - 12), f) for x in (0.0, w - 12)]
    for x in (14.0, w - 32):
        solids += [Box((x, x + 18, 12, h - 8, z, z + 18), f, 0.2) for z in (12.0, d - 30)]
    grip = Finish(darker(f.colour, 0.62))
    return [*solids, Box((w / 2 - 50, w / 2 + 50, h - slat * 0.66, h - slat * 0.36, -1, 0), grip)]


def box(order: Order) -> list[Solid]:
    w, h, d, f = order.w, order.h, order.d, order.finish
    return [
        Box((0, w, 0, 40, 10, d - 10), f, 0.35),
        Box((0, w, 40, h - 34, 0, d), f),
        Box((-14, w + 14, h - 34, h, -16, d), f),
        *[Box((x, x + w / 3 - 60, 90, h - 80, -6, 0), f, 0.06) for x in (40, w / 3 + 30, 2 * w / 3 + 20)],
    ]


CASEWORK: dict[str, Callable[[Order], list[Solid]]] = {
    "bookcase": bookcase,
    "ladder": ladder,
    "cubes": cubes,
    "alcove": alcove,
    "nook": nook,
    "corner": corner,
    "board": board,
    "bracketed": bracketed,
    "ledge": ledge,
    "chest": chest,
    "sideboard": sideboard,
    "cupboard": cupboard,
    "crate": crate,
    "box": box,
}
