"""A server under test: a process of its own on a core of its own, and what the system says of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN_S = 30.0
STOP_WITHIN_S = 30.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """The server's core and the generator's. The same one twice on a machine with one: then ratios mean little."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[0], mine[-1]


class Server:
    """Runs a command pinned to `core` (or to several, "0,1"), inside `with`, from when its port answers."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        core: int | str,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.port = port
        self._command = list(command)
        self._log = log
        self._core = core
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Server:
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(self._core), *self._command],
                stdout=out,
                stderr=out,
                cwd=ROOT,
                env=self._environment,
            )
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self._stop()
                    raise RuntimeError(f"the server did not start: {self._log.read_text()[-2000:]}") from None
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_s(self) -> float:
        """Seconds of its core that the process has used so far, all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def resident_bytes(self) -> int:
        """Private and shared memory in RAM; the kernel's socket buffers are not part of it."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the system does not say how much memory the server uses")
