"""GET /metrics: what an operator watches, as Prometheus reads it. Counted where it happens, read when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.core.errors import Close
from cobrowse.live.hub import Hub


class _HubCollector:
    """The hub's figures at the moment of asking."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

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
        yield GaugeMetricFamily("cobrowse_ready", "1 while new connections are taken", int(hub.ready))
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


def metrics_route(hub: Hub) -> Route:
    """The endpoint. Keep it from the public: it tells how busy the shop is."""
    registry = CollectorRegistry()
    registry.register(_HubCollector(hub))
    registry.register(hub.figures.delay)
    ProcessCollector(registry=registry)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)
