"""What the database does not have yet: one stream a partition, taken in order by the node that holds its lease.

A record leaves the feed after the database has it. So whatever dies, a record is in one of the two, or for a moment in
both: whoever writes it must find out that it is there already. SPEC node.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from cobrowse.broker.lane import Logged
from cobrowse.broker.link import PARTITIONS, Call, Keys, Link, feed_key
from cobrowse.broker.steps import Pack

T = TypeVar("T", bound=Logged)

LEASE_S = 15.0
LEASE_EVERY_S = 5.0
MAX_RECORDS = 250
"""Records taken from one partition at once, and what the last step has more: about 4,000 in one transaction."""

MAX_OWN = 16_000
"""This node's latest records, more than a second of a busy one: they come back from the feeds it takes, and need no
decoding then.
"""


class Page(NamedTuple, Generic[T]):
    """The first records of a partition's feed, and the names of the steps in which they came."""

    partition: int
    records: list[T]
    steps: list[bytes]

    @property
    def is_full(self) -> bool:
        """Whether the feed may hold more than this."""
        return len(self.records) >= MAX_RECORDS


class Feed(Generic[T]):
    """All partitions' feeds, as one node sees them."""

    def __init__(self, link: Link, node: str, pack: Pack[T], unpack: Callable[[bytes], T]) -> None:
        self._link = link
        self._node = node
        self._pack = pack
        self._unpack = unpack
        self._own: dict[bytes, T] = {}

    def pack(self, records: Sequence[T]) -> Sequence[bytes]:
        """The bytes by which a feed holds these records of this node's, of one room and in order."""
        packed = self._pack(records)
        own = self._own
        while len(own) > MAX_OWN - len(records):
            del own[next(iter(own))]
        own.update(zip(packed, records, strict=True))
        return packed

    def _record(self, packed: bytes) -> T:
        own = self._own.pop(packed, None)
        return self._unpack(packed) if own is None else own

    async def hold(self, lease_s: float = LEASE_S) -> list[int]:
        """Takes or renews each partition's lease; those that are this node's. Raises one of FAILURES."""
        args = (self._node, max(int(lease_s * 1000), 1))
        answers = await self._link.calls(
            [("cobrowse_lease", [_lease_key(p)], args) for p in range(PARTITIONS)]
        )
        return [partition for partition, held in enumerate(answers) if held == 1]

    async def read(self, partitions: Sequence[int]) -> list[Page[T]]:
        """The beginnings of these feeds, in one round trip; none for an empty one. Raises one of FAILURES."""
        # The client's own XRANGE makes a dict of each step, which keeps one record of it.
        calls = [("cobrowse_read", [feed_key(partition)], [MAX_RECORDS]) for partition in partitions]
        pages: list[Page[T]] = []
        for partition, steps in zip(partitions, await self._link.calls(calls), strict=True):
            if isinstance(steps, Exception):
                raise steps
            names = [name for name, _ in steps]
            records = [self._record(packed) for _, packs in steps for packed in packs]
            if names:
                pages.append(Page(partition, records, names))
        return pages

    async def has(self, pages: Sequence[Page[T]]) -> bool:
        """Whether the feeds have all these steps still, as many replicas as the settings want among them: not when
        another node has seen to them, nor when Redis failed over and lost them. Raises one of FAILURES.
        """
        calls: list[Call] = [("cobrowse_has", self._to_ask(page.partition), page.steps) for page in pages]
        for answer in await self._link.calls(calls, sure=True):
            if isinstance(answer, Exception):
                raise answer
            if answer != 1:
                return False
        return True

    def _to_ask(self, partition: int) -> list[str]:
        """The feed and, where replicas are waited for, a key to write: they are waited for by what one has written."""
        return [feed_key(partition), f"cobrowse:{{{partition}}}:asked"][: 2 if self._link.replicas else 1]

    async def done(self, pages: Sequence[Page[T]]) -> None:
        """Takes out of the feeds and of the logs what the database has. Raises one of FAILURES."""
        calls: list[Call] = []
        for page in pages:
            reached = {record.room: record.entry.offset for record in page.records}
            keys = [feed_key(page.partition), *(Keys(room).log for room in reached)]
            calls.append(("cobrowse_done", keys, [len(page.steps), *page.steps, *reached.values()]))
        for answer in await self._link.calls(calls):
            if isinstance(answer, Exception):
                raise answer

    async def waiting(self) -> int:
        """How many steps the database does not have yet. Raises one of FAILURES."""
        pipe = self._link.pipeline()
        for partition in range(PARTITIONS):
            pipe.execute_command("XLEN", feed_key(partition))
        return sum(await pipe.execute())


def _lease_key(partition: int) -> str:
    return f"cobrowse:{{{partition}}}:projector"
