"""The load: pairs of one who changes and one who watches, as fast as the server answers, or at a fixed rate."""

from __future__ import annotations

import math
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.wire import Count, Gone, Peer

SILENT_S = 30.0
"""A server that delivers nothing for so long has lost something."""


@dataclass(slots=True)
class Pair:
    """`ops(n, k)` are the frames of k operations from the n-th on, framed and joined."""

    sender: Peer
    watcher: Peer
    ops: Callable[[int, int], bytes]
    sent: int = 0
    seen: int = 0
    sent_at: deque[float] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: operations that arrived, in how long, and how much of its core the generator needed.

    `late_s`: by how much the generator itself sent each later than it was due, rising; part of the latencies.
    """

    ops: int
    seconds: float
    generator_cpu_s: float
    latencies_s: tuple[float, ...] = ()
    late_s: tuple[float, ...] = ()

    @property
    def per_s(self) -> float:
        return self.ops / self.seconds

    @property
    def generator_busy(self) -> float:
        return self.generator_cpu_s / self.seconds

    def percentile_ms(self, share: float) -> float:
        return _percentile_ms(sorted(self.latencies_s), share)

    def late_ms(self, share: float) -> float:
        return _percentile_ms(self.late_s, share)


def _percentile_ms(ranked: Sequence[float], share: float) -> float:
    return 1000 * ranked[max(math.ceil(share * len(ranked)) - 1, 0)]


class Load:
    """Drives pairs on one epoll. Every operation that was sent has arrived when a run returns."""

    def __init__(self, pairs: Sequence[Pair], count: Count) -> None:
        self._pairs = pairs
        self._count = count
        self._poll = select.epoll()
        self._watchers: dict[int, Pair] = {}
        self._senders: dict[int, Peer] = {}
        for pair in pairs:
            self._watchers[pair.watcher.socket.fileno()] = pair
            self._senders[pair.sender.socket.fileno()] = pair.sender
        for fd in (*self._watchers, *self._senders):
            self._poll.register(fd, select.EPOLLIN)

    def close(self) -> None:
        self._poll.close()
        for pair in self._pairs:
            pair.sender.abort()
            pair.watcher.abort()

    def flat_out(self, seconds: float, in_flight: int) -> Sample:
        """Keeps `in_flight` operations of each pair on their way: what arrives is replaced at once."""
        begun, cpu = time.perf_counter(), time.process_time()
        before = sum(pair.seen for pair in self._pairs)
        for pair in self._pairs:
            self._send(pair, in_flight)
        end = begun + seconds
        now = begun
        while now < end:
            for pair, arrived in self._arrivals(1.0):
                self._send(pair, arrived)
            now = time.perf_counter()
        ops = sum(pair.seen for pair in self._pairs) - before
        sample = Sample(ops, now - begun, time.process_time() - cpu)
        self._settle()
        return sample

    def paced(self, seconds: float, per_s: float) -> Sample:
        """Sends at a fixed rate, pair after pair, whether the server keeps up or not; each operation is timed
        from the moment at which it was due.
        """
        latencies: list[float] = []
        late: list[float] = []
        begun, cpu = time.perf_counter(), time.process_time()
        total, due = int(seconds * per_s), 0
        before = sum(pair.seen for pair in self._pairs)
        while due < total:
            now = time.perf_counter()
            upto = min(int((now - begun) * per_s) + 1, total)
            while due < upto:
                pair = self._pairs[due % len(self._pairs)]
                pair.sent_at.append(begun + due / per_s)
                late.append(time.perf_counter() - begun - due / per_s)
                self._send(pair, 1)
                due += 1
            wait = begun + due / per_s - time.perf_counter()
            self._time(latencies, max(wait, 0.0))
        sample_s, generator_s = time.perf_counter() - begun, time.process_time() - cpu
        self._settle(latencies)
        ops = sum(pair.seen for pair in self._pairs) - before
        return Sample(ops, sample_s, generator_s, tuple(latencies), tuple(sorted(late)))

    def _time(self, latencies: list[float], timeout_s: float) -> None:
        for pair, arrived in self._arrivals(timeout_s):
            now = time.perf_counter()
            latencies += [now - pair.sent_at.popleft() for _ in range(arrived)]

    def _send(self, pair: Pair, count: int) -> None:
        pair.sender.socket.sendall(pair.ops(pair.sent, count))
        pair.sent += count

    def _arrivals(self, timeout_s: float) -> list[tuple[Pair, int]]:
        arrivals: list[tuple[Pair, int]] = []
        watchers, senders, count = self._watchers, self._senders, self._count
        for fd, _ in self._poll.poll(timeout_s):
            pair = watchers.get(fd)
            if pair is None:
                senders[fd].drain()
            elif arrived := pair.watcher.count_ops(count):
                pair.seen += arrived
                arrivals.append((pair, arrived))
        return arrivals

    def _settle(self, latencies: list[float] | None = None) -> None:
        """Waits for what is on its way. Raises Gone when it does not come: then something was lost."""
        deadline = time.perf_counter() + SILENT_S
        while (missing := sum(pair.sent - pair.seen for pair in self._pairs)) > 0:
            if time.perf_counter() > deadline:
                raise Gone(f"{missing} operations never arrived")
            if latencies is None:
                self._arrivals(1.0)
            else:
                self._time(latencies, 1.0)
        if missing:
            raise Gone(f"{-missing} operations arrived that nobody sent")
