"""Runs the server in this process: checks all that can be wrong first, then serves until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import socket
from pathlib import Path

import uvicorn

from cobrowse import rulebook
from cobrowse.app import create_app
from cobrowse.asgi.assets import Assets
from cobrowse.asgi.websocket import HubProtocol
from cobrowse.core.errors import CobrowseError
from cobrowse.core.rules.rule import Rule
from cobrowse.settings import Settings, SettingsError
from cobrowse.storage.engine import open_database

STOP_WITHIN_S = 10
COLLECT_EVERY = 50_000
"""Objects more than were freed before the collector of cycles looks at the young ones. An operation makes a few dozen
and no cycle; with Python's 700 the collector took a fifth of the time.
"""

BACKLOG = 2048
"""Connections that the system may hold for us, as many as uvicorn asks for."""

logger = logging.getLogger(__name__)


class PortInUse(CobrowseError):
    """Another program listens where this one should."""


class RulesUnreadable(CobrowseError):
    """A rule file has mistakes; the message lists them all."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket: whoever connects from now on waits until we serve. Raises PortInUse, SettingsError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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


def prepare(settings: Settings) -> uvicorn.Server:
    """A server that is ready to run. Raises CobrowseError for whatever would keep it from serving."""
    if not settings.sites:
        raise SettingsError("expected at least one [[sites]] in the settings file: see docs/embedding.md")
    asyncio.run(_check_database(settings.database_url))
    folder = rules_folder(settings)
    app = create_app(settings, read_rules(folder), Assets(), folder)
    config = uvicorn.Config(
        app,
        ws=HubProtocol,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    return uvicorn.Server(config)


async def _check_database(url: str) -> None:
    engine = await open_database(url)
    await engine.dispose()


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    bound = listen(settings.host, settings.port)
    try:
        server = prepare(settings)
        logger.info("listening on %s port %d for %s", settings.host, settings.port, settings.public_url)
        gc.freeze()  # what is loaded now stays: no collection need look at it again
        gc.set_threshold(COLLECT_EVERY, 20, 20)
        server.run(sockets=[bound])
    finally:
        bound.close()
