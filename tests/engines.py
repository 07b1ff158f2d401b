"""A real Redis and a real PostgreSQL for tests, each on a free port in a folder of its own, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import asyncpg
import redis

from cobrowse.commands.engines import free_port

WITHIN_S = 30.0
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")


USER, USER_PASSWORD = "cobrowse", "alcove-and-oak"
GRANTS = (
    "~cobrowse:*",
    "&cobrowse:*",
    *("+fcall", "+function|load", "+xdel", "+xlen", "+subscribe", "+unsubscribe", "+ping"),
    *("+hmget", "+hget", "+hset", "+expire", "+del", "+xadd", "+xrange", "+xtrim", "+publish", "+wait"),
    *("+time", "+zadd", "+zrem", "+zremrangebyscore", "+zrange", "+get", "+set"),
)
"""What a Redis user of Cobrowse must be allowed; docs/operating.md has the same list."""


class Tls(NamedTuple):
    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Tls:
    """A certificate for localhost that signs itself."""
    made = Tls(folder / "redis.crt", folder / "redis.key")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return made


class RedisServer:
    """redis-server with an append-only file: what was written before it is killed is there when it starts again."""

    def __init__(self, folder: Path, *options: str, tls: Tls | None = None) -> None:
        self.tls = tls
        self.port = free_port()
        self.folder = folder
        self.options = options
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        if self.tls is not None:
            return (
                f"rediss://{USER}:{USER_PASSWORD}@localhost:{self.port}/0?ssl_ca_certs={self.tls.certificate}"
            )
        return f"redis://127.0.0.1:{self.port}/0"

    def _listening(self) -> list[str]:
        if self.tls is None:
            return ["--port", str(self.port)]
        files = ["--tls-cert-file", str(self.tls.certificate), "--tls-key-file", str(self.tls.key)]
        files += ["--tls-ca-cert-file", str(self.tls.certificate), "--tls-auth-clients", "no"]
        # Our user may do what Cobrowse does, to its own keys and channels; nobody else may do anything.
        users = ["--user", USER, "on", f">{USER_PASSWORD}", *GRANTS, "--user", "default", "off"]
        return ["--port", "0", "--tls-port", str(self.port), *files, *users]

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "expected redis-server: run `make tools` (Debian: apt-get install redis-server)"
        kept = ("--save", "", "--appendonly", "yes", "--appendfsync", "always")
        # A replica that comes is not kept waiting for others to come too.
        options = (*kept, "--repl-diskless-sync-delay", "0", "--loglevel", "warning")
        self._process = subprocess.Popen(
            [program, *self._listening(), "--bind", "127.0.0.1", *options, *self.options],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        with closing(redis.Redis.from_url(self.url)) as client:
            _until(lambda: client.ping(), (redis.RedisError, OSError))

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if self._process is not None:
            self._end(signal.SIGTERM)

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(how)
        self._process.wait()
        self._process = None

    def follow(self, port: int | None) -> None:
        """Becomes the replica of the master at this port, or, without one, a master of its own."""
        with closing(redis.Redis(port=self.port)) as client:
            client.replicaof(*(("127.0.0.1", str(port)) if port is not None else ("NO", "ONE")))

    def wait_until_it_follows(self) -> None:
        """Returns once it has all that its master had when it began."""
        with closing(redis.Redis(port=self.port)) as client:
            _until(lambda: _follows(client), (AssertionError, redis.RedisError))

    def flush(self) -> None:
        with closing(redis.Redis(port=self.port)) as client:
            client.flushall()


class PostgresServer:
    """PostgreSQL, with one superuser and no password. It will not run as root, so root runs it as another user."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder / "postgres"
        found = sorted(DEBIAN_POSTGRES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        path = found[-1] if found else Path(shutil.which("initdb") or "")
        assert path.name == "initdb", (
            "expected PostgreSQL: run `make tools` (Debian: apt-get install postgresql)"
        )
        self._programs = path.parent
        self._user = "postgres" if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def _command(self, name: str, *args: str) -> list[str]:
        prefix = ["runuser", "-u", self._user, "--"] if self._user else []
        return [*prefix, str(self._programs / name), *args]

    def initialise(self) -> None:
        self.folder.mkdir(parents=True)
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        subprocess.run(
            self._command(
                "initdb", "-D", str(self.folder), "-U", "cobrowse", "-A", "trust", "-E", "UTF8", "--no-sync"
            ),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    def start(self) -> None:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": ""}
        settings |= {"max_connections": 60, "log_min_messages": "fatal"}
        # exec: the process that we hold is the postmaster, which stops the others with it.
        options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        command = self._command("postgres", "-D", str(self.folder), *options)
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        _until(self._answers, (subprocess.CalledProcessError,))

    def _answers(self) -> None:
        probe = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        subprocess.run(probe, check=True)

    def address(self, database: str) -> str:
        return f"postgresql://cobrowse@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Ends every session at once and shuts down; what was committed is kept."""
        if self._process is not None:
            pid = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGINT)
            self._process.wait()
            self._process = None


def _until(answers: object, failures: tuple[type[Exception], ...]) -> None:
    assert callable(answers)
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            answers()
            return
        except failures:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that other users may walk through, which pytest's own are not."""
    with TemporaryDirectory(prefix="cobrowse-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def running_postgres(folder: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(folder)
    server.initialise()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_redis_cluster(folder: Path) -> Iterator[list[RedisServer]]:
    """Three masters that share the slots."""
    # The port of the bus would be ours plus 10,000, which may be none.
    bus = ("--cluster-enabled", "yes", "--cluster-port")
    servers = [RedisServer(folder / str(n), *bus, str(free_port())) for n in range(3)]
    try:
        for server in servers:
            server.start()
        addresses = [f"127.0.0.1:{server.port}" for server in servers]
        command = ["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for server in servers:
            with closing(redis.Redis(port=server.port)) as client:
                _until(lambda client=client: _agrees(client), (AssertionError,))
        yield servers
    finally:
        for server in servers:
            server.stop()


def _agrees(client: redis.Redis) -> None:
    state = client.cluster("INFO")
    assert state["cluster_state"] == "ok", state


def _follows(client: redis.Redis) -> None:
    state = client.info("replication")
    assert state.get("master_link_status") == "up", state
    assert not state.get("master_sync_in_progress"), state


@contextmanager
def running_redis(folder: Path, *options: str, tls: Tls | None = None) -> Iterator[RedisServer]:
    server = RedisServer(folder, *options, tls=tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def new_database(server: PostgresServer) -> str:
    """The address of a database that is empty: not even migrated."""
    name = f"cobrowse_{uuid.uuid4().hex}"
    conn = await asyncpg.connect(server.address("postgres"))
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()
    return server.address(name)


async def drop_database(server: PostgresServer, url: str) -> None:
    conn = await asyncpg.connect(server.address("postgres"))
    await conn.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
    await conn.close()
