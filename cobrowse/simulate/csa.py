"""The CSAs of a replay: they sign in as people do, watch the lobby, and keep every cart from its log alone."""

from __future__ import annotations

import time
import zlib
from array import array
from collections.abc import Collection

import httpx

from cobrowse.core.cart import project
from cobrowse.core.errors import CobrowseError
from cobrowse.core.messages import Do, Entry, Lobby
from cobrowse.simulate.client import Client
from cobrowse.simulate.link import Unreachable
from cobrowse.simulate.replica import RoomReplica

SIGN_IN_WITHIN_S = 15.0
CATCH_UP_WITHIN_S = 30.0


class NotSignedIn(CobrowseError):
    """The console did not let us in."""


async def sign_in(server: str, email: str, password: str) -> str:
    """The Cookie header of a new console session. Raises NotSignedIn, Unreachable."""
    async with httpx.AsyncClient(timeout=SIGN_IN_WITHIN_S, trust_env=False) as http:
        try:
            answer = await http.post(
                f"{server}/console/sign-in",
                data={"email": email, "password": password},
                headers={"Origin": server},
            )
        except httpx.HTTPError as error:
            raise Unreachable(f"{server}: expected a Cobrowse server, got {type(error).__name__}") from None
    cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    if answer.status_code != httpx.codes.SEE_OTHER or not cookie:
        expected = "expected the console to sign this CSA in"
        raise NotSignedIn(f"{server}: {expected}, got HTTP {answer.status_code}: check email and password")
    return cookie


class Stopwatch:
    """Times from a shopper's operation to its arrival at the CSA, in seconds; one clock, one process."""

    def __init__(self) -> None:
        self.taken_s = array("d")
        self._sent: dict[tuple[str, int, int], float] = {}

    def sent(self, replica: int, frame: Do, at: float) -> None:
        self._sent[frame.room, replica, frame.c] = at

    def arrived(self, replica: RoomReplica, entry: Entry) -> None:
        at = self._sent.pop((replica.room, entry.replica, entry.c), None)
        if at is not None:
            self.taken_s.append(time.monotonic() - at)

    def percentile_s(self, share: float) -> float | None:
        """The time that this share of the operations kept; None without any."""
        ordered = sorted(self.taken_s)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None


class Console:
    """One CSA's connection: joins its share of a site's rooms as they appear in the lobby, and stays.

    `shares`: how many consoles there are; this is the one with number `share`, from 0.
    """

    def __init__(
        self, server: str, cookie: str, site: str, share: int, shares: int, stopwatch: Stopwatch
    ) -> None:
        self._site, self._share, self._shares = site, share, shares
        self.client = Client(
            server, server, "csa", cookie=cookie, on_entry=stopwatch.arrived, on_lobby=self._look
        )

    def _look(self, lobby: Lobby) -> None:
        for card in lobby.cards:
            if card.site == self._site and is_mine(card.room, self._share, self._shares):
                self.client.join(card.room)

    async def caught_up(self, offsets: dict[str, int]) -> None:
        """Returns once every room that was joined has reached its offset, or after CATCH_UP_WITHIN_S."""
        rooms = self.client.rooms

        def done() -> bool:
            return all(
                (position := rooms[room].position) is not None and position.offset >= offset
                for room, offset in offsets.items()
                if room in rooms
            )

        try:
            await self.client.until(done, CATCH_UP_WITHIN_S)
        except TimeoutError:
            return


def is_mine(room: str, share: int, shares: int) -> bool:
    return zlib.crc32(room.encode()) % shares == share


async def fresh_carts(
    server: str, cookie: str, rooms: Collection[str]
) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """The server's carts and offsets of these rooms, by a console that knows nothing yet. Raises Unreachable."""
    client = Client(server, server, "csa", cookie=cookie)
    async with client.connected():
        replicas = [client.join(room) for room in rooms]
        try:
            await client.until(
                lambda: all(replica.joined or replica.room in client.refused for replica in replicas),
                CATCH_UP_WITHIN_S + len(rooms) / 20,
            )
        except TimeoutError:
            raise Unreachable(f"{server}: expected every room to open for comparison, some did not") from None
        seen = [replica for replica in replicas if replica.position is not None]
        carts = {replica.room: project(replica.cart) for replica in seen}
        return carts, {replica.room: replica.position.offset for replica in seen if replica.position}
