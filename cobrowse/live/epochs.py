"""What a room is given once and must never be given again: its epoch, and the numbers of its replicas. SPEC wire.5."""

from __future__ import annotations

import secrets

REPLICAS_FROM = 1_767_225_600
"""2026-01-01: the replicas' numbers count from here, so that they stay short."""

REPLICAS_PER_S = 10
"""A process takes longer than that to start, let alone a visitor to open tabs; ten figures last for thirty years."""


def new_epoch() -> str:
    """A name for a log that begins; no other log of the room has it."""
    return secrets.token_urlsafe(6)


def first_replica(now: float) -> int:
    """The least number for a replica of a room that is loaded now, above all that were given out before.

    A tab that never wrote has left no trace in the log, but it holds a token for its number. A count that begins
    again after the process was killed would give that number to a second tab, and what the one has pending would
    pass for what the other has done. No room gives out REPLICAS_PER_S numbers a second for long.
    """
    return max(int((now - REPLICAS_FROM) * REPLICAS_PER_S), 1)
