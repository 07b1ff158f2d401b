"""The ordered log of each room, and its fan-out: one contract, one module a back end."""
