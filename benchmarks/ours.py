"""How the load speaks to our hub: shoppers who change their carts, CSAs who have joined their rooms."""

from __future__ import annotations

import http.client
import os
import struct
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import Pair
from benchmarks.server import ROOT, Server
from benchmarks.wire import Peer, frame
from cobrowse.commands.engines import free_port
from cobrowse.core.codec import decode_server, encode
from cobrowse.core.messages import (
    PROTOCOL_VERSION,
    AnyServerFrame,
    Do,
    Hello,
    Increment,
    Join,
    Joined,
    Position,
    Status,
    Welcome,
)

SITE, SHOP = "bench", "http://shop.example"
EMAIL, PASSWORD = "bench@shop.example", "alcove-and-oak"
LINES = [f"SKU-{number}?colour=tan" for number in range(1001, 1006)]
RAISED = {
    "frames_per_s": "1000000.0",
    "burst_frames": "1000000.0",
    "max_connections_per_address": "20000",
    "connects_per_s": "1000000.0",
    "burst_connects": "1000000.0",
}
STEPS = (1, 1, -1, -1)
ROOM_CHARS = 22
_COUNT_AT = 22 + ROOM_CHARS  # {t: "news", room: 22 characters, entries: [ ... the array's head is here
_MARK_C = 0x7ABCDEF1
"""A number that MessagePack writes in four bytes, to find where they are."""


def settings(folder: Path, port: int, database_url: str = "", **more: str) -> Path:
    """A settings file. What differs from the defaults: the load comes from one address and from few connections."""
    path = folder / "cobrowse.toml"
    more = {**RAISED, **more}
    lines = [
        f"port = {port}",
        f'public_url = "http://127.0.0.1:{port}"',
        f'database_url = "{database_url or f"sqlite:///{folder}/cobrowse.db"}"',
        *(f"{name} = {value}" for name, value in more.items()),
        "[[sites]]",
        f'key = "{SITE}"',
        'name = "Bench"',
        f'origins = ["{SHOP}"]',
        'csa_edits = "always"',
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def server(folder: Path, core: int, **more: str) -> Server:
    """Our server with an agent, on a database of its own."""
    port = free_port()
    path = settings(folder, port, **more)
    add = [
        sys.executable,
        "-m",
        "cobrowse",
        "agent",
        "add",
        EMAIL,
        "--name",
        "Ginny",
        "--settings",
        str(path),
    ]
    subprocess.run(
        add,
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "COBROWSE_PASSWORD": PASSWORD},
    )
    return Server(command(path), port, folder / "server.txt", core)


def command(path: Path) -> list[str]:
    """What starts a server with these settings."""
    return [sys.executable, "-m", "cobrowse", "serve", "--settings", str(path)]


def sign_in(port: int) -> str:
    """The agent's cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = urllib.parse.urlencode({"email": EMAIL, "password": PASSWORD})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
    connection.request("POST", "/console/sign-in", body, headers)
    cookie = connection.getresponse().getheader("Set-Cookie", "") or ""
    connection.close()
    if not cookie:
        raise RuntimeError("the agent could not sign in")
    return cookie.partition(";")[0]


class Shopper(NamedTuple):
    """A shopper's connection, once it has its room."""

    peer: Peer
    welcome: Welcome
    joined: Joined

    @property
    def room(self) -> str:
        return self.joined.room


def hello(token: str = "", resume: str = "", position: Position | None = None) -> bytes:
    return frame(encode(Hello(PROTOCOL_VERSION, "shopper", SITE, token, resume, position, "en-GB")))


def shopper(port: int, token: str = "", resume: str = "", position: Position | None = None) -> Shopper:
    """Connects a shopper, new or coming back."""
    peer = Peer(port, "/live", {"Origin": SHOP}).opened()
    peer.socket.sendall(hello(token, resume, position))
    welcome = decode_server(peer.receive())
    joined = decode_server(peer.receive())
    if not isinstance(welcome, Welcome) or not isinstance(joined, Joined):
        raise RuntimeError("the hub did not welcome a shopper")
    return Shopper(peer, welcome, joined)


def csa(port: int, cookie: str) -> Peer:
    """Connects a console that takes no chats: no rule offers help, so that entries are operations and nothing else."""
    peer = Peer(port, "/live", {"Origin": f"http://127.0.0.1:{port}", "Cookie": cookie}).opened()
    peer.send(encode(Hello(PROTOCOL_VERSION, "csa")))
    peer.until(b"welcome")
    peer.send(encode(Status(False)))
    return peer


def join_frame(room: str) -> bytes:
    return frame(encode(Join(room)))


def join(peer: Peer, room: str) -> None:
    """Joins the room, and returns once the console has it."""
    peer.socket.sendall(join_frame(room))
    while not _is_joined(decode_server(peer.receive()), room):
        pass


def _is_joined(received: AnyServerFrame, room: str) -> bool:
    return isinstance(received, Joined) and received.room == room


def cart_ops(room: str, last: int = 0) -> Callable[[int, int], bytes]:
    """Frames of a shopper who adds and takes away on five lines, over and over: the cart holds 0 to 10 items."""
    shapes = [
        frame(encode(Do(room, _MARK_C, 1.8e9, Increment(line, step)))).split(struct.pack(">I", _MARK_C))
        for step in STEPS
        for line in LINES
    ]
    heads = [head for head, _ in shapes]
    tails = [tail for _, tail in shapes]
    pack, cycle = struct.Struct(">I").pack, len(shapes)

    def ops(first: int, count: int) -> bytes:
        return b"".join(
            [heads[n % cycle] + pack(n + last + 1) + tails[n % cycle] for n in range(first, first + count)]
        )

    return ops


def pairs(port: int, count: int) -> list[Pair]:
    """A shopper and a CSA in each room; the CSA sees the shopper's operations."""
    return pairs_in_rooms(port, count)[0]


def pairs_in_rooms(port: int, count: int) -> tuple[list[Pair], list[str]]:
    """The pairs, and their rooms."""
    cookie = sign_in(port)
    made, rooms = [], []
    for _ in range(count):
        sender, watcher = shopper(port), csa(port, cookie)
        join(watcher, sender.room)
        made.append(Pair(sender.peer, watcher, cart_ops(sender.room, sender.joined.last)))
        rooms.append(sender.room)
    return made, rooms


def count_entries(data: bytes, start: int, end: int) -> int:
    """How many entries a frame brings: 0 for all but news."""
    if data[start + 4 : start + 8] != b"news":
        return 0
    head = data[start + _COUNT_AT]
    return (
        head & 0x0F
        if head < 0xDC
        else int.from_bytes(data[start + _COUNT_AT + 1 : start + _COUNT_AT + 3], "big")
    )
