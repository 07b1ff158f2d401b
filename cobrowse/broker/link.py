"""The connection to Redis, one server or a cluster: names of keys, our functions in it, and what can go wrong."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError, ResponseError

from cobrowse.core.errors import CobrowseError

PARTITIONS = 16
"""Hash tags over which rooms are spread: more masters than this would have nothing to do."""

ANSWER_WITHIN_S = 5.0
REPLICAS_WITHIN_MS = 1000
LIBRARY = Path(__file__).with_name("lua") / "rooms.lua"

FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
"""What a call may raise when Redis is gone, is starting, or fails over; of a whole cluster that is no RedisError."""


Call = tuple[str, Sequence[str], Sequence[Any]]
"""A function of ours, its keys (all of one partition) and its arguments."""


class RedisUnusable(CobrowseError):
    """The address in `redis_url` cannot be used; the message says what was expected."""


def partition_of(room: str) -> int:
    return zlib.crc32(room.encode()) % PARTITIONS


class Keys:
    """The names of one room's keys; `channel` is where its news is told."""

    __slots__ = ("channel", "feed", "head", "log")

    def __init__(self, room: str) -> None:
        tag = f"cobrowse:{{{partition_of(room)}}}"
        self.head = f"{tag}:head:{room}"
        self.log = f"{tag}:log:{room}"
        self.feed = feed_key(partition_of(room))
        self.channel = f"{tag}:room:{room}"


def feed_key(partition: int) -> str:
    return f"cobrowse:{{{partition}}}:feed"


def heed_cancellation() -> None:
    """Raises CancelledError if this task was cancelled: the client may have made another error of it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@contextmanager
def using_client() -> Iterator[None]:
    """Makes an outage of what the client raises when one task closes a connection on which another is about to write: a
    cluster's client closes all of them, to look for its masters again.
    """
    try:
        yield
    except AttributeError as closed:
        raise ConnectionError("the client has closed the connection meanwhile") from closed


class NotReplicated(TimeoutError):
    """Too few replicas have what was written, or what an answer says: it is in doubt."""


class Link:
    """Calls our functions, alone or many in one round trip; loads them where they are missing.

    The client never tries again by itself: whoever calls must know that something was in doubt.
    """

    def __init__(self, url: str, replicas: int = 0) -> None:
        self.client = _client(url)
        self.replicas = replicas
        self.is_cluster = isinstance(self.client, RedisCluster)
        if replicas and self.is_cluster:
            raise RedisUnusable("`redis_replicas` expected no cluster: there, set min-replicas-to-write")
        # Named by what they are: nodes of two versions, as in an upgrade, each have their own beside the other's.
        text = LIBRARY.read_text("utf-8")
        self._version = sha256(text.encode()).hexdigest()[:12]
        text = text.replace("name=cobrowse", f"name=cobrowse_{self._version}", 1)
        self._library = re.sub(r"(register_function\('\w+)", rf"\1_{self._version}", text)

    async def begin(self) -> None:
        """Reaches Redis for the first time. Raises RedisUnusable, with what is wrong."""
        try:
            await self.load()
        except FAILURES as failed:
            said = str(failed) or type(failed).__name__
            raise RedisUnusable(f"Redis does not answer at `redis_url`: {said}") from None

    async def load(self) -> None:
        """Puts our functions into every master. Raises RedisUnusable when there is no Redis that has functions."""
        try:
            nodes = {"target_nodes": "primaries"} if self.is_cluster else {}
            with using_client():
                await self.client.execute_command("FUNCTION LOAD", "REPLACE", self._library, **nodes)
        except ResponseError as refused:
            raise RedisUnusable(
                f"expected Redis 7 or newer whose user may load functions: {refused}"
            ) from None

    async def call(self, function: str, keys: Sequence[str], *args: Any, sure: bool = False) -> Any:
        """The answer of one function. Raises one of FAILURES."""
        (answer,) = await self.calls([(function, keys, args)], sure=sure)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def calls(self, calls: Sequence[Call], *, sure: bool = False) -> list[Any]:
        """The answers in order, an exception in place of each that failed. Raises one of FAILURES.

        `sure`: only once as many replicas have it all as the settings want.
        """
        answers = await self._calls(calls, sure)
        if any(isinstance(each, ResponseError) and "Function not found" in str(each) for each in answers):
            # Redis has begun again with nothing, or this master is new. Nothing of these calls was done there.
            await self.load()
            missing = [i for i, each in enumerate(answers) if isinstance(each, ResponseError)]
            for i, answer in zip(missing, await self._calls([calls[i] for i in missing], sure), strict=True):
                answers[i] = answer
        return answers

    async def _calls(self, calls: Sequence[Call], sure: bool) -> list[Any]:
        pipe = self.pipeline()
        for function, keys, args in calls:
            pipe.execute_command("FCALL", f"{function}_{self._version}", len(keys), *keys, *args)
        waits = sure and self.replicas
        if waits:
            pipe.execute_command("WAIT", self.replicas, REPLICAS_WITHIN_MS)
        with using_client():
            answers = list(await pipe.execute(raise_on_error=False))
        if not waits:
            return answers
        have = answers.pop()
        if not isinstance(have, int) or have < self.replicas:
            raise NotReplicated(f"{have} replicas have it, {self.replicas} should")
        return answers

    def pipeline(self) -> Any:
        """Commands for one round trip, answered as Redis sends them."""
        if isinstance(self.client, RedisCluster):
            return self.client.pipeline()
        return self.client.pipeline(transaction=False)

    async def close(self) -> None:
        await self.client.aclose()


def _client(url: str) -> Redis | RedisCluster:
    """A client for redis://, rediss:// (TLS), and either with ?cluster=1."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise RedisUnusable("`redis_url` expected redis://host:port/0 or rediss:// for TLS")
    query = parse_qs(parts.query)
    cluster = query.pop("cluster", ["0"])[0] not in ("0", "")
    plain = urlunsplit(parts._replace(query=urlencode(query, doseq=True)))
    # RESP2: in RESP3 each message of a channel takes a detour through the client's handlers, and says no more.
    # No word on which client it is: a server that dies between two commands in a row makes it an AttributeError.
    options: dict[str, Any] = {
        "protocol": 2,
        "driver_info": None,
        "socket_timeout": ANSWER_WITHIN_S,
        "socket_connect_timeout": ANSWER_WITHIN_S,
    }
    try:
        if cluster:
            return RedisCluster.from_url(plain, **options)
        client = Redis.from_url(plain, retry=Retry(NoBackoff(), 0), **options)
        client.connection_pool.make_connection()  # type: ignore[no-untyped-call] # it looks at the options
        return client
    except ValueError as wrong:
        raise RedisUnusable(f"`redis_url` cannot be used: {wrong}") from None
    except TypeError as wrong:
        option = str(wrong).rpartition(" ")[2]
        raise RedisUnusable(f"`redis_url` has an option that is not known: {option}") from None
