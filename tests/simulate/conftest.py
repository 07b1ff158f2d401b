"""A real server for the replay: its own process, settings, database and CSA."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cobrowse.commands.engines import free_port
from tests.processes import wait_for

ROOT = Path(__file__).resolve().parents[2]
OTTO = Path(__file__).with_name("otto_sample.csv.gz")
ORIGIN = "http://shop.example"
EMAIL, PASSWORD = "csa@shop.example", "correct horse battery"


class Server:
    """`cobrowse serve` in a process of its own, with one site and one CSA; it can be killed and started again."""

    site, origin, email, password = "shop", ORIGIN, EMAIL, PASSWORD

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._settings, self._log = folder / "cobrowse.toml", folder / "server.txt"
        self._settings.write_text(
            f"""
port = {port}
public_url = "{self.url}"
database_url = "sqlite:///{folder}/cobrowse.db"
heartbeat_s = 2.0
log_level = "warning"

[[sites]]
key = "{self.site}"
name = "Shop"
origins = ["{self.origin}"]
"""
        )
        environment = {**os.environ, "COBROWSE_PASSWORD": PASSWORD}
        add = self._command("agent", "add", EMAIL, "--name", "Ginny")
        subprocess.run(add, check=True, env=environment, cwd=ROOT)
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(self._command("serve"), stdout=out, stderr=out, cwd=ROOT)
        wait_for(f"{self.url}/console/sign-in", self.process, self._log)
        return self.process

    def kill(self) -> None:
        """As the kernel would: no time for anything."""
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "cobrowse", *words, "--settings", str(self._settings)]


@pytest.fixture(scope="session")
def replay_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()
