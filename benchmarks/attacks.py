"""Hostile peers: `python -m benchmarks.attacks KIND PORT COOKIE [ROOM ...]` attacks until its input ends.

They come from an address of their own, as strangers do, and say at the end how many connections they made.
"""

from __future__ import annotations

import os
import random
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import ours
from benchmarks.wire import frame, handshake
from cobrowse.core.codec import encode
from cobrowse.core.messages import PROTOCOL_VERSION, Beat, Hello, Status

ADDRESS = "127.0.0.2"
NICE = 5
"""They share a core with the one who measures, who must not wait for them."""

SILENT = 100
MANY = 1_000
FLOOD = frame(b"x" * 125, 0x89) * 200 + frame(encode(Beat())) * 200
PATIENCE_S = 0.2
"""Whoever is not read for so long begins again."""

SMALL_BYTES = 4_096
READS_WITHIN_S = 30.0


def until_told(step: Iterator[int]) -> int:
    """Goes on until the input has ended; how much was done."""
    done = 0
    for did in step:
        done += did
        if select.select([sys.stdin], [], [], 0)[0]:
            break
    return done


def opened(port: int, headers: dict[str, str], *, small: bool = False, upgrade: bool = True) -> socket.socket:
    """A connection whose handshake is on its way."""
    made = socket.socket()
    made.settimeout(PATIENCE_S)
    if small:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
    made.bind((ADDRESS, 0))
    made.connect(("127.0.0.1", port))
    if upgrade:
        made.sendall(handshake(port, "/live", headers))
    return made


def cut(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


def push(peer: socket.socket, data: bytes) -> None:
    """Sends until the server has hung up, or does not read."""
    try:
        while True:
            peer.sendall(data)
    except OSError:
        cut(peer)


def slowly(port: int, cookie: str, rooms: list[str]) -> Iterator[int]:
    """A console in every room that reads a byte a second, and comes back when it was let go."""
    while True:
        peer = opened(port, {"Origin": f"http://127.0.0.1:{port}", "Cookie": cookie}, small=True)
        peer.settimeout(READS_WITHIN_S)
        joins = b"".join(map(ours.join_frame, rooms))
        peer.sendall(frame(encode(Hello(PROTOCOL_VERSION, "csa"))) + frame(encode(Status(False))) + joins)
        yield 1
        try:
            while peer.recv(1):
                peer.sendall(frame(encode(Beat())))
                yield 0
                time.sleep(1.0)
        except OSError:
            pass
        cut(peer)


def silently(port: int, cookie: str, rooms: list[str]) -> Iterator[int]:
    """Connections that say hello and nothing after it, or not even that; each comes back when it was let go."""
    peers: dict[int, socket.socket] = {}
    poll = select.poll()
    while True:
        while len(peers) < SILENT:
            peer = opened(port, {"Origin": ours.SHOP})
            if len(peers) % 2:
                peer.sendall(ours.hello())
            peers[peer.fileno()] = peer
            poll.register(peer, select.POLLIN)
            yield 1
        for fd, _ in poll.poll(100):
            try:
                left = peers[fd].recv(65_536)
            except OSError:
                left = b""
            # A frame that is a close (0x88) comes last: whoever is told to go goes.
            if not left or left[:1] == b"\x88":
                poll.unregister(fd)
                cut(peers.pop(fd))
        yield 0


def flooding(port: int, cookie: str, rooms: list[str]) -> Iterator[int]:
    """One that never says hello: pings and frames out of turn, as many as go out, and again."""
    while True:
        push(opened(port, {"Origin": ours.SHOP}), FLOOD)
        yield 1


def garbage(port: int, cookie: str, rooms: list[str]) -> Iterator[int]:
    """Noise in place of HTTP, then noise after a good handshake, and again."""
    chance = random.Random(7)
    while True:
        for upgrade in (False, True):
            push(opened(port, {"Origin": ours.SHOP}, upgrade=upgrade), chance.randbytes(16_384))
            yield 1


def thousand(port: int, cookie: str, rooms: list[str]) -> Iterator[int]:
    """Opens a thousand connections as fast as they open, holds them for a second, cuts them, and again."""
    while True:
        peers = []
        for _ in range(MANY):
            try:
                peers.append(opened(port, {"Origin": ours.SHOP}))
            except OSError:
                continue
            yield 1
        time.sleep(1.0)
        for peer in peers:
            cut(peer)


KINDS: dict[str, Callable[[int, str, list[str]], Iterator[int]]] = {
    "reads a byte a second": slowly,
    "never answers": silently,
    "floods before hello": flooding,
    "sends garbage": garbage,
    "opens 1,000 connections": thousand,
}


def main() -> None:
    kind, port, cookie, *rooms = sys.argv[1:]
    os.nice(NICE)
    print(until_told(KINDS[kind](int(port), cookie, rooms)), flush=True)


if __name__ == "__main__":
    main()
