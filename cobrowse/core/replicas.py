"""Which replicas a room remembers: each tab's life in it, until nobody can come back with it. SPEC wire.5, room.10."""

from __future__ import annotations

from cobrowse.core.room import SERVER_REPLICA, RoomState

FORGET_REPLICA_AFTER_S = 2 * 86400
"""Twice as long as a replica token is valid."""


def may_resume(state: RoomState, replica: int) -> bool:
    """Whether this replica may go on: the room gave its number out, and has not forgotten what it did. SPEC wire.5."""
    remembered = str(replica) in state.replicas or replica > state.forgotten_upto
    return SERVER_REPLICA < replica < state.next_replica and remembered


def forget_replicas(state: RoomState, now: float) -> None:
    """Drops replicas whose tokens have expired, as far as the cart holds none of their dots. SPEC room.10."""
    live = {
        dot.partition(".")[0]
        for dots in (*state.cart.lines.values(), *state.cart.coupons.values())
        for dot in dots
    }
    keep = live | {str(SERVER_REPLICA)}
    for key in [key for key, at in state.replicas.items() if now - at > FORGET_REPLICA_AFTER_S]:
        if key not in keep:
            del state.replicas[key]
            state.cart.context.vector.pop(key, None)
            state.forgotten_upto = max(state.forgotten_upto, int(key))
