"""A small orthographic renderer: solids in millimetres become an SVG seen from the front right, a little above.

x runs to the right, y up, z away from the viewer. Every solid has an axis-aligned bounding box; solids do not overlap.
Of two such boxes A cannot hide B if a plane x, y or z = constant has A on its far side, and the other way about;
where both hold, no line of sight meets both. So a topological sort by "is behind" paints correctly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from .finishes import Finish, darker, lighter

_YAW, _PITCH = math.radians(27), math.radians(15)
_COS_YAW, _SIN_YAW = math.cos(_YAW), math.sin(_YAW)
_COS_PITCH, _SIN_PITCH = math.cos(_PITCH), math.sin(_PITCH)
_TOUCHING_MM = 0.01
CANVAS = 800
_MARGIN = 96

Point = tuple[float, float]
Bounds = tuple[float, float, float, float, float, float]  # x0, x1, y0, y1, z0, z1


def project(x: float, y: float, z: float) -> Point:
    """The place on the canvas, in millimetres with y downwards."""
    return x * _COS_YAW + z * _SIN_YAW, -(y * _COS_PITCH + (z * _COS_YAW - x * _SIN_YAW) * _SIN_PITCH)


@dataclass(frozen=True, slots=True)
class Box:
    """A board or block between two corners."""

    bounds: Bounds
    finish: Finish
    shaded: float = 0.0  # how far it lies in the shadow of what is around it, 0 to 1


@dataclass(frozen=True, slots=True)
class Round:
    """An upright cylinder or cone stump: legs, stems, lampshades, vases."""

    x: float
    z: float
    y0: float
    y1: float
    r0: float  # radius at the bottom
    r1: float  # radius at the top
    finish: Finish
    glows: bool = False

    @property
    def bounds(self) -> Bounds:
        r = max(self.r0, self.r1)
        return self.x - r, self.x + r, self.y0, self.y1, self.z - r, self.z + r


@dataclass(frozen=True, slots=True)
class Prism:
    """A convex outline in x and y (anticlockwise), drawn out along z: knobs, wheels, straps."""

    outline: tuple[Point, ...]
    z0: float
    z1: float
    finish: Finish

    @property
    def bounds(self) -> Bounds:
        xs, ys = [x for x, _ in self.outline], [y for _, y in self.outline]
        return min(xs), max(xs), min(ys), max(ys), self.z0, self.z1


@dataclass(frozen=True, slots=True)
class Shadow:
    """A soft darkness on the plane z = z0 of a panel, deepest at its top: what a shelf casts on the back."""

    bounds: Bounds


Solid = Box | Round | Prism | Shadow


def disc(x: float, y: float, r: float, z0: float, z1: float, finish: Finish) -> Prism:
    """A cylinder that points at the viewer."""
    turn = [math.tau * step / 28 for step in range(28)]
    return Prism(tuple((x + r * math.cos(a), y + r * math.sin(a)) for a in turn), z0, z1, finish)


def paint(solids: Sequence[Solid], *, title: str, seed: str, hangs: bool = False) -> str:
    """A complete SVG document with `solids` fitted to its canvas on a soft floor shadow."""
    corners = [
        project(x, y, z) for s in solids for x in s.bounds[0:2] for y in s.bounds[2:4] for z in s.bounds[4:6]
    ]
    left, right = min(u for u, _ in corners), max(u for u, _ in corners)
    top, bottom = min(v for _, v in corners), max(v for _, v in corners)
    scale = (CANVAS - 2 * _MARGIN) / max(right - left, bottom - top)
    pen = _Pen(
        scale,
        CANVAS / 2 - scale * (left + right) / 2,
        CANVAS / 2 + 8 - scale * (top + bottom) / 2,
        Random(seed),
    )
    if not hangs:
        pen.floor_shadow(solids)
    for solid in in_painting_order(solids):
        pen.draw(solid)
    return pen.document(title)


def in_painting_order(solids: Sequence[Solid]) -> list[Solid]:
    """`solids` with each one after all that it may hide."""
    hides = [{j for j, other in enumerate(solids) if _behind(other.bounds, solid.bounds)} for solid in solids]
    order: list[Solid] = []
    waiting = dict(enumerate(hides))
    while waiting:
        ready = [index for index, behind in waiting.items() if not behind & waiting.keys()]
        for index in ready or [
            next(iter(waiting))
        ]:  # a cycle needs three interlocked boxes: break it anywhere
            order.append(solids[index])
            del waiting[index]
    return order


def _farther(a: Bounds, b: Bounds) -> bool:
    return a[1] <= b[0] + _TOUCHING_MM or a[3] <= b[2] + _TOUCHING_MM or a[4] >= b[5] - _TOUCHING_MM


def _behind(a: Bounds, b: Bounds) -> bool:
    return _farther(a, b) and not _farther(b, a)


class _Pen:
    """Writes SVG elements; `random` only strews the grain, so that equal seeds give equal pictures."""

    def __init__(self, scale: float, dx: float, dy: float, random: Random) -> None:
        self._scale, self._dx, self._dy, self._random = scale, dx, dy, random
        self._elements: list[str] = []
        self._gradients: dict[tuple[str, str, str], str] = {}

    def _at(self, x: float, y: float, z: float) -> Point:
        u, v = project(x, y, z)
        return u * self._scale + self._dx, v * self._scale + self._dy

    def _gradient(self, kind: str, start: str, end: str) -> str:
        name = self._gradients.setdefault((kind, start, end), f"g{len(self._gradients)}")
        return f"url(#{name})"

    def _polygon(self, points: Iterable[Point], fill: str, edge: str, opacity: float = 1.0) -> None:
        path = " ".join(f"{u:.1f},{v:.1f}" for u, v in points)
        see_through = f' opacity="{opacity}"' if opacity < 1 else ""
        self._elements.append(
            f'<polygon points="{path}" fill="{fill}" stroke="{edge}" stroke-width="0.9"'
            f' stroke-linejoin="round"{see_through}/>'
        )

    def floor_shadow(self, solids: Sequence[Solid]) -> None:
        low = min(s.bounds[2] for s in solids)
        standing = [s.bounds for s in solids]
        x0, x1 = min(b[0] for b in standing), max(b[1] for b in standing)
        z0, z1 = min(b[4] for b in standing), max(b[5] for b in standing)
        deep = 0.16 * (x1 - x0)
        points = [(x0 + deep / 3, z0), (x1 + deep, z0 + deep / 5), (x1 + deep * 1.4, z1), (x0 + deep / 2, z1)]
        path = " ".join("{:.1f},{:.1f}".format(*self._at(x, low, z)) for x, z in points)
        self._elements.append(f'<polygon points="{path}" fill="#5b3f28" opacity="0.34" filter="url(#soft)"/>')

    def draw(self, solid: Solid) -> None:
        match solid:
            case Box():
                self._box(solid)
            case Round():
                self._round(solid)
            case Prism():
                self._prism(solid)
            case Shadow(bounds=(x0, x1, y0, y1, z, _)):
                fill = self._gradient("v", "#2b1a10:0.42", "#2b1a10:0")
                self._polygon(
                    [self._at(x, y, z) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], fill, "none"
                )

    def _box(self, box: Box) -> None:
        x0, x1, y0, y1, z0, z1 = box.bounds
        colour = darker(box.finish.colour, box.shaded)
        edge = darker(colour, 0.34)
        lit = lighter(colour, 0.2 + box.finish.gloss * (1 - box.shaded))
        side = darker(colour, 0.3)
        top = [(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)]
        right = [(x1, y0, z0), (x1, y0, z1), (x1, y1, z1), (x1, y1, z0)]
        front = [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)]
        for face, start, end in (
            (top, lit, lighter(colour, 0.28)),
            (right, side, darker(colour, 0.4)),
            (front, lighter(colour, 0.09), darker(colour, 0.06)),
        ):
            points = [self._at(*corner) for corner in face]
            self._polygon(points, self._gradient("d", start + ":1", end + ":1"), edge)
            if box.finish.grained:
                self._grain(points, darker(colour, 0.5))

    def _grain(self, face: Sequence[Point], colour: str) -> None:
        a, b, c, d = face
        if math.dist(a, b) < math.dist(b, c):
            a, b, c, d = b, c, d, a
        length, width = math.dist(a, b), math.dist(b, c)
        if length < 60 or width < 5:
            return
        paths = []
        for line in range(min(9, max(1, int(width / 9)))):
            share = (line + self._random.uniform(0.25, 0.75)) / min(9, max(1, int(width / 9)))
            start, end = sorted((self._random.uniform(0, 0.5), self._random.uniform(0.5, 1)))
            (u0, v0), (u1, v1) = (
                (
                    a[0] + (b[0] - a[0]) * t + (d[0] - a[0]) * share,
                    a[1] + (b[1] - a[1]) * t + (d[1] - a[1]) * share,
                )
                for t in (start, end)
            )
            bend = self._random.uniform(-0.18, 0.18) * width / 2
            um, vm = (u0 + u1) / 2 + bend * (v1 - v0) / length, (v0 + v1) / 2 + bend * (u1 - u0) / length
            paths.append(f"M{u0:.1f} {v0:.1f}Q{um:.1f} {vm:.1f} {u1:.1f} {v1:.1f}")
        self._elements.append(
            f'<path d="{"".join(paths)}" fill="none" stroke="{colour}" stroke-width="1.1"'
            ' stroke-linecap="round" opacity="0.2"/>'
        )

    def _round(self, solid: Round) -> None:
        colour, edge = solid.finish.colour, darker(solid.finish.colour, 0.34)
        (u, v0), (_, v1) = self._at(solid.x, solid.y0, solid.z), self._at(solid.x, solid.y1, solid.z)
        r0, r1 = solid.r0 * self._scale, solid.r1 * self._scale
        flat0, flat1 = r0 * _SIN_PITCH, r1 * _SIN_PITCH
        if solid.glows:
            body = self._gradient("v", "#fff3d2:1", "#e9cf97:1")
        else:
            body = self._gradient(
                "h", lighter(colour, 0.22 + solid.finish.gloss) + ":1", darker(colour, 0.34) + ":1"
            )
        self._elements.append(
            f'<path d="M{u - r1:.1f} {v1:.1f}L{u - r0:.1f} {v0:.1f}A{r0:.1f} {flat0:.1f} 0 0 0 {u + r0:.1f} {v0:.1f}'
            f'L{u + r1:.1f} {v1:.1f}Z" fill="{body}" stroke="{edge}" stroke-width="0.9" stroke-linejoin="round"/>'
        )
        lid = "#fffaf0" if solid.glows else lighter(colour, 0.24)
        self._elements.append(
            f'<ellipse cx="{u:.1f}" cy="{v1:.1f}" rx="{r1:.1f}" ry="{flat1:.1f}"'
            f' fill="{lid}" stroke="{edge}" stroke-width="0.9"/>'
        )

    def _prism(self, prism: Prism) -> None:
        colour, edge = prism.finish.colour, darker(prism.finish.colour, 0.34)
        outline = prism.outline
        for (x0, y0), (x1, y1) in zip(outline, (*outline[1:], outline[0]), strict=True):
            towards_right, upwards = y1 - y0, x0 - x1
            if towards_right * _SIN_YAW * _COS_PITCH + upwards * _SIN_PITCH <= 0:
                continue  # faces away from the viewer
            light = upwards / math.hypot(towards_right, upwards)
            shade = (
                lighter(colour, 0.3 * light + prism.finish.gloss)
                if light > 0.5
                else darker(colour, 0.3 - 0.3 * light)
            )
            quad = ((x0, y0, prism.z0), (x1, y1, prism.z0), (x1, y1, prism.z1), (x0, y0, prism.z1))
            self._polygon([self._at(*corner) for corner in quad], shade, shade)
        front = self._gradient(
            "d", lighter(colour, 0.16 + prism.finish.gloss) + ":1", darker(colour, 0.12) + ":1"
        )
        self._polygon([self._at(x, y, prism.z0) for x, y in outline], front, edge)

    def document(self, title: str) -> str:
        ways = {"v": 'x2="0" y2="1"', "h": 'x2="1" y2="0"', "d": 'x2="1" y2="1"'}
        gradients = "".join(
            f'<linearGradient id="{name}" x1="0" y1="0" {ways[kind]}>{_stop(0, start)}{_stop(1, end)}</linearGradient>'
            for (kind, start, end), name in self._gradients.items()
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CANVAS} {CANVAS}" role="img">'
            f"<title>{title}</title><defs>{gradients}"
            '<radialGradient id="room" cx="0.42" cy="0.36" r="0.8"><stop offset="0" stop-color="#fbf6ee"/>'
            '<stop offset="0.6" stop-color="#f1e8da"/><stop offset="1" stop-color="#e2d4bf"/></radialGradient>'
            '<filter id="soft" x="-30%" y="-60%" width="160%" height="220%">'
            '<feGaussianBlur stdDeviation="13"/></filter></defs>'
            f'<rect width="{CANVAS}" height="{CANVAS}" fill="url(#room)"/>{"".join(self._elements)}</svg>'
        )


def _stop(offset: int, paint_: str) -> str:
    colour, opacity = paint_.split(":")
    see_through = f' stop-opacity="{opacity}"' if opacity != "1" else ""
    return f'<stop offset="{offset}" stop-color="{colour}"{see_through}/>'
