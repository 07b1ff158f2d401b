"""The audit, the codes for the telephone, and recordings, on each back end. SPEC audit, code, record."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage import audit, codes, recordings
from cobrowse.storage.audit import Before, Deed
from cobrowse.storage.recordings import Recording
from cobrowse.storage.schema import recording_parts

START = 1_000_000.0


def deed(n: int, **changes: str) -> Deed:
    made = Deed(f"r1.{n}", START + n, "shop", "r1", "granted", "shopper", "r1", "", "ginny", "Ginny", "view")
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_audit2_a_deed_is_kept_once_and_read_by_who_what_and_where(conn: AsyncConnection) -> None:
    deeds = [
        deed(1, kind="asked", actor="ginny", actor_role="csa"),
        deed(2),
        deed(3, csa="tom", csa_name="Tom"),
        deed(4, room="r2"),
        deed(5, site="other"),
    ]
    for each in [*deeds, deeds[1]]:
        await audit.note(conn, each)
    all_of = await audit.page(conn, ["shop", "other"], 10)
    assert all_of == deeds[::-1]
    assert await audit.page(conn, ["shop"], 2) == [deeds[3], deeds[2]]
    rest = await audit.page(conn, ["shop"], 10, before=Before(deeds[2].at, deeds[2].id))
    assert rest == [deeds[1], deeds[0]]
    assert await audit.page(conn, ["shop"], 10, kinds=["asked"]) == [deeds[0]]
    assert await audit.page(conn, ["shop"], 10, agent="tom") == [deeds[2]]
    assert await audit.page(conn, ["shop"], 10, agent="ginny", room="r1") == [deeds[1], deeds[0]]


async def test_audit3_deeds_of_one_moment_are_paged_without_loss(conn: AsyncConnection) -> None:
    deeds = [replace(deed(n), at=START) for n in range(5)]
    for each in deeds:
        await audit.note(conn, each)
    seen: list[Deed] = []
    before: Before | None = None
    while page := await audit.page(conn, ["shop"], 2, before=before):
        seen += page
        before = Before(page[-1].at, page[-1].id)
    assert seen == deeds[::-1]


async def test_audit4_what_is_too_old_is_deleted(conn: AsyncConnection) -> None:
    for n in range(4):
        await audit.note(conn, deed(n))
    assert await audit.delete_before(conn, START + 2) == 2
    assert [each.id for each in await audit.page(conn, ["shop"], 10)] == ["r1.3", "r1.2"]


async def test_code1_a_code_leads_to_its_room_once_and_not_after_its_time(conn: AsyncConnection) -> None:
    assert await codes.give(conn, "d1", "r1", "shop", START, START + 300)
    assert await codes.use(conn, "other", START) is None
    assert await codes.use(conn, "d1", START + 300) is None
    assert await codes.use(conn, "d1", START + 299) == codes.Joined("r1", "shop")
    assert await codes.use(conn, "d1", START + 299) is None


async def test_code1_a_room_has_one_code_and_nobody_gets_anothers(conn: AsyncConnection) -> None:
    assert await codes.give(conn, "d1", "r1", "shop", START, START + 300)
    assert not await codes.give(conn, "d1", "r2", "shop", START + 1, START + 301)
    assert await codes.give(conn, "d2", "r1", "shop", START + 2, START + 302)
    assert await codes.use(conn, "d1", START + 3) is None, "the one before is over"
    assert await codes.use(conn, "d2", START + 3) == codes.Joined("r1", "shop")
    assert await codes.give(conn, "d2", "r3", "shop", START + 4, START + 304), "a used one may come again"
    assert await codes.given_since(conn, "r1", START - 1) == 1
    assert await codes.use(conn, "d2", START + 5) == codes.Joined("r3", "shop")


async def test_code2_wrong_tries_count_and_right_ones_do_not_wipe_them(conn: AsyncConnection) -> None:
    for n in range(3):
        await codes.begin_try(conn, f"g{n}", "ginny", START + n)
    await codes.begin_try(conn, "t", "tom", START + 3)
    await codes.end_try(conn, "g2")
    assert await codes.tries_since(conn, "ginny", START - 1) == (2, 3)
    assert await codes.tries_since(conn, "ginny", START) == (1, 2)
    assert await codes.tries_since(conn, "max", START) == (0, 2)
    assert await codes.delete_before(conn, START + 2) == 2


async def test_record2_a_recording_grows_part_by_part_and_goes_whole(conn: AsyncConnection) -> None:
    held = Recording("r1.1.7", "r1", "shop", "ginny", "Ginny", START, START + 1)
    for _ in range(2):
        await recordings.begin(conn, held)
    assert await recordings.add_part(conn, held.id, b"one", START + 5) == 3
    assert await recordings.add_part(conn, held.id, b"three", START + 9) == 8
    found = await recordings.find(conn, held.id)
    assert found == replace(held, parts=2, size_bytes=8, ended_at=START + 9)
    assert await recordings.of_room(conn, "r1", 10) == [found]
    assert [await recordings.part(conn, held.id, n) for n in range(3)] == [b"one", b"three", None]
    assert await recordings.remove(conn, held.id)
    assert not await recordings.remove(conn, held.id)
    left = await conn.execute(select(func.count()).select_from(recording_parts))
    assert left.scalar_one() == 0
    assert await recordings.add_part(conn, held.id, b"late", START + 20) is None
    assert await recordings.find(conn, held.id) is None, "what was deleted does not come back"
    left = await conn.execute(select(func.count()).select_from(recording_parts))
    assert left.scalar_one() == 0


async def test_record3_old_recordings_are_found_oldest_first(conn: AsyncConnection) -> None:
    for n in (3, 1, 2):
        held = Recording(f"r1.1.{n}", "r1", "shop", "ginny", "Ginny", START + n, START + n)
        await recordings.begin(conn, held)
    assert [each.id for each in await recordings.before(conn, START + 3, 10)] == ["r1.1.1", "r1.1.2"]
