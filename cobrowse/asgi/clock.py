"""The wall clock, read in one place."""

from __future__ import annotations

import time


def now() -> float:
    """Seconds since the Unix epoch."""
    return time.time()
