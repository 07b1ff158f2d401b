"""Which rooms the rules are to be asked about: those where something happened, and those whose time has come."""

from __future__ import annotations

import asyncio

from cobrowse.core.rules.timers import Timers
from cobrowse.live.room import Room
from cobrowse.live.rooms import Rooms
from cobrowse.live.tick import tick_in_s

TOGETHER_S = 0.05
"""What happens within this time the rules look at together; no timer is later than that."""

LOOK_EVERY_S = 1.0
"""How long the agenda sleeps at most: timers are of the wall clock, which may be set."""


class Agenda:
    """Rooms that wait for the rules, each once, and one timer a room. While none is due nothing runs."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._timers = Timers()
        self._wake = asyncio.Event()

    def note(self, room: Room) -> None:
        """Something happened in the room, or may have."""
        if not self._rooms:
            self._wake.set()
        self._rooms[room.state.room] = room

    def remind(self, key: str, at: float | None) -> None:
        """Sets the room's only timer, in Unix seconds; None removes it."""
        self._timers.set(key, at)

    async def due(self, now: float) -> None:
        """Returns soon after something has happened or a timer has come up: what follows at once is then there, too."""
        upto = self._timers.first()
        look_s = tick_in_s(LOOK_EVERY_S)
        wait_s = look_s if upto is None else min(max(upto - now, 0.0), look_s)
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            if wait_s == look_s:
                return
        await asyncio.sleep(TOGETHER_S)

    def take(self, rooms: Rooms, now: float) -> list[tuple[Room, float]]:
        """The rooms that are due, each with the instant as of which it is asked: now, or that of its timer."""
        asked, self._rooms = self._rooms, {}
        self._wake.clear()
        due = [(room, now) for room in asked.values() if rooms.holds(room)]
        for key, at in self._timers.take_due(now):
            if key not in asked and (room := rooms.get(key)) is not None:
                due.append((room, at))
        return due
