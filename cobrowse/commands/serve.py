"""Runs the server in this process: checks all that can be wrong first, then serves until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import multiprocessing
import signal
import socket
import sys
import threading
from multiprocessing.context import SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from cobrowse import rulebook
from cobrowse.app import check_servers, create_app
from cobrowse.asgi.assets import Assets
from cobrowse.asgi.listening import ListeningServer
from cobrowse.asgi.websocket import HubProtocol
from cobrowse.asgi.workers import Worker
from cobrowse.core.errors import CobrowseError
from cobrowse.core.rules.rule import Rule
from cobrowse.settings import Settings, SettingsError

STOP_WITHIN_S = 10
LOOK_EVERY_S = 0.5
COLLECT_EVERY = 50_000
"""Objects more than were freed before the collector of cycles looks at the young ones. An operation makes a few dozen
and no cycle; with Python's 700 the collector took a fifth of the time.
"""

SWITCH_EVERY_S = 0.0005
"""How long the loop may keep Python's lock from the thread that commits: Python's 5 ms doubled a commit's time."""

BACKLOG = 2048
"""Connections that the system may hold for us, as many as uvicorn asks for."""

logger = logging.getLogger(__name__)


class PortInUse(CobrowseError):
    """Another program listens where this one should."""


class RulesUnreadable(CobrowseError):
    """A rule file has mistakes; the message lists them all."""


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket: whoever connects from now on waits until we serve. `shared`: other processes of ours
    listen there too, and the system spreads connections over them. Raises PortInUse, SettingsError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"port {port} of {host} is in use: stop what runs there, or choose another port"
            ) from None
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return bound


def rules_folder(settings: Settings) -> Path:
    """The folder of the rules: the setting's, or the package's own. Raises SettingsError when it is none."""
    folder = Path(settings.rules) if settings.rules else rulebook.SHIPPED
    if not folder.is_dir():
        raise SettingsError(f"`rules` expected a folder of rule files, {folder} is none")
    return folder


def read_rules(folder: Path) -> list[Rule]:
    """The rules of a folder. Raises RulesUnreadable."""
    rules, errors = rulebook.load(folder)
    if errors:
        raise RulesUnreadable("these rules have mistakes:\n" + rulebook.render_errors(errors).rstrip())
    return rules


class DrainingServer(ListeningServer):
    """A server which on SIGTERM lets the hub's connections go in their own time before it closes. SPEC node.7."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hub = self.lifespan.state.get("hub")
        if hub is not None and not self.force_exit:
            await hub.drain()
        await super().shutdown(sockets)


def prepare(settings: Settings, worker: Worker | None = None) -> uvicorn.Server:
    """A server that is ready to run. Raises CobrowseError for whatever would keep it from serving."""
    if not settings.sites:
        raise SettingsError("expected at least one [[sites]] in the settings file: see docs/embedding.md")
    asyncio.run(check_servers(settings))
    folder = rules_folder(settings)
    app = create_app(settings, read_rules(folder), Assets(), folder, worker)
    config = uvicorn.Config(
        app,
        ws=HubProtocol,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # ours know which header to believe, and of whom
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    return DrainingServer(config)


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, in as many processes as the settings say."""
    if settings.workers > 1:
        supervise(settings)
    else:
        serve_alone(settings)


def serve_alone(settings: Settings, worker: Worker | None = None) -> None:
    """Serves in this process, as one of the workers behind a port or as the only one."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    bound = listen(settings.host, settings.port, shared=worker is not None)
    try:
        server = prepare(settings, worker)
        logger.info("listening on %s port %d for %s", settings.host, settings.port, settings.public_url)
        gc.freeze()  # what is loaded now stays: no collection need look at it again
        gc.set_threshold(COLLECT_EVERY, 20, 20)
        sys.setswitchinterval(SWITCH_EVERY_S)
        server.run(sockets=[bound])
    finally:
        bound.close()


def supervise(settings: Settings) -> None:
    """Runs `workers` processes on one port; one that dies is started again. Ends when told to, once all have ended."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    listen(settings.host, settings.port).close()
    prepare(settings)
    stopping = threading.Event()
    context = multiprocessing.get_context("spawn")
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: stopping.set())
    with TemporaryDirectory(prefix="cobrowse-") as folder:

        def start(number: int) -> SpawnProcess:
            worker = Worker(Path(folder), number, settings.workers)
            process = context.Process(target=_work, args=(settings, worker))
            process.start()
            return process

        processes = [start(number) for number in range(settings.workers)]
        while not stopping.wait(LOOK_EVERY_S):
            for number, process in enumerate(processes):
                if process.exitcode is not None:
                    logger.error("a worker ended with status %d, starting another", process.exitcode)
                    processes[number] = start(number)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _work(settings: Settings, worker: Worker) -> None:
    try:
        serve_alone(settings, worker)
    except CobrowseError as error:
        logger.error("%s", error)
        raise SystemExit(1) from None
