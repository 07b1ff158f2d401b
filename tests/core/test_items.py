"""What lines look like: whose word counts, which addresses are safe, how many are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.items import MAX_ITEMS, clean_item, nothing_known, remember, safe_url
from cobrowse.core.messages import Describe, Increment, Item, Propose
from tests.core.stage import Stage

FEED = {"oak": Item("oak", "Oak shelf", "", 12900, "GBP", url="/oak")}


def test_room8_the_shops_word_counts_where_there_is_one() -> None:
    forged = Item("oak", "Oak shelf", "", 1, "GBP")
    assert clean_item(forged, FEED.get) == FEED["oak"]
    assert clean_item(forged, nothing_known) == forged
    stage = Stage(look_up=FEED.get)
    stage.lea(Describe([forged]))
    assert stage.state.items == FEED


def test_room8_the_shops_word_comes_with_a_change_and_with_a_proposal() -> None:
    stage = Stage(look_up=FEED.get)
    stage.lea(Increment("oak", 1))
    assert stage.state.items == FEED
    stage = Stage(look_up=FEED.get)
    stage.ginny(Propose("oak", 1))
    assert stage.state.items == FEED


def test_room8_a_variant_is_read_from_the_options_where_none_is_given() -> None:
    assert clean_item(Item("oak?colour=dark&size=60%20cm"), nothing_known).variant == "dark, 60 cm"
    assert clean_item(Item("oak?size=60", variant="60 wide"), nothing_known).variant == "60 wide"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://shop.test/oak?size=1", True),
        ("http://shop.test/oak", True),
        ("/oak.webp", True),
        ("", False),
        ("oak", False),
        ("//evil.test/x", False),
        ("/\\evil.test", False),
        ("/\t/evil.test", False),
        ("/\n/evil.test", False),
        (" https://shop.test", False),
        ("java\nscript:alert(1)", False),
        ("javascript:alert(1)", False),
        ("data:image/svg+xml,x", False),
        ("vbscript:x", False),
    ],
)
def test_room8_safe_addresses(url: str, safe: bool) -> None:
    assert safe_url(url) == (url if safe else "")
    item = clean_item(Item("oak", url=url, image=url), nothing_known)
    assert (item.url, item.image) == (safe_url(url), safe_url(url))


@given(
    st.lists(st.lists(st.integers(0, 900), max_size=50), max_size=30),
    st.sets(st.integers(0, 900), max_size=200),
)
def test_room8_the_newest_are_kept_and_those_of_the_cart_always(
    batches: list[list[int]], carried: set[int]
) -> None:
    items: dict[str, Item] = {}
    keep = {str(n) for n in carried}
    ever: list[str] = []
    for batch in batches:
        remember(items, [Item(str(n)) for n in batch], keep)
        for n in map(str, batch):
            if n in ever:
                ever.remove(n)
            ever.append(n)
        assert len(items) <= MAX_ITEMS
    assert keep & set(ever) <= set(items)
    if len(ever) <= MAX_ITEMS:
        assert list(items) == ever
    elif ever:
        assert list(items)[-1] == ever[-1]


def test_room8_a_line_may_be_described_again() -> None:
    items = {"a": Item("a", "old"), "b": Item("b")}
    remember(items, [Item("a", "new")], ())
    assert list(items.values()) == [Item("b"), Item("a", "new")]
