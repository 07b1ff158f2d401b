"""`cobrowse` with a wall clock that a test may set: `python -m tests.nodes.own_clock FILE serve ...`.

The file holds how many seconds the clock is ahead of the machine's; it may jump at any moment.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path

_machine = time.time
_file = Path(sys.argv.pop(1))


def _ahead() -> float:
    now = _machine()
    with suppress(OSError, ValueError):
        now += float(_file.read_text())
    return now


time.time = _ahead

if __name__ == "__main__":
    from cobrowse.__main__ import main

    main()
