"""A recording: only with leave for it, what the CSA saw and no more, deleted, written down. SPEC record, audit."""

from __future__ import annotations

import random
import struct
import time
import zlib

import httpx

from cobrowse.core.codec import decode_server
from cobrowse.core.messages import (
    AnyServerFrame,
    AskRecord,
    LetRecord,
    Mirrored,
    Record,
    Say,
    Share,
    Take,
    Watch,
)
from cobrowse.live.codes import Codes
from cobrowse.live.retention import DAY_S, Retention
from cobrowse.storage.engine import open_database
from tests.conftest import Serve
from tests.live.test_mirror import PAGE, is_shared, scrolled, send, shared
from tests.serving import LocalServer, site
from tests.wire import Peer

_head = struct.Struct(">dI")


async def recorded(serve: Serve, **changes: object) -> tuple[LocalServer, Peer, Peer, str]:
    """A server on which a CSA watches a page that is being recorded; the recording's id."""
    server = await serve(sites=[site(page_recording="ask")], **changes)
    shopper, csa = await shared(server)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    await csa.do(AskRecord())
    await shopper.entry(lambda entry: is_shared(entry, "recording_asked"))
    agreed = await shopper.done(LetRecord(on=True))
    return server, shopper, csa, agreed.fact.sharing.recording.id  # type: ignore[union-attr]


async def get(server: LocalServer, path: str, cookie: str = "") -> httpx.Response:
    return await server.http.get(f"/console/api/{path}", headers={"cookie": cookie or server.cookie})


async def written(server: LocalServer, shopper: Peer, key: str, batches: int) -> list[Mirrored]:
    """The recording's batches, as soon as so many are there."""
    while True:
        found = await get(server, f"rooms/{shopper.room}/recordings")
        frames = []
        for each in found.json()["recordings"]:
            for number in range(each["parts"]):
                frames += batches_of((await get(server, f"recordings/{key}/parts/{number}")).content)
        if len(frames) >= batches:
            return frames
        await shopper.beat()


def batches_of(body: bytes) -> list[Mirrored]:
    return [frame for frame in frames_of(body) if isinstance(frame, Mirrored)]


def frames_of(body: bytes) -> list[AnyServerFrame]:
    """The batches of a part, and the files that the page brought."""
    plain, at = zlib.decompress(body, wbits=-zlib.MAX_WBITS), 0
    frames: list[AnyServerFrame] = []
    while at < len(plain):
        shown_at, size_bytes = _head.unpack_from(plain, at)
        assert abs(shown_at - time.time()) < 600
        at += _head.size
        frames.append(decode_server(plain[at : at + size_bytes]))
        at += size_bytes
    return frames


async def supervisor(server: LocalServer, room: str) -> str:
    """The cookie of one."""
    peer = await server.colleague("Max", "supervisor", room)
    return peer.socket.request.headers["cookie"]  # type: ignore[union-attr]


async def test_record2_what_is_shown_is_kept_from_the_page_as_it_stood(serve: Serve) -> None:
    server, shopper, csa, key = await recorded(serve)
    await send(shopper, 1, scrolled(10))
    kept = await written(server, shopper, key, 2)
    shown = [frame for frame in csa.frames if isinstance(frame, Mirrored)]
    assert [frame.seq for frame in kept] == [0, 1]
    assert b"the page" in kept[0].part
    assert kept[0] == shown[0]


async def test_record2_nothing_is_kept_without_leave_or_after_it(serve: Serve) -> None:
    server, shopper, csa, key = await recorded(serve)
    await shopper.done(LetRecord(on=False))
    await send(shopper, 1, scrolled(7777))
    await csa.expect(Mirrored, lambda frame: frame.seq == 1)
    await shopper.done(Share("none"))
    frames = await written(server, shopper, key, 1)
    assert [frame.seq for frame in frames] == [0]
    quiet = await serve(shell="plain")
    shopper, csa = await shared(quiet)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    assert quiet.rows("SELECT count(*) FROM recordings") == [(0,)]


async def test_record2_a_full_recording_ends_and_the_rest_goes_on(serve: Serve) -> None:
    server, shopper, csa, _ = await recorded(serve, max_recording_bytes=65536)
    for n in range(5):
        text = {"type": 3, "id": 2, "textContent": random.Random(n).randbytes(15_000).hex()}
        node = {"type": 0, "id": 1, "childNodes": [text]}
        await send(shopper, 0, {**PAGE, "data": {**PAGE["data"], "node": node}}, epoch=f"f{n}")  # type: ignore[dict-item]
        await csa.expect(Mirrored)
    full = await csa.entry(lambda entry: is_shared(entry, "recording_full"))
    assert full.fact.sharing.recording is None  # type: ignore[union-attr]
    assert full.fact.sharing.grants  # type: ignore[union-attr]
    ((size_bytes,),) = server.rows("SELECT coalesce(sum(size_bytes), 0) FROM recordings")
    assert size_bytes <= 65536


async def test_record3_it_is_deleted_when_its_time_is_over(serve: Serve) -> None:
    server, shopper, _, key = await recorded(serve)
    await written(server, shopper, key, 1)
    engine = await open_database(server.settings.database_url)
    retention = Retention(engine, Codes(engine, b"s" * 32), 30, 365, 365)
    await retention.sweep(time.time() + 29 * DAY_S)
    assert server.rows("SELECT count(*) FROM recording_parts") != [(0,)]
    await retention.sweep(time.time() + 31 * DAY_S)
    assert server.rows("SELECT count(*) FROM recording_parts") == [(0,)]
    assert server.rows("SELECT count(*) FROM recordings") == [(0,)]
    assert server.rows("SELECT kind FROM audit WHERE kind = 'recording_expired'")
    await retention.sweep(time.time() + 400 * DAY_S)
    assert server.rows("SELECT count(*) FROM audit WHERE at < ?", time.time()) == [(0,)]
    await engine.dispose()


async def test_record4_only_its_csa_and_supervisors_see_it_and_that_is_written_down(serve: Serve) -> None:
    server, shopper, csa, key = await recorded(serve)
    await written(server, shopper, key, 1)
    tom = await server.colleague("Tom", "csa", shopper.room)
    toms = tom.socket.request.headers["cookie"]  # type: ignore[union-attr]
    assert (await get(server, f"recordings/{key}", toms)).status_code == 404
    assert (await get(server, f"recordings/{key}/parts/0", toms)).status_code == 404
    assert (await get(server, f"rooms/{shopper.room}/recordings", toms)).json() == {"recordings": []}
    boss = await supervisor(server, shopper.room)
    for cookie in (server.cookie, boss):
        assert (await get(server, f"recordings/{key}", cookie)).json()["recording"]["csa_name"] == "Ginny"
    seen = server.rows("SELECT actor_name FROM audit WHERE kind = 'recording_replayed' ORDER BY at")
    assert seen == [("Ginny",), ("Max",)]
    assert csa.welcome.you.name == "Ginny"


async def test_record4_a_supervisor_deletes_it_for_good(serve: Serve) -> None:
    server, shopper, _, key = await recorded(serve)
    await written(server, shopper, key, 1)

    async def delete(cookie: str, **changed: str) -> int:
        headers = {"cookie": cookie, "origin": server.url, "x-cobrowse": "console", **changed}
        answer = await server.http.delete(f"/console/api/recordings/{key}", headers=headers)
        return answer.status_code

    boss = await supervisor(server, shopper.room)
    assert await delete(server.cookie) == 403
    assert await delete(boss, origin="https://evil.example") == 403
    assert await delete(boss) == 200
    assert await delete(boss) == 404
    assert server.rows("SELECT count(*) FROM recording_parts") == [(0,)]
    assert server.rows("SELECT actor_name FROM audit WHERE kind = 'recording_deleted'") == [("Max",)]


async def test_audit2_every_leave_look_and_end_is_in_it_and_no_value(serve: Serve) -> None:
    server, shopper, csa, _ = await recorded(serve)
    await csa.done(Take())
    tom = await server.colleague("Tom", "csa", shopper.room)
    await tom.done(Take())
    await shopper.done(Say("my secret words"))
    await csa.send(Watch(shopper.room, on=False))
    await shopper.entry(lambda entry: entry.fact.__class__.__name__ == "Looked" and not entry.fact.on)  # type: ignore[union-attr]
    await shopper.done(Share("none"))
    rows = server.rows("SELECT kind, actor_role, csa_name, detail FROM audit ORDER BY at, id")
    assert [row for row in rows if row[0] not in ("looked", "looked_away")] == [
        ("asked", "csa", "Ginny", "view"),
        ("granted", "shopper", "Ginny", "view"),
        ("recording_asked", "csa", "Ginny", ""),
        ("recording_granted", "shopper", "Ginny", ""),
        ("asked", "csa", "Tom", "view"),
        ("ended", "shopper", "", ""),
    ]
    looks = [row for row in rows if row[0] in ("looked", "looked_away")]
    assert looks == [("looked", "csa", "Ginny", ""), ("looked_away", "csa", "Ginny", "")]
    everything = str(server.rows("SELECT * FROM audit"))
    assert "secret words" not in everything
    assert "the page" not in everything


async def test_audit3_supervisors_read_it_page_by_page_and_nobody_else(serve: Serve) -> None:
    server, shopper, csa, _ = await recorded(serve)
    assert (await get(server, "audit")).status_code == 403
    boss = await supervisor(server, shopper.room)
    answer = (await get(server, "audit", boss)).json()
    assert answer["next"] == ""
    kinds = [deed["kind"] for deed in answer["deeds"]]
    assert {"granted", "recording_granted"} <= set(kinds)
    only = (await get(server, f"audit?kinds=granted,ended&agent={csa.welcome.you.id}", boss)).json()
    assert [deed["kind"] for deed in only["deeds"]] == ["granted"]
    assert (await get(server, "audit?room=elsewhere", boss)).json()["deeds"] == []
    assert (await get(server, "audit?site=elsewhere", boss)).json()["deeds"] == []
    assert (await get(server, "audit?before=nonsense,x", boss)).status_code == 400
    first = answer["deeds"][0]
    older = (await get(server, f"audit?before={first['at']!r},{first['id']}", boss)).json()
    assert [deed["kind"] for deed in older["deeds"]] == kinds[1:]
