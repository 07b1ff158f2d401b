"""Which facts need no veil. SPEC room.6."""

from __future__ import annotations

from typing import get_args

from cobrowse.core.cart import Cart
from cobrowse.core.messages import (
    AnyFact,
    Armed,
    Arrived,
    Asked,
    Author,
    CartChanged,
    Controlled,
    Declined,
    Described,
    Finished,
    Granted,
    Happened,
    Hidden,
    Identified,
    Item,
    Judged,
    Known,
    Looked,
    Offered,
    Page,
    ReadUpTo,
    Said,
    Settled,
    Shared,
    Sharing,
    Taken,
)
from cobrowse.core.room import all_plain, seen_by


def test_room6_what_everybody_sees_as_it_is_is_what_seen_by_leaves_alone() -> None:
    """The short cut for entries that need no veil knows every fact that has one: none goes out by mistake."""
    item = Item("desk", "Desk")
    facts: list[AnyFact] = [
        CartChanged(Cart(), "increment", "desk"),
        Described([item]),
        Said("hello"),
        ReadUpTo(1),
        Taken(),
        Finished(),
        Granted(True),
        Asked(),
        Shared(Sharing()),
        Looked(Author("csa", "ginny"), True),
        Controlled(Author("csa", "ginny"), "click", 1),
        Arrived("Firefox on Linux", "en"),
        Offered("Help?", 1.0, "rule", "v", "reason", "a"),
        Settled("1.1", "accepted"),
        Judged("rule", "v", "fires", "a", "reason", []),
        Armed({"rule": 1.0}),
        Identified(Known("customer-1")),
        Happened("page_view", 1, Page("/")),
        Declined("bound", "too many"),
        Hidden(),
    ]
    assert {type(fact) for fact in facts} == set(get_args(AnyFact))
    for fact in facts:
        untouched = all(seen_by(fact, "shopper", own) is fact for own in (False, True))
        assert all_plain([fact]) == untouched, fact
