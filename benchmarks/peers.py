"""How the load speaks to each peer: the same change is made in each, an item's quantity on one of five lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import ours
from benchmarks.load import Pair
from benchmarks.server import Server
from benchmarks.wire import BINARY, TEXT, Count, Peer, frame
from cobrowse.commands.engines import free_port

HERE = Path(__file__).parent / "peers"
UPDATES = 40_000
"""Yjs updates made beforehand. A document gets them in order; a run that needed more would fail, not repeat them."""


class Contender(NamedTuple):
    """A server, the pairs that load it, and how what arrives is counted."""

    name: str
    does: str
    start: Callable[[Path, int], Server]
    pairs: Callable[[int, int], list[Pair]]
    counted: Count


class Peers:
    """The peers that are installed in `environment`; see install.py."""

    def __init__(self, environment: Path) -> None:
        self._python = environment / "venv" / "bin" / "python"
        self._modules = environment / "node"
        self._updates: list[bytes] = []

    def all(self) -> list[Contender]:
        return [
            Contender(
                "Cobrowse",
                "decode, authorise, merge, log on disk, acknowledge, fan out",
                ours.server,
                ours.pairs,
                ours.count_entries,
            ),
            Contender("socket.io", "room relay", self._node("socketio.mjs"), socketio_pairs, count_socketio),
            Contender(
                "Hocuspocus",
                "merge and relay",
                self._node("hocuspocus.mjs"),
                self._hocuspocus_pairs,
                count_hocuspocus,
            ),
            Contender(
                "python-socketio",
                "room relay",
                self._script("python_socketio.py"),
                socketio_pairs,
                count_socketio,
            ),
            Contender(
                "pycrdt-websocket",
                "merge and relay",
                self._script("pycrdt_room.py"),
                self._pycrdt_pairs,
                count_yjs,
            ),
            Contender("websockets", "bare relay", self._script("bare_relay.py"), relay_pairs, count_frame),
            Contender(
                "picows",
                "bare relay in Cython, the generator's check",
                self._script("ceiling.py"),
                relay_pairs,
                count_frame,
            ),
        ]

    def _node(self, script: str) -> Callable[[Path, int], Server]:
        def start(folder: Path, core: int) -> Server:
            port = free_port()
            # Node resolves packages from the script's folder: the installed copy of it.
            return Server(["node", str(self._modules / script), str(port)], port, folder / "peer.txt", core)

        return start

    def _script(self, script: str) -> Callable[[Path, int], Server]:
        def start(folder: Path, core: int) -> Server:
            port = free_port()
            return Server([str(self._python), str(HERE / script), str(port)], port, folder / "peer.txt", core)

        return start

    def _yjs(self) -> Sequence[bytes]:
        if not self._updates:
            path = self._python.parent.parent.parent / f"updates-{UPDATES}.bin"
            if not path.exists():
                import subprocess

                subprocess.run(
                    [str(self._python), str(HERE / "updates.py"), str(path), str(UPDATES)], check=True
                )
            self._updates = split_updates(path.read_bytes())
        return self._updates

    def _hocuspocus_pairs(self, port: int, count: int) -> list[Pair]:
        updates = self._yjs()
        pairs = []
        for number in range(count):
            name = document(number)
            sides = (Peer(port).opened(), Peer(port).opened())
            for side in sides:
                side.send(name + b"\x02\x00" + b"\x00")  # authenticate, with an empty token
                side.send(name + b"\x00\x00" + b"\x01\x00")  # sync step 1, of an empty document
                side.until(name + b"\x00\x01")  # sync step 2 is the answer
            pairs.append(Pair(*sides, yjs_ops(updates, name)))
        return pairs

    def _pycrdt_pairs(self, port: int, count: int) -> list[Pair]:
        updates = self._yjs()
        pairs = []
        for number in range(count):
            sides = (Peer(port, f"/room-{number}").opened(), Peer(port, f"/room-{number}").opened())
            for side in sides:
                side.send(b"\x00\x00\x01\x00")
                side.until(b"\x00\x01\x02\x00\x00")
            pairs.append(Pair(*sides, yjs_ops(updates, b"")))
        return pairs


# socket.io: Engine.IO 4 straight on the WebSocket


def socketio_pairs(port: int, count: int) -> list[Pair]:
    pairs = []
    for number in range(count):
        room = f"room-{number:016d}"
        sides = (socketio_peer(port, room), socketio_peer(port, room))
        frames = [
            frame(b"42" + json.dumps(["op", room, change], separators=(",", ":")).encode(), TEXT)
            for change in changes()
        ]
        pairs.append(Pair(*sides, repeated(frames)))
    return pairs


def socketio_peer(port: int, room: str) -> Peer:
    peer = Peer(port, "/socket.io/?EIO=4&transport=websocket").opened()
    peer.until(b"0{")
    peer.send(b"40", TEXT)
    peer.until(b"40{")
    peer.send(b"42" + json.dumps(["join", room]).encode(), TEXT)
    return peer


def count_socketio(data: bytes, start: int, end: int) -> int:
    return data[start : start + 6] == b'42["op'


# Bare relays


def relay_pairs(port: int, count: int) -> list[Pair]:
    frames = [frame(json.dumps(change, separators=(",", ":")).encode(), BINARY) for change in changes()]
    return [
        Pair(Peer(port, f"/room-{number}").opened(), Peer(port, f"/room-{number}").opened(), repeated(frames))
        for number in range(count)
    ]


def count_frame(data: bytes, start: int, end: int) -> int:
    return 1


def changes() -> list[dict[str, object]]:
    """The same changes as `ours.cart_ops`, as a plain application would send them."""
    return [
        {"k": "increment", "line": line, "n": step, "at": 1.8e9, "c": 70_000}
        for step in ours.STEPS
        for line in ours.LINES
    ]


def repeated(frames: Sequence[bytes]) -> Callable[[int, int], bytes]:
    cycle = len(frames)
    return lambda first, count: b"".join([frames[n % cycle] for n in range(first, first + count)])


# Yjs: the sync protocol, with updates made beforehand


def document(number: int) -> bytes:
    name = f"room-{number:04d}".encode()
    return bytes([len(name)]) + name


def yjs_ops(updates: Sequence[bytes], name: bytes) -> Callable[[int, int], bytes]:
    prefix = name + b"\x00\x02"

    def ops(first: int, count: int) -> bytes:
        if first + count > len(updates):
            raise RuntimeError(f"expected at most {len(updates)} operations a document")
        return b"".join(
            [frame(prefix + varint(len(update)) + update) for update in updates[first : first + count]]
        )

    return ops


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def split_updates(data: bytes) -> list[bytes]:
    """What peers/updates.py wrote: each update behind its length in two bytes."""
    updates, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        updates.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return updates


def count_yjs(data: bytes, start: int, end: int) -> int:
    return data[start : start + 2] == b"\x00\x02"


def count_hocuspocus(data: bytes, start: int, end: int) -> int:
    at = start + 1 + data[start]
    return data[at : at + 2] == b"\x00\x02"
