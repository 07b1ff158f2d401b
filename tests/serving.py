"""Real servers for tests: one in this process, on either shell, and one in a process of its own that can be killed."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import msgspec
import uvicorn

from cobrowse.app import create_app
from cobrowse.asgi.assets import STATIC, Assets
from cobrowse.asgi.listening import ListeningServer
from cobrowse.asgi.websocket import HubProtocol
from cobrowse.commands.agents import add_agent
from cobrowse.commands.engines import free_port
from cobrowse.commands.serve import listen
from cobrowse.core.messages import Hello
from cobrowse.core.rules.rule import Rule
from cobrowse.settings import Settings, Site
from tests.wire import WITHIN_S, Peer, open_peer

Shell = Literal["hub", "plain"]

ORIGIN = "http://shop.example"
EMAIL, PASSWORD = "ginny@shop.example", "alcove-and-oak"
LOADER = b"(()=>{})();\n"


def site(key: str = "shop", **terms: Any) -> Site:
    return msgspec.convert({"key": key, "name": "Alcove & Oak", "origins": [ORIGIN], **terms}, Site)


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Settings of a server of its own: free port, own database, one site."""
    port = free_port()
    values = {
        "port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "database_url": f"sqlite:///{folder}/cobrowse.db",
        "sites": [site()],
        **changes,
    }
    return Settings(**values)


def small_assets(folder: Path) -> Assets:
    """A build as the real one lies on disk, a few bytes a file."""
    built = {
        "cobrowse.js": "cobrowse.js",
        "console.js": "console.0A1B2C3D.js",
        "console.css": "console.X1.css",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name in built.values():
        (folder / name).write_bytes(LOADER)
    (folder / "manifest.json").write_text(json.dumps(built))
    return Assets(folder)


class Server:
    """What a test knows of a running server: its addresses, and peers that are let go of at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = settings.public_url
        self.cookie = ""
        self.database = Path(settings.database_url.removeprefix("sqlite:///"))
        self.peers: list[Peer] = []

    @property
    def live_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/live"

    async def connect(self, origin: str = ORIGIN, cookie: str = "", read: bool = True) -> Peer:
        peer = await open_peer(self.live_url, origin, cookie, read)
        self.peers.append(peer)
        return peer

    async def shopper(self, hello: Hello | None = None, **said: Any) -> Peer:
        """A shopper's tab, in its room."""
        peer = await self.connect()
        await peer.hello(hello or Hello(v=1, role="shopper", **{"site": "shop", **said}))
        return peer

    async def csa(self, *, available: bool = True) -> Peer:
        """A console, with its list."""
        if not self.cookie:
            self.cookie = await self.sign_in(EMAIL, PASSWORD)
        peer = await self.connect(self.url, self.cookie)
        await peer.hello_csa()
        if not available:
            from cobrowse.core.messages import Status

            await peer.send(Status(available=False))
            assert not (await peer.beat()).available
        return peer

    async def colleague(self, name: str, role: str, room: str) -> Peer:
        """Another agent's console, in a room."""
        email = f"{name.lower()}@shop.test"
        await add_agent(self.settings.database_url, email, name, role, PASSWORD)
        peer = await self.connect(self.url, await self.sign_in(email, PASSWORD))
        await peer.hello_csa()
        await peer.enter(room)
        return peer

    async def csa_in(self, room: str) -> Peer:
        peer = await self.csa()
        await peer.enter(room)
        return peer

    async def post_sign_in(self, email: str, password: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=WITHIN_S, trust_env=False) as http:
            form = {"email": email, "password": password}
            return await http.post("/console/sign-in", data=form, headers={"origin": self.url, **headers})

    async def sign_in(self, email: str, password: str) -> str:
        """The Cookie header of a new session."""
        answer = await self.post_sign_in(email, password)
        assert answer.status_code == 303, answer.text
        return answer.headers["set-cookie"].split(";")[0]

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says, read beside the server."""
        with closing(sqlite3.connect(self.database)) as conn:
            return conn.execute(statement, values).fetchall()

    async def filed(self) -> None:
        """Returns when all that was committed stands in the tables."""
        async with asyncio.timeout(WITHIN_S):
            while self.rows("SELECT 1 FROM unfiled LIMIT 1"):  # noqa: ASYNC110 - another process files
                await asyncio.sleep(0.05)

    async def change(self, statement: str) -> None:
        """Changes the database as another program would: waits for the server's own writes off their loop."""

        def execute() -> None:
            with closing(sqlite3.connect(self.database, isolation_level=None, timeout=60)) as conn:
                conn.execute(statement)

        await asyncio.to_thread(execute)

    async def let_go(self) -> None:
        await asyncio.gather(*(peer.leave() for peer in self.peers), return_exceptions=True)


class Faults(logging.Handler):
    """Collects what no peer's behaviour may cause: errors and tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.expected = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR:
            self.records.append(record)

    def texts(self) -> list[str]:
        return [logging.Formatter().format(record) for record in self.records]


class LocalServer(Server):
    """A server in this process. `faults.expected` is set by a test that breaks something of ours."""

    def __init__(self, settings: Settings, faults: Faults, http: httpx.AsyncClient) -> None:
        super().__init__(settings)
        self.faults = faults
        self.http = http


@contextmanager
def watched_log() -> Iterator[Faults]:
    faults = Faults()
    root = logging.getLogger()
    root.addHandler(faults)
    try:
        yield faults
    finally:
        root.removeHandler(faults)


_with_ginny: list[bytes] = []
"""A fresh database in which she may sign in, once there is one: hashing her password takes longer than most tests."""


async def sign_ginny_up(settings: Settings) -> None:
    """Makes the settings' database, with Ginny in it."""
    file = _fresh_file(settings)
    if file is None or not _with_ginny:
        await add_agent(settings.database_url, EMAIL, "Ginny", "csa", PASSWORD)
        _with_ginny.extend([file.read_bytes()] if file is not None else [])
    else:
        file.write_bytes(_with_ginny[0])


def _fresh_file(settings: Settings) -> Path | None:
    """Where its SQLite database will be; None if it is there already, or is another kind of database."""
    scheme, _, path = settings.database_url.partition(":///")
    file = Path(path)
    if scheme != "sqlite" or file.exists():
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@asynccontextmanager
async def serving(
    settings: Settings,
    folder: Path,
    *,
    shell: Shell = "hub",
    rules: Sequence[Rule] = (),
    agent: bool = True,
    assets: Assets | None = None,
) -> AsyncIterator[LocalServer]:
    """Runs a server on this loop; afterwards, unless a fault was expected, its log holds no traceback."""
    if agent:
        await sign_ginny_up(settings)
    app = create_app(settings, rules, assets or small_assets(folder / "static"))
    config = uvicorn.Config(
        app,
        ws=HubProtocol if shell == "hub" else "websockets-sansio",
        ws_ping_interval=None,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn_server = ListeningServer(config) if shell == "hub" else uvicorn.Server(config)
    up = asyncio.Event()
    start = uvicorn_server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await start(sockets)
        up.set()

    uvicorn_server.startup = startup  # type: ignore[method-assign]
    bound = listen(settings.host, settings.port)
    with watched_log() as faults:
        task = asyncio.create_task(uvicorn_server.serve(sockets=[bound]))
        waiting = asyncio.create_task(up.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=WITHIN_S)
        waiting.cancel()
        if task.done():
            task.result()
        assert uvicorn_server.started, faults.texts()
        async with httpx.AsyncClient(base_url=settings.public_url, timeout=WITHIN_S, trust_env=False) as http:
            server = LocalServer(settings, faults, http)
            try:
                yield server
            finally:
                await server.let_go()
        uvicorn_server.should_exit = True
        await task
        bound.close()
    assert server.faults.expected or not faults.records, "\n".join(faults.texts())


class ServerProcess(Server):
    """`cobrowse serve` in a process of its own. `log` is all that it has said, over every start."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings)
        self.log: list[str] = []
        self._file = folder / "cobrowse.toml"
        self.use(settings)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    def use(self, settings: Settings) -> None:
        """The settings of its next start."""
        self.settings = settings
        self._file.write_text(as_toml(settings))

    def command(self) -> list[str]:
        return [sys.executable, "-m", "cobrowse", "serve", "--settings", str(self._file)]

    async def start(self) -> None:
        """Starts, or starts again on the same port and database; returns once it serves."""
        self._started.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self.command(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1024 * 1024,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        async with asyncio.timeout(6 * WITHIN_S):
            await self._started.wait()
        assert self._process.returncode is None, self.text()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.log.append(line.decode(errors="replace").rstrip())
            if "startup complete" in self.log[-1]:
                self._started.set()
        self._started.set()

    def send_signal(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)

    async def kill(self) -> None:
        """SIGKILL: no goodbye, nothing is flushed."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        process = self._process
        assert process is not None
        assert self._reader is not None
        if process.returncode is None:
            process.send_signal(how)
        status = await process.wait()
        await self._reader
        self._process = None
        return status

    @property
    def runs(self) -> bool:
        return self._process is not None

    def text(self) -> str:
        return "\n".join(self.log)

    def assert_no_traceback(self) -> None:
        assert "Traceback" not in self.text(), self.text()


def as_toml(settings: Settings) -> str:
    """The settings as a file that a person could have written."""
    plain = msgspec.to_builtins(settings)
    sites = plain.pop("sites")
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for each in sites:
        lines += ["", "[[sites]]", *(f"{name} = {json.dumps(value)}" for name, value in each.items())]
    return "\n".join(lines) + "\n"


def needs_built_files() -> None:
    """Says what to do when the browser's files have not been built: the server rightly refuses to start then."""
    assert (STATIC / "manifest.json").is_file(), (
        "expected the built browser files: run `make assets` (`make test` does)"
    )
