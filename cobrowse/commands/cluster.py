"""`cobrowse demo --nodes 2`: the demo on several nodes, with Redis, PostgreSQL and nginx, all on this machine.

Everything that it writes is in a folder that goes with it. A node that ends is started again, so that it may be
killed to see what happens.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import click
import uvicorn

from cobrowse.commands import engines
from cobrowse.commands.agents import add_agent
from cobrowse.commands.demo import EMAIL, PASSWORD, SITE_KEY, demo_settings
from cobrowse.commands.serve import listen
from cobrowse.demo.shop import create_shop
from cobrowse.settings import Settings, load

LOOK_EVERY_S = 0.25
STOP_WITHIN_S = 30.0


class NodeProcess:
    """One `cobrowse serve`, on a port of its own."""

    def __init__(self, number: int, settings: Path, environ: Mapping[str, str]) -> None:
        self.number = number
        self.port = engines.free_port()
        self._command = [sys.executable, "-m", "cobrowse", "serve", "--settings", str(settings)]
        self._environ = {**os.environ, **environ, "COBROWSE_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environ, start_new_session=True)

    def wait_until_up(self) -> None:
        engines.until(lambda: engines.listens(self.port), f"node {self.number}")
        click.echo(f"  Node {self.number}    http://127.0.0.1:{self.port}/   process {self.pid}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def has_ended(self) -> int | None:
        return self._process.poll() if self._process is not None else None

    def ask_to_stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()


def as_toml(settings: Settings) -> str:
    """What the nodes share; each has its port, and the addresses, from its environment."""
    site = settings.sites[0]
    lines = {"rules": settings.rules, "log_level": settings.log_level, "drain_s": 2.0}
    terms = {
        name: getattr(site, name)
        for name in ("key", "name", "origins", "accent", "greeting", "phone", "product_feed_url")
    }
    text = [f"{name} = {json.dumps(value)}" for name, value in lines.items()]
    return "\n".join(
        [*text, "", "[[sites]]", *(f"{name} = {json.dumps(value)}" for name, value in terms.items())]
    )


def run(nodes: int, port: int, shop_port: int, rules: Path | None) -> None:
    """Serves until SIGINT or SIGTERM. Raises CobrowseError."""
    for name, package in (
        ("redis-server", "redis-server"),
        ("initdb", "postgresql"),
        ("nginx", "nginx-light"),
    ):
        engines.program(name, package)

    def leave(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    try:
        with TemporaryDirectory(prefix="cobrowse-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
            folder = Path(name)
            folder.chmod(0o755)  # PostgreSQL and nginx run as users of their own
            _run(stack, folder, nodes, port, shop_port, rules)
    except KeyboardInterrupt:
        click.echo("Stopped.")


def _run(stack: ExitStack, folder: Path, count: int, port: int, shop_port: int, rules: Path | None) -> None:
    listen("127.0.0.1", port).close()
    shop_socket = stack.enter_context(listen("127.0.0.1", shop_port))
    file = folder / "cobrowse.toml"
    file.write_text(as_toml(demo_settings(port, shop_port, folder, rules)))
    environ = {
        "COBROWSE_DATABASE_URL": stack.enter_context(engines.postgres(folder / "postgres")),
        "COBROWSE_REDIS_URL": stack.enter_context(engines.redis(folder / "redis")),
        "COBROWSE_TRUSTED_PROXIES": "127.0.0.1",
        "COBROWSE_PUBLIC_URL": os.environ.get("COBROWSE_PUBLIC_URL", f"http://127.0.0.1:{port}"),
    }
    settings = load(file, {**os.environ, **environ})
    asyncio.run(add_agent(settings.database_url, EMAIL, "Ginny", "supervisor", PASSWORD))
    nodes = stack.enter_context(_nodes([NodeProcess(n + 1, file, environ) for n in range(count)]))
    stack.enter_context(engines.nginx(folder / "nginx", port, [node.port for node in nodes]))
    shop = create_shop(server_url=settings.public_url, site_key=SITE_KEY, database=folder / "shop.db")
    config = uvicorn.Config(shop, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    click.echo(
        f"\n  Shop      http://127.0.0.1:{shop_port}/\n"
        f"  Console   {settings.public_url}/console/   (nginx, over {count} nodes)\n"
        f"  Sign in   {EMAIL}   {PASSWORD}\n\n"
        "  Kill a node (kill -9 PROCESS) and go on: another one starts. Ctrl+C stops all, and forgets all.\n"
    )
    asyncio.run(_serve(uvicorn.Server(config), [shop_socket], nodes))


@contextmanager
def _nodes(nodes: Sequence[NodeProcess]) -> Iterator[Sequence[NodeProcess]]:
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait_until_up()
        yield nodes
    finally:
        for node in nodes:
            node.ask_to_stop()
        for node in nodes:
            node.wait()


async def _serve(shop: uvicorn.Server, sockets: list[socket.socket], nodes: Sequence[NodeProcess]) -> None:
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(nodes))
        try:
            await shop.serve(sockets=sockets)
        finally:
            watching.cancel()


async def _watch(nodes: Sequence[NodeProcess]) -> None:
    """Starts a node again that has ended."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for node in nodes:
            if (status := node.has_ended()) is not None:
                click.echo(f"  Node {node.number} ended with status {status}, starting another")
                node.start()
                await asyncio.to_thread(node.wait_until_up)
