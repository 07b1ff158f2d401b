"""What a room needs around it and nobody looks at: a log that is durable at once, and a peer that reads nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cobrowse.core.messages import Author
from cobrowse.live.publication import Publication


@dataclass
class Log:
    """A log that is durable at once."""

    kept: list[Publication] = field(default_factory=list)

    def admit(self) -> None:
        pass

    def append(self, record: Publication) -> None:
        self.kept.append(record)

    def after_pending(self, callback: Callable[[], None]) -> None:
        callback()


@dataclass
class Peer:
    """A connection that nobody reads."""

    author: Author
    origin: str = ""
    waiting_bytes: int = 0

    def send(self, frame: bytes) -> None:
        pass

    def when_clear(self, callback: Callable[[], None]) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        pass
