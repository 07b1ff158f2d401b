"""Redis, PostgreSQL and nginx as a distribution installs them, started in a folder of their own on free ports."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import SystemRandom

from cobrowse.core.errors import CobrowseError

UP_WITHIN_S = 60.0
DOWN_WITHIN_S = 30.0
PORTS = range(15_000, 32_000)
_given: deque[int] = deque(maxlen=100)
PLACES = (Path("/usr/sbin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
"""Where Debian keeps what is not on everybody's PATH."""

NGINX_SITE = """\
# Any number of nodes behind nginx; include this in the http block. No sticky sessions: a browser may come to any node.

map $http_upgrade $cobrowse_connection {{
    default upgrade;
    '' '';
}}

upstream cobrowse {{
{lookup}    least_conn;
    # A second: a node that is back gets one WebSocket in each, until a plain request has shown that it answers.
{servers}
}}

server {{
    listen {listen};

    # Until a node has a free moment to say why it is not ready, the next one answers.
    proxy_next_upstream error timeout http_502 http_503;
    proxy_connect_timeout 3s;
    proxy_http_version 1.1;
    # All of them here: a location with one of its own would inherit none of these.
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $cobrowse_connection;
    # The nodes count connections by this address: name this proxy in their `trusted_proxies`.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;

    location = /live {{
        proxy_pass http://cobrowse;
        # Longer than two and a half heartbeats; small buffers, since a frame is small.
        proxy_read_timeout 120s;
        proxy_send_timeout 30s;
        proxy_buffering off;
    }}

    # These tell how busy the shop is, and are for the machines that watch the nodes themselves.
    location = /metrics {{ return 404; }}
    location = /readyz {{ return 404; }}

    location / {{
        proxy_pass http://cobrowse;
    }}
}}
"""


NGINX_LOOKUP = """\
    # A container that is made or started anew may get another address: its name is looked up every 5 s, and one that
    # is not there yet keeps nothing from starting. Since nginx 1.27.3.
    zone cobrowse 64k;
    resolver {resolver} valid=5s ipv6=off;
"""


class EngineMissing(CobrowseError):
    """A program that has to be installed first; the message says how."""


class EngineFailed(CobrowseError):
    """A program that does not come up."""


def nginx_site(listen: str, nodes: Sequence[str], resolver: str = "") -> str:
    """The site that spreads browsers over these nodes (host:port); docs/deploy/nginx.conf is one of them.

    With a `resolver`, the nodes are names that it is asked for again and again.
    """
    options = f"{'resolve ' if resolver else ''}max_fails=2 fail_timeout=1s"
    servers = "\n".join(f"    server {node} {options};" for node in nodes)
    lookup = NGINX_LOOKUP.format(resolver=resolver) if resolver else ""
    return NGINX_SITE.format(listen=listen, servers=servers, lookup=lookup)


def program(name: str, package: str) -> str:
    """The path of an installed program. Raises EngineMissing."""
    places = os.pathsep.join([os.environ.get("PATH", ""), *map(str, PLACES)])
    found = shutil.which(name, path=places)
    if found is None:
        raise EngineMissing(f"expected the program {name}: on Debian or Ubuntu, apt-get install {package}")
    return found


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment.

    It lies below those that systems give to outgoing connections: who listens there and comes back finds it free.
    It is none of the last hundred that were given: whoever has one may not listen there yet. Raises OSError when none
    of a hundred is free.
    """
    for port in SystemRandom().sample(PORTS, 100):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port in _given:
                continue
            _given.append(port)
            return port
    raise OSError(f"expected a free port from {PORTS.start} to {PORTS.stop - 1}")


@contextmanager
def running(
    command: Sequence[str], how: signal.Signals = signal.SIGTERM, user: str | None = None
) -> Iterator[None]:
    """Runs a program that the terminal's Ctrl+C does not reach; ends it by this signal."""
    process = subprocess.Popen(
        command,
        cwd="/",
        user=user,
        group=user,
        extra_groups=[] if user else None,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(how)
        try:
            process.wait(DOWN_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()


def until(answers: Callable[[], bool], what: str) -> None:
    """Returns when it answers. Raises EngineFailed."""
    deadline = time.monotonic() + UP_WITHIN_S
    while not answers():
        if time.monotonic() > deadline:
            raise EngineFailed(f"{what} did not come up within {UP_WITHIN_S:g} s")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Its address. What it acknowledges is on the disk."""
    port = free_port()
    folder.mkdir()
    options = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning"]
    place = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    with running([program("redis-server", "redis-server"), *place, *options]):
        until(lambda: listens(port), "Redis")
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of an empty database. It will not run as root, so root runs it as another user."""
    port = free_port()
    user = "postgres" if os.getuid() == 0 else None
    folder.mkdir()
    if user:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    subprocess.run(
        [program("initdb", "postgresql"), "-D", str(folder), "-U", "cobrowse", "-A", "trust", "-E", "UTF8"],
        check=True,
        cwd="/",
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stdout=subprocess.DEVNULL,
    )
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    options = [
        text
        for name, value in {**settings, "log_min_messages": "fatal"}.items()
        for text in ("-c", f"{name}={value}")
    ]
    # SIGINT is its "fast": it ends the sessions and shuts down cleanly.
    with running([program("postgres", "postgresql"), "-D", str(folder), *options], signal.SIGINT, user):
        ready = [
            program("pg_isready", "postgresql"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-U",
            "cobrowse",
        ]
        until(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL")
        yield f"postgresql://cobrowse@127.0.0.1:{port}/postgres"


@contextmanager
def nginx(folder: Path, port: int, nodes: Sequence[int]) -> Iterator[None]:
    """Listens on `port`, spreads over the nodes."""
    folder.mkdir()
    site = nginx_site(f"127.0.0.1:{port}", [f"127.0.0.1:{node}" for node in nodes])
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{name}_temp_path {folder}/{name};" for name in names)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log stderr error; events {{}}\n"
        f"http {{ access_log off; {places}\n{site}\n}}\n"
    )
    with running([program("nginx", "nginx-light"), "-c", str(whole), "-p", str(folder)]):
        until(lambda: listens(port), "nginx")
        yield
