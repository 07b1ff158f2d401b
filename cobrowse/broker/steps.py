"""How rooms' next steps reach their logs: many in one call, each of which is taken or refused by itself. SPEC node.1.

What a call costs, on both sides, is more than what a step costs; so all that a turn has to append goes together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypeVar

import msgspec
from redis.exceptions import ResponseError

from cobrowse.broker.lane import Lane, Logged
from cobrowse.broker.link import Call
from cobrowse.broker.news import news_prefix

MAX_RECORDS = 500
"""Records in one call, and what the last room has more: Redis serves nobody else meanwhile, for a few milliseconds."""
MAX_FEED = 50_000
"""Steps of a partition that may wait for the database before appending is refused: minutes of a busy site, whose steps
come a few hundred times a second, each of many rooms.
"""
KEEP_S = 2 * 86400
"""A room untouched for this long is in the database alone; no replica token is valid for longer."""

T = TypeVar("T", bound=Logged)
Pack = Callable[[Sequence[T]], Sequence[bytes]]
"""The bytes by which the feed holds records of one room, in order."""

_encode = msgspec.msgpack.Encoder().encode


def divided(lanes: Sequence[Lane[T]], *, alone: bool) -> list[list[Lane[T]]]:
    """The lanes that go into one call each; `alone`: each partition by itself, as a cluster wants it."""
    parts: list[list[Lane[T]]] = []
    feed, records = "", 0
    for lane in sorted(lanes, key=_feed):
        if not parts or records >= MAX_RECORDS or (alone and _feed(lane) != feed):
            parts.append([])
            records = 0
        parts[-1].append(lane)
        feed, records = _feed(lane), records + len(lane.sent)
    return parts


def appending(lanes: Sequence[Lane[T]], node: str, pack: Pack[T], *, tells: bool) -> Call:
    """The call that appends what the lanes have `sent`, in the order of `divided`; `tells`: and tells other nodes.

    What is long goes in one string, and where to cut it in MessagePack, since Redis reads no binary there.
    """
    keys: list[str] = []
    feeds: list[list[Any]] = []
    cargo: list[bytes] = []
    for feed, group in groupby(lanes, key=_feed):
        steps: list[Any] = []
        keys.append(feed)
        for lane in group:
            names, (epoch, offset, digest), sent = lane.keys, lane.top, lane.sent
            keys += (names.head, names.log)
            prefix, payloads, packed = (
                news_prefix(node, offset + 1, len(sent)),
                [record.payload for record in sent],
                pack(sent),
            )
            cargo += (prefix, *payloads, *packed)
            steps.append(
                (
                    names.channel if tells else "",
                    epoch,
                    str(offset),
                    str(digest),
                    str(sent[-1].entry.hash),
                    len(prefix),
                    list(map(len, payloads)),
                    list(map(len, packed)),
                )
            )
        feeds.append(steps)
    return "cobrowse_append", keys, (_encode((KEEP_S, MAX_FEED, feeds)), b"".join(cargo))


def answers_of(lanes: Sequence[Lane[T]], answer: Any) -> list[Any]:
    """The log's answer to each lane, an exception in place of one that failed."""
    if isinstance(answer, Exception):
        return [answer] * len(lanes)
    return [ResponseError(each[1].decode()) if each[0] == b"failed" else each for each in answer]


def _feed(lane: Lane[Any]) -> str:
    return lane.keys.feed
