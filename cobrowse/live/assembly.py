"""The parts of a hub that are others for the only node and for one of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cobrowse.broker.contract import Broker
from cobrowse.broker.memory import MemoryBroker
from cobrowse.core.items import LookUp
from cobrowse.live.hub_settings import HubSettings
from cobrowse.live.lobby import Board
from cobrowse.live.node import Home, Node
from cobrowse.live.publication import Publication
from cobrowse.live.recorder import Recorder
from cobrowse.live.rooms import Rooms
from cobrowse.live.shared_rooms import SharedRooms


class Parts(NamedTuple):
    """`node` is None for the only one."""

    node: Node | None
    broker: Broker[Publication]
    rooms: Rooms
    board: Board


def assemble(home: Home, settings: HubSettings, recorder: Recorder, look_ups: Mapping[str, LookUp]) -> Parts:
    """With `redis_url` the log is there and the rooms are shared; without, it is the database's, in this process."""
    if settings.redis_url:
        node = Node(home, settings.redis_url, settings.redis_replicas, recorder)
        shared = SharedRooms(
            recorder,
            node.broker,
            node,
            settings.sites,
            look_ups,
            settings.mask_rules,
            settings.identity_secrets,
            settings.secret,
            home.now,
            settings.page_files,
        )
        node.rooms = shared
        return Parts(node, node.broker, shared, Board(node.neighbours))

    def lost(batch: Sequence[Publication]) -> None:
        home.drop({record.room for record in batch})

    broker = MemoryBroker(recorder.commit, home.deliver, lost)
    return Parts(
        None,
        broker,
        Rooms(
            recorder,
            broker,
            settings.sites,
            look_ups,
            settings.mask_rules,
            settings.identity_secrets,
            settings.secret,
            home.now,
            settings.page_files,
        ),
        Board(),
    )
