from __future__ import annotations

import gzip
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from cobrowse.simulate.stream import Event, StreamError, read_events, visits
from tests.simulate.conftest import OTTO

HEADER = "session_id,user_id,ts,event,item_id,price,category,brand\n"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "stream.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_a_row_becomes_an_event(tmp_path: Path) -> None:
    path = write(tmp_path, "s1,u1,2024-01-06T11:35:26.500+01:00,add_to_cart,n 1/ä,2.62,shoes,Acme")
    assert read_events(path) == [
        Event(2, "s1", "u1", 1704537326.5, "add_to_cart", "n 1/ä", Decimal("2.62"), "shoes", "Acme")
    ]


def test_a_gzipped_file_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    plain = write(tmp_path, "s1,u1,2024-01-06T11:35:26Z,home,,,,")
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_events(packed) == read_events(plain)


def test_the_otto_sample_is_read_whole() -> None:
    events = read_events(OTTO)
    assert Counter(event.name for event in events) == {"view_item": 335, "add_to_cart": 20, "purchase": 2}
    assert len({event.shopper for event in events}) == 15
    assert len(visits(events)) == 84


def test_dirt_stays_in(tmp_path: Path) -> None:
    row = "s1,u1,2024-01-06T11:35:26Z,add_to_cart,n1,0,,"
    path = write(tmp_path, row, row, "", "s1,u1,2024-01-06T11:35:25Z,wish.list-2,,,,")
    events = read_events(path)
    assert [event.name for event in events] == ["add_to_cart", "add_to_cart", "wish.list-2"]
    assert events[0].price == 0
    assert events[2].at_s < events[1].at_s
    assert (events[2].item, events[2].price, events[2].row) == ("", None, 5)


def test_columns_may_stand_in_any_order_and_others_are_ignored(tmp_path: Path) -> None:
    header = "item_id,more,event,ts,user_id,session_id\n"
    (event,) = read_events(write(tmp_path, "n1,x,home,2024-01-06T11:35:26Z,u1,s1", header=header))
    assert (event.item, event.name, event.shopper, event.session, event.brand) == (
        "n1",
        "home",
        "u1",
        "s1",
        "",
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("s1,u1,2024-01-06T11:35:26Z,home", "expected 8 fields as in the header, got 4"),
        ("s1,,2024-01-06T11:35:26Z,home,,,,", "user_id and session_id: expected one each"),
        ("s1,u1,yesterday,home,,,,", "ts: expected a time with its zone"),
        ("s1,u1,2024-01-06T11:35:26,home,,,,", "got one without a zone"),
        ("s1,u1,2024-01-06T11:35:26Z,2nd look,,,,", "event: expected a name such as view_item"),
        ("s1,u1,2024-01-06T11:35:26Z,,,,,", "event: expected a name such as view_item"),
        ("s1,u1,2024-01-06T11:35:26Z,home,n1,dear,,", "price: expected a number such as 12.50"),
        ("s1,u1,2024-01-06T11:35:26Z,home,n1,-1,,", "price: expected 0 or more"),
        ("s1,u1,2024-01-06T11:35:26Z,home,n1,NaN,,", "price: expected 0 or more"),
        ("s1,u1,2024-01-06T11:35:26Z,home,n1,1e12,,", "price: expected 0 or more"),
        (f"s1,u1,2024-01-06T11:35:26Z,home,{'ä' * 86},1,,", "item_id: expected at most 512"),
        ('s1,u1,2024-01-06T11:35:26Z,home,"n1"x,1,,', "not CSV"),
    ],
)
def test_an_unusable_row_is_named_by_its_line_without_a_word_of_it(
    tmp_path: Path, row: str, message: str
) -> None:
    path = write(tmp_path, "s1,u1,2024-01-06T11:35:26Z,home,,,,", row)
    with pytest.raises(StreamError) as caught:
        read_events(path)
    text = str(caught.value)
    assert text.startswith(f"{path}:3: ")
    assert message in text
    assert "yesterday" not in text
    assert "dear" not in text


def test_a_header_without_the_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"stream\.csv:1: expected the columns session_id, item_id"):
        read_events(write(tmp_path, header="user_id,ts,event\n"))
    with pytest.raises(StreamError, match=":1: expected the columns session_id, user_id, ts, event, item_id"):
        read_events(write(tmp_path, header=""))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stream.csv"
    path.write_bytes(gzip.compress(b"session_id")[:-6])
    with pytest.raises(StreamError, match="gzip data are cut off or damaged"):
        read_events(path)
    path.write_bytes(gzip.compress(b"session_id") + b"rest")
    with pytest.raises(StreamError, match="gzip data are damaged"):
        read_events(path)
    path.write_bytes(b"session_id,\xff")
    with pytest.raises(StreamError, match="expected UTF-8 text, got something else at byte 11"):
        read_events(path)
    with pytest.raises(StreamError, match="cannot be read: No such file"):
        read_events(tmp_path / "none.csv")


def test_a_shopper_whose_sessions_overlap_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ["a,u1", "b,u2", "b,u1", "b,u1", "a,u1", "b,u2"]
    events = read_events(write(tmp_path, *(f"{row},2024-01-06T11:35:26Z,home,,,," for row in rows)))
    found = visits(events)
    assert [(visit.shopper, visit.session, [event.row for event in visit.events]) for visit in found] == [
        ("u1", "a", [2]),
        ("u2", "b", [3, 7]),
        ("u1", "b", [4, 5]),
        ("u1", "a", [6]),
    ]
