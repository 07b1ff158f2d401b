"""A judge of histories, after Jepsen: what clients invoked and were told, against what the log and the database hold.

It knows nothing of how the server works. An operation is named by its text, which no other has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

Outcome = Literal["ok", "fail", "unknown"]


@dataclass(slots=True)
class Operation:
    """One operation of one client. Times are of one monotonic clock; `offset` is the one that it was told, if any."""

    name: str
    client: str
    room: str
    invoked_at: float
    outcome: Outcome = "unknown"
    ended_at: float | None = None
    offset: int | None = None


@dataclass(slots=True)
class History:
    """What all clients did and saw. `seen`: for each connection of a client the (offset, name) in order."""

    operations: list[Operation] = field(default_factory=list)
    seen: list[tuple[str, list[tuple[int, str]]]] = field(default_factory=list)

    def longest_wait_s(self) -> float:
        """How long the operation that waited longest was open, of those that came to their end."""
        waits = [each.ended_at - each.invoked_at for each in self.operations if each.ended_at is not None]
        return max(waits, default=0.0)


def judge(
    history: History, logs: Mapping[str, Sequence[str]], messages: Mapping[str, Sequence[str]]
) -> list[str]:
    """Every violation found, in words; none for a history that is right.

    `logs`: for each room the names in its log, from offset 1 on ("" for an entry that is nobody's operation);
    `messages`: for each room the names in the database's table of messages, in order.
    """
    faults: list[str] = []
    by_room: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        by_room[operation.room].append(operation)
    for room in by_room.keys() | logs.keys():
        log = logs.get(room, [])
        faults += _once(by_room[room], log)
        faults += _in_order(by_room[room], log)
        faults += _same(room, [name for name in log if name], messages.get(room, []))
    for room, seen in history.seen:
        faults += _truthful(seen, logs.get(room, []))
    return faults


def _once(operations: Iterable[Operation], log: Sequence[str]) -> Iterable[str]:
    counts = Counter(name for name in log if name)
    known = set()
    for operation in operations:
        name, count = operation.name, counts[operation.name]
        known.add(name)
        if operation.outcome == "ok" and count == 0:
            yield f"lost: {name} was acknowledged and is not in the log"
        if operation.outcome == "fail" and count:
            yield f"ghost: {name} was refused and is in the log"
        if count > 1:
            yield f"twice: {name} is in the log {count} times"
        if operation.offset is not None and count and log[operation.offset - 1 : operation.offset] != [name]:
            yield f"moved: {name} was acknowledged at {operation.offset}, which holds something else"
    yield from (f"invented: {name} is in the log and nobody did it" for name in counts.keys() - known)


def _in_order(operations: Sequence[Operation], log: Sequence[str]) -> Iterable[str]:
    place = {name: offset for offset, name in enumerate(log, 1) if name}
    in_log = [operation for operation in operations if operation.name in place]
    by_client: dict[str, list[Operation]] = defaultdict(list)
    for operation in sorted(in_log, key=lambda each: each.invoked_at):
        by_client[operation.client].append(operation)
    for own in by_client.values():
        for earlier, later in pairwise(own):
            if place[earlier.name] > place[later.name]:
                yield f"reordered: {later.name} came before {earlier.name} of the same client"
    # Whatever ended before another began comes before it, whoever did them.
    latest = 0
    ended = sorted((each for each in in_log if each.outcome == "ok"), key=lambda each: each.ended_at or 0.0)
    pointer = 0
    for operation in sorted(in_log, key=lambda each: each.invoked_at):
        while pointer < len(ended) and (ended[pointer].ended_at or 0.0) < operation.invoked_at:
            latest = max(latest, place[ended[pointer].name])
            pointer += 1
        if place[operation.name] < latest:
            yield f"back in time: {operation.name} began after offset {latest} was acknowledged and is before it"


def _same(room: str, log: Sequence[str], messages: Sequence[str]) -> Iterable[str]:
    if list(log) != list(messages):
        missing, extra = Counter(log) - Counter(messages), Counter(messages) - Counter(log)
        yield f"database: of a room it lacks {list(missing)[:3]}, has {list(extra)[:3]} too many, or has another order"


def _truthful(seen: Sequence[tuple[int, str]], log: Sequence[str]) -> Iterable[str]:
    """One connection sees a stretch of the log without a gap, and what it sees stays true."""
    for (offset, _), (after, _) in pairwise(seen):
        if after != offset + 1:
            yield f"gap: a client was told {after} after {offset}"
    for offset, name in seen:
        if log[offset - 1 : offset] != [name]:
            yield f"taken back: a client was told {name or 'an entry'} at {offset}, the log has something else"
