"""GET /metrics: what an operator watches, as Prometheus reads it. Counted where it happens, read when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.workers import Worker, merged
from cobrowse.core.arrivals import Arrivals
from cobrowse.core.errors import Close
from cobrowse.core.rules.limits import Cause
from cobrowse.live.advisor import Advisor
from cobrowse.live.hub import Hub


class _HubCollector:
    """The hub's figures at the moment of asking."""

    def __init__(self, hub: Hub, arrivals: Arrivals) -> None:
        self._hub = hub
        self._arrivals = arrivals

    def collect(self) -> Iterator[Metric]:
        hub = self._hub
        connections = GaugeMetricFamily(
            "cobrowse_connections", "Open connections by role (none: no hello yet)", labels=["role"]
        )
        roles = Counter(connection.protocol.role or "none" for connection in hub.connections)
        for role in ("shopper", "csa", "none"):
            connections.add_metric([role], roles[role])
        yield connections
        yield GaugeMetricFamily("cobrowse_rooms", "Rooms in memory", len(hub.rooms))
        waiting_bytes = sum(connection.outbox.waiting_bytes for connection in hub.connections)
        yield GaugeMetricFamily("cobrowse_outbox_bytes", "Bytes that wait for peers to read", waiting_bytes)
        yield CounterMetricFamily("cobrowse_entries", "Log entries delivered", hub.figures.delivered)
        closed = CounterMetricFamily(
            "cobrowse_closed", "Connections closed by us, by reason", labels=["reason"]
        )
        for code in Close:
            closed.add_metric([code.name.lower()], hub.figures.closed[code])
        yield closed
        yield CounterMetricFamily(
            "cobrowse_turned_away",
            "Connections refused before the handshake: their address came too fast",
            self._arrivals.refused,
        )
        yield GaugeMetricFamily("cobrowse_ready", "1 while new connections are taken", int(hub.ready))
        yield from _of_rules(hub.advisor)
        if hub.node is not None:
            yield GaugeMetricFamily(
                "cobrowse_delivers", "1 while news comes through Redis", int(hub.node.delivers)
            )
            yield GaugeMetricFamily(
                "cobrowse_broker_waiting", "Records that wait for the log", hub.node.broker.waiting
            )
            yield CounterMetricFamily(
                "cobrowse_projected",
                "Records that this node brought to the database",
                hub.node.projector.written,
            )
            yield CounterMetricFamily(
                "cobrowse_decided_again", "Times that another node was first in a room", hub.node.refused
            )
            yield CounterMetricFamily(
                "cobrowse_post_dropped",
                "Notices to other nodes that were dropped on the way",
                hub.node.letters.dropped,
            )
            yield GaugeMetricFamily(
                "cobrowse_projection_lag_seconds",
                "Age of the last record brought to the database, when it came there",
                hub.node.projector.lag_s,
            )


def _of_rules(advisor: Advisor) -> Iterator[Metric]:
    """What the rules did, and what is wrong with them."""
    yield GaugeMetricFamily("cobrowse_rules", "Rules in force", len(advisor.rules))
    yield GaugeMetricFamily(
        "cobrowse_rule_mistakes",
        "Mistakes in rule files: while there are any the rules from before are in force",
        len(advisor.errors),
    )
    yield CounterMetricFamily(
        "cobrowse_bad_rule_loads", "Times that rules were read and had mistakes", advisor.bad_loads
    )
    faults = CounterMetricFamily(
        "cobrowse_rule_faults", "Times that a rule had no answer, such as a division by zero", labels=["rule"]
    )
    for rule, count in _by_rule(advisor.faults).items():
        faults.add_metric([rule], count)
    yield faults
    judged = CounterMetricFamily(
        "cobrowse_rule_moments",
        "Moments of rules by what came of them: fires, control, or what held them back",
        labels=["rule", "cause"],
    )
    for (rule, cause), count in sorted(advisor.judged.items()):
        judged.add_metric([rule, cause], count)
    yield judged
    offers = CounterMetricFamily("cobrowse_offers", "Offers that rules made", labels=["rule"])
    for (rule, cause), count in sorted(advisor.judged.items()):
        if cause == Cause.FIRES:
            offers.add_metric([rule], count)
    yield offers


def _by_rule(faults: Counter[tuple[str, str]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for (rule, _), count in faults.items():
        counted[rule] += count
    return counted


class Metrics:
    """The endpoint. Keep it from the public: it tells how busy the shop is."""

    def __init__(self, hub: Hub, arrivals: Arrivals, worker: Worker | None = None) -> None:
        """`worker`: which one this process is, where more than one serve a port; each answer is then of all."""
        self._worker = worker
        self._registry = CollectorRegistry()
        self._registry.register(_HubCollector(hub, arrivals))
        self._registry.register(hub.figures.delay)
        ProcessCollector(registry=self._registry)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tells the other workers this one's figures."""
        if self._worker is None:
            yield
        else:
            async with self._worker.telling(self._own):
                yield

    def _own(self) -> bytes:
        return generate_latest(self._registry)

    async def _of_all(self, worker: Worker) -> bytes:
        figures = await worker.figures_of_others()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(FoundCollector(merged({worker.number: self._own(), **figures})))
        return generate_latest(registry)

    async def _get(self, request: Request) -> Response:
        text = self._own() if self._worker is None else await self._of_all(self._worker)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def route(self) -> Route:
        return Route("/metrics", self._get)


class FoundCollector:
    """Figures that are there already, as a registry takes them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
