"""The server's second look at batches of a page, in their order, and never long on the loop. SPEC mirror.4."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from cobrowse.core.mirror import Checked, MirrorRefused, check

LONG_BYTES = 4 * 1024
"""A batch from here on is checked beside the loop: below it takes less than a millisecond, mostly microseconds."""

# One at a time: more would only take turns at the interpreter, and the loop waits longest when many want it.
_beside = ThreadPoolExecutor(1, "mirror-check")

logger = logging.getLogger(__name__)


class Batch(NamedTuple):
    seq: int
    body: bytes
    deflated: bool
    sheets: Mapping[str, str] = {}
    """Those that it may name by their hashes."""
    takes_files: bool = False

    @property
    def is_long(self) -> bool:
        """What a page names in place of sending it makes it long, too."""
        return bool(self.sheets) or len(self.body) >= LONG_BYTES


class Checking:
    """One page's batches. `done` gets each with what became of it, in the order of their coming, on the loop."""

    def __init__(self, done: Callable[[int, Checked | MirrorRefused], None]) -> None:
        self._done = done
        self._waiting: deque[Batch] = deque()
        self.waiting_bytes = 0

    def check(self, batch: Batch) -> None:
        if self._waiting or batch.is_long:
            self._waiting.append(batch)
            self.waiting_bytes += len(batch.body)
            if len(self._waiting) == 1:
                self._check_beside()
        else:
            self._done(batch.seq, _outcome(batch))

    def forget(self) -> None:
        """Nothing of what waits is told any more."""
        self._waiting = deque()
        self.waiting_bytes = 0

    def _check_beside(self) -> None:
        waiting = self._waiting

        def told(future: asyncio.Future[Checked | MirrorRefused]) -> None:
            if waiting is self._waiting and not future.cancelled():
                batch = waiting.popleft()
                self.waiting_bytes -= len(batch.body)
                self._done(batch.seq, future.result())
                self._go_on(waiting)

        asyncio.get_running_loop().run_in_executor(_beside, _outcome, waiting[0]).add_done_callback(told)

    def _go_on(self, waiting: deque[Batch]) -> None:
        """What came meanwhile: small ones at once, up to the next long one."""
        while waiting is self._waiting and waiting:
            if waiting[0].is_long:
                self._check_beside()
                return
            batch = waiting.popleft()
            self.waiting_bytes -= len(batch.body)
            self._done(batch.seq, _outcome(batch))


def _outcome(batch: Batch) -> Checked | MirrorRefused:
    try:
        return check(batch.body, batch.deflated, batch.sheets, batch.takes_files)
    except MirrorRefused as refused:
        return refused
    except Exception:  # what cannot be weighed is refused, not let through
        logger.exception("a page's batch could not be checked")
        return MirrorRefused("expected a batch that can be checked")
