"""What tests need for servers in processes of their own: where they listen, and when they are up."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import httpx

START_WITHIN_S = 60.0
"""Longer than any start, or end, takes on a busy machine; only a fault waits for it."""


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the address answers 200. Raises with the process's log when it ends or takes too long."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=10, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"{url} did not answer:\n{log.read_text()[-4000:]}")
