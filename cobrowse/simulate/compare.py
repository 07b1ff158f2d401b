"""Three carts for every shopper: what the file says, what the server holds, what a CSA saw. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cobrowse.core.line import line_id
from cobrowse.simulate.ideal import IdealCart

Carts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A line on which the three do not agree, in pieces. None: no such room there; `line` "": the whole room."""

    shopper: str
    room: str
    line: str
    file: int | None
    server: int | None
    csa: int | None


def compare(
    ideal: Mapping[str, IdealCart], rooms: Mapping[str, str], server: Carts, csa: Carts
) -> list[Difference]:
    """Every difference, ordered by shopper and line. `rooms`: each shopper's room; the other two are by room."""
    differences: list[Difference] = []
    for shopper in sorted({*ideal, *rooms}):
        room = rooms.get(shopper, "")
        expected = ideal.get(shopper)
        lines = None if expected is None else {str(line_id(item)): n for item, n in expected.items()}
        held = (lines, server.get(room), csa.get(room))
        for line in sorted({"", *(line for cart in held if cart is not None for line in cart)}):
            pieces = [None if cart is None else cart.get(line, 0) for cart in held]
            if len(set(pieces)) > 1:
                differences.append(Difference(shopper, room, line, *pieces))
    return differences
