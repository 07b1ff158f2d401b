"""Whole seconds: what is looked at again and again is looked at in one and the same moment, by one wake-up.

An idle process that wakes finds nothing of its own in the processor's caches: that costs more than any of the looks.
"""

from __future__ import annotations

import asyncio

LEAST_SHARE = 0.1
"""Of the interval: whoever was woken a little before the second does not come again at it."""


def tick_in_s(every_s: float) -> float:
    """How long it is to the next whole multiple of `every_s` on the running loop's clock, or to the one after it."""
    left_s = every_s - asyncio.get_running_loop().time() % every_s
    return left_s if left_s > LEAST_SHARE * every_s else left_s + every_s


async def tick(every_s: float) -> None:
    """Returns at the next whole multiple of `every_s`."""
    await asyncio.sleep(tick_in_s(every_s))
