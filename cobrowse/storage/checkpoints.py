"""Carrying SQLite's write-ahead log into the database's file, beside the commits and not between them.

Left to itself SQLite does it in the commit by which the log has grown past its bound: everybody waits for a thousand
pages and two syncs of the disk. Here a thread of its own carries what is there, which no commit waits for. Only when
the writer has carried the last few pages itself does SQLite write over its log from the beginning.
(https://www.sqlite.org/wal.html, sections 2.2 and 2.3)
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress

EVERY_S = 0.5
LONG_PAGES = 1_000
"""From this length on, SQLite's own, the log is begun anew: overwriting syncs faster than growing. At half of the top
rate it grows by 1,500 pages a second.
"""

NICE = 10
"""Behind the loop, which may share its core, but not so far behind that Python's lock would wait for us."""

logger = logging.getLogger(__name__)


class Checkpointer:
    """Goes on whenever something was written, until it is closed.

    `connect` makes a connection of its own. `finish` is called when the log is long and has been carried but for what
    was written meanwhile: it is to have the writer `carry` the rest.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], finish: Callable[[], None]) -> None:
        self._connect = connect
        self._finish = finish
        self._written = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)
        self._thread.start()

    def note(self) -> None:
        """Something was written."""
        if not self._written.is_set():
            self._written.set()

    def close(self) -> None:
        self._closing.set()
        self._written.set()
        self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            opened = self._connect()
        except sqlite3.Error as failed:
            logger.warning("SQLite's log is left to the commits: %s", failed)
            return
        with closing(opened) as conn:
            while True:
                self._written.wait()
                if self._closing.wait(EVERY_S):
                    return
                self._written.clear()
                if carry(conn) > LONG_PAGES:
                    carry(conn)
                    self._finish()


def carry(conn: sqlite3.Connection) -> int:
    """Carries what nobody reads any more into the file, without waiting for anybody; how many pages the log has."""
    try:
        _, pages, _ = conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as failed:
        # The log stays as long as it is, and what is written next brings us back.
        logger.warning("SQLite's log could not be carried into its file: %s", failed)
        return 0
    return int(pages)
