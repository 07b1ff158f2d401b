"""The demo on two nodes, brought up by its one command: Redis, PostgreSQL and nginx with it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import time

from tests.e2e.world import World
from tests.processes import START_WITHIN_S, wait_for

NODE = re.compile(r"Node (\d)    http://127\.0\.0\.1:(\d+)/   process (\d+)")


class ClusterWorld(World):
    """`cobrowse demo --nodes 2`. One person's line leads to one node, the next one's to the other."""

    def _write_settings(self) -> None:
        self._rules = self._write_rules()

    def _start_shop(self) -> None:
        """The command brings its own."""

    def forget(self) -> None:
        """Two nodes take too long to start: tests here tell visitors apart by what they alone say or hold."""

    def start_server(self) -> None:
        ports = ("--port", str(self._port), "--shop-port", str(self._shop_port))
        # What the scenario wants otherwise than a person at the demo; the browsers know the nodes by this address.
        self._server = self._spawn(
            self._log,
            *("cobrowse", "demo", "--nodes", "2", *ports, "--rules", str(self._rules)),
            COBROWSE_PUBLIC_URL=self.server_url,
            COBROWSE_HEARTBEAT_S="2",
            COBROWSE_CHATS_PER_CSA="100",
            PYTHONUNBUFFERED="1",
        )
        wait_for(f"{self.shop_url}/healthz", self._server, self._log)
        wait_for(f"http://127.0.0.1:{self._port}/healthz", self._server, self._log)
        self._turns = itertools.cycle(sorted(self.nodes()))

    def nodes(self) -> dict[int, tuple[int, int]]:
        """Port and process of each node, as the command says."""
        return {int(n): (int(port), int(pid)) for n, port, pid in NODE.findall(self.server_log())}

    def way(self) -> int:
        return self.nodes()[next(self._turns)][0]

    @property
    def balancer(self) -> int:
        """nginx's port."""
        return self._port

    def kill_node(self, number: int) -> int:
        """SIGKILL: no goodbye, no flush. The command starts another in its place. The process that is no more."""
        pid = self.nodes()[number][1]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_successor(self, number: int, killed: int) -> None:
        """Returns when another process serves in the place of one that was killed."""
        deadline = time.monotonic() + 2 * START_WITHIN_S
        while self.nodes()[number][1] == killed and time.monotonic() < deadline:
            time.sleep(0.1)
        port, pid = self.nodes()[number]
        assert pid != killed, self.server_log()
        assert self._server is not None
        wait_for(f"http://127.0.0.1:{port}/readyz", self._server, self._log)
