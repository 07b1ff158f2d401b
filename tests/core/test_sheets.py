"""Style sheets by their hash: what the server learns of a snapshot, and what it puts back. SPEC mirror.10."""

from __future__ import annotations

import json

import pytest

from cobrowse.core.mirror import MAX_PAGE_BYTES, MirrorRefused, check
from cobrowse.core.sheets import MAX_KNOWN, MAX_SITE_BYTES, Sheets, hash_of

CSS = ".a { color: red }" * 100


def snapshot(*attributes: dict[str, object], tag: str = "link") -> bytes:
    links = [
        {"type": 2, "id": number, "tagName": tag, "attributes": each, "childNodes": []}
        for number, each in enumerate(attributes, 2)
    ]
    node = {"type": 0, "id": 1, "childNodes": links}
    offset = {"top": 0, "left": 0}
    return json.dumps([{"type": 2, "timestamp": 1, "data": {"node": node, "initialOffset": offset}}]).encode()


def test_mirror10_a_sheet_that_came_with_a_snapshot_is_learned_by_the_servers_own_hash() -> None:
    lie = "0" * 64
    checked = check(snapshot({"_cssText": CSS, "data-hash": lie}, {"_cssText": "short"}), False)
    assert checked.sheets == {hash_of(CSS): CSS}
    assert check(snapshot({"_cssText": CSS}, tag="style"), False).sheets == {}, (
        "what a page writes is not kept"
    )


def test_mirror10_a_hash_is_as_good_as_the_sheet() -> None:
    harmful = CSS + ".b { background: url(javascript:alert(1)) }"
    for text in (CSS, harmful):
        whole = check(snapshot({"_cssText": text}), False)
        named = check(snapshot({"_cssHash": hash_of(text)}), False, {hash_of(text): text})
        assert named.body == whole.body
        assert named.sheets == {}


@pytest.mark.parametrize("key", [hash_of("another"), "", 1, {"a": "b"}])
def test_mirror10_a_sheet_that_the_page_was_not_told_of_refuses_the_batch(key: object) -> None:
    with pytest.raises(MirrorRefused, match="told of"):
        check(snapshot({"_cssHash": key}), False, {hash_of(CSS): CSS})


def test_mirror10_names_do_not_make_more_than_a_page_can_hold() -> None:
    text = "x" * 100_000
    links: list[dict[str, object]] = [{"_cssHash": hash_of(text)}] * (MAX_PAGE_BYTES // len(text) + 1)
    with pytest.raises(MirrorRefused):
        check(snapshot(*links), False, {hash_of(text): text})


def test_mirror10_memory_is_bounded_and_the_latest_are_known() -> None:
    sheets = Sheets()
    texts = [str(number) * 100_000 for number in range(10, 60)]
    for text in texts:
        sheets.learn({hash_of(text): text})
    known = sheets.known()
    assert hash_of(texts[-1]) in known
    assert hash_of(texts[0]) not in known
    assert sum(map(len, known.values())) <= MAX_SITE_BYTES
    sheets.learn({hash_of(str(number)): str(number) for number in range(100)})
    assert len(sheets.known()) == MAX_KNOWN
    huge = "y" * MAX_SITE_BYTES
    sheets.learn({hash_of(huge): huge})
    assert len(sheets.known()) == MAX_KNOWN
    assert hash_of(huge) not in sheets.known()
