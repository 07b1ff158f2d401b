"""What a replay is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to replay, where and how. `speed` 0: as fast as answers come; `csas` None: one for 500 shoppers."""

    file: Path
    server: str
    site: str
    origin: str
    email: str
    password: str
    speed: float
    idle_s: float
    concurrency: int = 200
    limit: int | None = None
    csas: int | None = None
    chaos: bool = False
    against: Path | None = None
