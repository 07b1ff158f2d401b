"""Pictures and fonts that a page brings itself: what of it the server believes, and how much it holds. SPEC file.5."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.mirror import Checked, MirrorRefused, check
from cobrowse.core.page_events import MAX_FILE_BYTES, MAX_PIECE_BYTES, FileName, FilePiece
from cobrowse.core.page_files import (
    MAX_PAGE_BYTES,
    MAX_PAGE_FILES,
    MAX_ROOM_BYTES,
    FileRefused,
    RoomFiles,
    SiteFiles,
)

SHOP = "https://shop.example"
PNG = b"\x89PNG\r\n\x1a\n"


def hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def pieces(body: bytes, each_bytes: int = MAX_PIECE_BYTES) -> list[FilePiece]:
    return [
        FilePiece(hash_of(body), len(body), at, body[at : at + each_bytes])
        for at in range(0, len(body), each_bytes)
    ]


def picture(number: int = 0, size_bytes: int = 100) -> bytes:
    return (PNG + number.to_bytes(4, "big")).ljust(size_bytes, b"x")


def name(address: str, body: bytes) -> FileName:
    return FileName(SHOP + address, hash_of(body))


def room(paths: Sequence[str] = ("/members/*",), site: SiteFiles | None = None) -> RoomFiles:
    files = RoomFiles("room", site or SiteFiles(paths))
    files.begin(SHOP)
    return files


def sent(*events: tuple[int, object], takes_files: bool = True) -> Checked:
    batch = [{"type": kind, "timestamp": 0, "data": data} for kind, data in events]
    return check(json.dumps(batch).encode(), False, takes_files=takes_files)


def piece(of: bytes, **changes: object) -> tuple[int, object]:
    told = {"hash": hash_of(of), "size_bytes": len(of), "at": 0, "body": base64.b64encode(of).decode()}
    return 6, told | changes


NAMED = (7, {"address": f"{SHOP}/members/a.png", "hash": "0" * 64})


def test_file5_pieces_are_taken_out_of_a_batch_and_names_go_on() -> None:
    checked = sent(piece(PNG), NAMED)
    assert [each.body for each in checked.pieces] == [PNG]
    assert [each.hash for each in checked.names] == ["0" * 64]
    assert [event["type"] for event in json.loads(checked.body)] == [7]
    whole = sent(piece(picture(size_bytes=MAX_PIECE_BYTES)))
    assert whole.body == b"[]"


@pytest.mark.parametrize(
    "event",
    [
        piece(PNG, hash="../../etc"),
        piece(PNG, size_bytes=10 * 1024 * 1024),
        piece(PNG, body="no base64!"),
        piece(PNG, body=""),
        piece(picture(size_bytes=MAX_PIECE_BYTES + 1)),
        piece(PNG, at=-1),
        (7, {"address": "javascript:alert(1)", "hash": "0" * 64}),
        (7, {"address": f"{SHOP}/members/\na.png", "hash": "0" * 64}),
        (7, {"address": f"{SHOP}/{'a' * 2000}", "hash": "0" * 64}),
    ],
)
def test_file5_what_is_no_piece_and_no_name_refuses_the_batch(event: tuple[int, object]) -> None:
    with pytest.raises(MirrorRefused):
        sent(event)


@pytest.mark.parametrize("event", [piece(PNG), NAMED])
def test_file4_a_site_that_names_no_path_takes_no_file(event: tuple[int, object]) -> None:
    with pytest.raises(MirrorRefused, match="bring none"):
        sent(event, takes_files=False)


@given(
    st.binary(min_size=1, max_size=2000),
    st.lists(st.integers(1, 1999), max_size=5),
    st.lists(st.integers(0, 5), max_size=3),
)
def test_file5_a_file_comes_whole_however_it_is_cut_and_whenever_it_begins_anew(
    rest: bytes, cuts: list[int], restarts: list[int]
) -> None:
    body = PNG + rest
    # The first piece holds the first bytes, by which it is told.
    edges = sorted({0, len(body), *(len(PNG) + cut for cut in cuts if len(PNG) + cut < len(body))})
    cut = [FilePiece(hash_of(body), len(body), first, body[first:last]) for first, last in pairwise(edges)]
    files = room()
    for restart in restarts:
        files.take(cut[: min(restart, len(cut) - 1)], [])
    files.take(cut, [name("/members/a.png", body)])
    (file,) = files.named()
    assert (file.hash, file.media_type, file.body) == (hash_of(body), "image/png", body)
    assert files.known() == [hash_of(body)]


def test_file5_after_a_gap_nothing_is_taken_until_it_begins_anew() -> None:
    body = picture(size_bytes=100)
    first, second, third, *rest = pieces(body, 30)
    files = room()
    files.take([first, third, second, third, *rest], [name("/members/a.png", body)])
    assert list(files.named()) == []
    assert files.size_bytes == 0
    files.take(pieces(body, 30), [])
    assert [file.body for file in files.named()] == [body]


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"body { color: red }",
        b" " + PNG,
        b"\x00",
    ],
)
def test_file5_what_is_no_picture_and_no_font_is_refused_whatever_it_is_called(body: bytes) -> None:
    with pytest.raises(FileRefused, match="first bytes"):
        room().take(pieces(body), [name("/members/a.png", body)])


def test_file5_the_server_reckons_the_hash_itself() -> None:
    body = picture()
    forged = [FilePiece(hash_of(b"another"), len(body), 0, body)]
    with pytest.raises(FileRefused, match="hash"):
        room().take(forged, [])
    longer = [FilePiece(hash_of(body), len(body) - 1, 0, body)]
    with pytest.raises(FileRefused, match="size"):
        room().take(longer, [])


def test_file5_ten_thousand_files_or_more_than_a_page_may_bring_are_refused() -> None:
    files = room()
    for number in range(MAX_PAGE_FILES):
        files.take(pieces(picture(number)), [])
    with pytest.raises(FileRefused, match="at most"):
        files.take([each for number in range(10_000) for each in pieces(picture(number))], [])
    large = room()
    for number in range(MAX_PAGE_BYTES // MAX_FILE_BYTES):
        large.take(pieces(picture(number, MAX_FILE_BYTES)), [])
    with pytest.raises(FileRefused, match="at most"):
        large.take(pieces(picture(99)), [])
    named = room()
    with pytest.raises(FileRefused, match="at most"):
        named.take([], [name(f"/members/{number}.png", PNG) for number in range(10_000)])


def test_file5_the_same_file_again_costs_a_page_nothing() -> None:
    files = room()
    for _ in range(MAX_PAGE_FILES + 1):
        files.take(pieces(picture(size_bytes=MAX_FILE_BYTES)), [])
    assert files.size_bytes == MAX_FILE_BYTES


def test_file5_a_room_keeps_what_was_named_last_for_the_next_page() -> None:
    files = room()
    old, logo, photo = (picture(number, MAX_FILE_BYTES) for number in range(3))
    files.take(
        [*pieces(logo), *pieces(old)], [name("/members/old.png", old), name("/members/logo.png", logo)]
    )
    files.begin(SHOP)
    files.turn()
    assert set(files.known()) == {hash_of(old), hash_of(logo)}
    assert list(files.named()) == [], "nothing stands on the next page until it says so"
    files.take(pieces(photo), [name("/members/photo.png", photo), name("/members/logo.png", logo)])
    assert files.size_bytes <= MAX_ROOM_BYTES
    files.begin(SHOP)
    assert files.known() == [hash_of(photo), hash_of(logo)]
    files.forget()
    assert files.known() == []
    assert files.size_bytes == 0


def test_file5_over_all_rooms_memory_is_bounded_and_a_room_that_goes_makes_room() -> None:
    site = SiteFiles(["/members/*"], max_bytes=2 * MAX_FILE_BYTES)
    first, second = room(site=site), room(site=site)
    first.take(pieces(picture(1, MAX_FILE_BYTES)), [])
    second.take(pieces(picture(2, MAX_FILE_BYTES)), [])
    second.take(pieces(picture(3)), [name("/members/3.png", picture(3))])
    assert list(second.named()) == [], "not kept, not shown, and no fault of the page"
    first.forget()
    second.take(pieces(picture(3)), [])
    assert [file.hash for file in second.named()] == [hash_of(picture(3))]
    assert hash_of(picture(3)) not in first.known(), "one room's are not another's"


@pytest.mark.parametrize(
    ("address", "is_brought"),
    [
        (f"{SHOP}/members/a.png", True),
        (f"{SHOP}/members/", True),
        (f"{SHOP}/account/photo", True),
        (f"{SHOP}/members", False),
        (f"{SHOP}/other/members/a.png", False),
        (f"{SHOP}/account/photo/2", False),
        (f"{SHOP}.evil.example/members/a.png", False),
        (f"{SHOP}@evil.example/members/a.png", False),
        ("http://shop.example/members/a.png", False),
        ("https://other.example/members/a.png", False),
    ],
)
def test_file4_only_the_pages_own_origin_and_the_sites_paths(address: str, is_brought: bool) -> None:
    files = room(["/members/*", "/account/photo"])
    if is_brought:
        files.take([], [FileName(address, hash_of(PNG))])
    else:
        with pytest.raises(FileRefused, match="page_files"):
            files.take([], [FileName(address, hash_of(PNG))])
