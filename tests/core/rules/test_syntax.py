from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.rules.document import MAX_FILE_BYTES
from cobrowse.core.rules.rule import RuleError
from cobrowse.core.rules.syntax import DEFAULT_EXPIRES_S, parse
from tests.core.rules.drafts import draft, mistakes, rule

GOOD = """\
# Written by hand.
id: abandoned-basket
title: Basket left alone
enabled: false
priority: 50
when: cart.distinct_items >= 3 && page.kind != "checkout"
idle: 1.5 min
offer:
  team: sales
  expires: 10 min
  text:
    en: Can I help with your {{ cart.distinct_items }} items?
    de-AT: Darf ich helfen?
    "no": Kan jeg hjelpe?
"""


def test_a_file_becomes_a_rule() -> None:
    found = parse(GOOD, "rules/abandoned-basket.yaml")
    assert (found.id, found.title, found.enabled) == ("abandoned-basket", "Basket left alone", False)
    assert (found.priority, found.team, found.idle_s, found.expires_s) == (50, "sales", 90.0, 600.0)
    assert found.when.source == 'cart.distinct_items >= 3 && page.kind != "checkout"'
    assert [locale for locale, _ in found.wordings["text"].sources] == ["en", "de-at", "no"]
    assert str(found.place) == "rules/abandoned-basket.yaml:2:5"


def test_the_version_follows_the_text() -> None:
    assert parse(GOOD, "a.yaml").version == parse(GOOD, "b.yaml").version
    assert parse(GOOD, "a.yaml").version != parse(GOOD + "\n", "a.yaml").version


def test_what_may_be_left_out_has_a_default() -> None:
    found = rule(idle="")
    assert (found.idle_s, found.priority, found.team, found.channel) == (0.0, 100, None, "chat")
    assert (found.enabled, found.expires_s) == (True, DEFAULT_EXPIRES_S)


def test_an_offer_may_be_of_a_call() -> None:
    assert parse(GOOD.replace("  team: sales", "  channel: phone"), "a.yaml").channel == "phone"


# What is replaced in GOOD, by what, and the mistakes that follow: place, and words of the message.
MISTAKES = [
    (
        "title: Basket",
        "titel: Basket",
        [("3:1", "unknown key titel; did you mean title?"), ("2:1", "title is missing")],
    ),
    ("priority: 50", "zzz: 50", [("5:1", "unknown key zzz; expected one of after, again,")]),
    ("  team:", "  teem:", [("9:3", "unknown key teem; did you mean team?")]),
    ("team: sales", "channel: fone", [("9:12", "channel: unknown value fone; did you mean phone?")]),
    (
        "team: sales",
        "channel: [chat]",
        [("9:12", "channel: unknown value a list; expected one of chat, phone")],
    ),
    ("priority: 50", "title: Twice", [("5:1", "the key title is there twice")]),
    ("id: abandoned-basket", "id: Abandoned Basket", [("2:5", "expected small letters")]),
    ("title: Basket left alone", "title: ''", [("3:8", "expected a text, got nothing")]),
    ("title: Basket left alone", f"title: {'x' * 121}", [("3:8", "at most 120 characters, got 121")]),
    ("title: Basket left alone", "title: [a]", [("3:8", "expected a text, got a list")]),
    ("enabled: false", "enabled: no", [("4:10", 'expected true or false, got "no"')]),
    ("priority: 50", "priority: high", [("5:11", 'whole number from 0 to 1000, got "high"')]),
    ("priority: 50", "priority: 1001", [("5:11", 'whole number from 0 to 1000, got "1001"')]),
    ("idle: 1.5 min", "idle: 90", [("7:7", 'a duration such as "90 s", "10 min" or "2 h", got "90"')]),
    ("idle: 1.5 min", "idle: 0 s", [("7:7", "expected 1 s to 86400 s, got 0 s")]),
    ("expires: 10 min", "expires: 2 h", [("10:12", "expected 10 s to 3600 s, got 7200 s")]),
    ("    en: Can", "    fr: Can", [("12:5", "the locale en is missing")]),
    ("de-AT", "de_AT", [("13:12", "expected a locale such as en or de-AT")]),
    ('"no"', "EN", [("14:9", "the locale en is there twice")]),
    ("{{ cart.distinct_items }}", "{{ cart.distinct }}", [("12:33", "did you mean cart.distinct_items?")]),
    ("cart.distinct_items >= 3", "cart.distinct_item >= 3", [("6:7", "did you mean cart.distinct_items?")]),
    (
        "cart.distinct_items >= 3",
        "crt.value > 5.0",
        [("6:7", "unknown fact crt.value; did you mean cart.value?")],
    ),
    (
        "cart.distinct_items >= 3",
        "basket > 3",
        [("6:7", "unknown fact basket; expected one of cart.categories,")],
    ),
    ("cart.distinct_items >= 3", "cart.value.gross > 3", [("6:7", "cart.value has no parts: it is double")]),
    (
        "cart.distinct_items >= 3",
        "sise(cart.items) >= 3",
        [("6:7", "unknown function sise; did you mean size?")],
    ),
    ("cart.distinct_items >= 3", 'page.path.startWith("/")', [("6:17", "did you mean startsWith?")]),
    ("cart.distinct_items >= 3", 'cart.value > "50"', [("6:20", "expected a number, got a string")]),
    ("cart.distinct_items >= 3", 'true && "x" == cart.value', [("6:15", "expected a number, got a string")]),
    ("cart.distinct_items >= 3", "contact.known == 1", [("6:24", "expected a bool, got a int")]),
    ("cart.distinct_items >= 3", "cart.value + 1 > 5.0", [("6:7", "double + int; CEL never converts")]),
    (
        "cart.distinct_items >= 3",
        "cart.distinct_items",
        [("6:7", "expected true or false on both sides, got int")],
    ),
    ("cart.distinct_items >= 3", 'page.path.matches("(")', [("6:25", "expected ) at the end of a group")]),
    ("cart.distinct_items >= 3", "cart.idle_s * 2 > 60", [("6:7", "grows by itself")]),
    ("cart.distinct_items >= 3", "visit.duration_s > 9000000", [("6:7", "up to 7776000")]),
    ('page.kind != "checkout"', 'page.kind in ["cart", "serch"]', [("6:57", "did you mean search?")]),
    ('page.kind != "checkout"', 'page.kind != "chekout"', [("6:48", "did you mean checkout?")]),
    ('page.kind != "checkout"', "page.kind !=", [("6:47", "not a CEL expression")]),
    ('page.kind != "checkout"', "cart.items.all(cart, true)", [("6:46", "choose another name")]),
    (
        "offer:",
        "offer: now\nmore:",
        [
            ("8:8", "expected keys with values (text, variants, expires, team, channel), got"),
            ("9:1", "unknown"),
        ],
    ),
    ("id: abandoned-basket", "id: *basket", [("2:5", "aliases")]),
    ("id: abandoned-basket", "id: [[[[[]]]]]", [("2:8", "at most 4 levels")]),
    ("id: abandoned-basket", "id: [", [("4:8", "not YAML")]),
    ("id: abandoned-basket", "id: \x07", [("2:5", "cannot be printed")]),
    ("id: abandoned-basket", "id: !!python/name:os.system x", [("2:5", "begins with ! needs quotes")]),
    ("when: cart", "when: !has(cart.value)\nx: cart", [("6:7", "begins with ! needs quotes")]),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[new[:40] for _, new, _ in MISTAKES])
def test_a_mistake_is_named_with_its_place(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert old in GOOD
    found = mistakes(GOOD.replace(old, new, 1))
    for place, words in expected:
        assert any(str(m).startswith(f"draft.yaml:{place}: ") and words in m.message for m in found), found


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("50", "x").replace("1.5 min", "soon").replace("cart.distinct_items", "cart.distinct")
    found = mistakes(text)
    assert [(m.place.line, m.place.column) for m in found] == [(5, 11), (6, 7), (7, 7), (12, 33)]


@pytest.mark.parametrize(
    ("when", "line", "column"),
    [
        ("when: >-\n  true &&\n    cart.nope > 3", 3, 5),
        ("when: | # block\n  true\n  && cart.nope > 3", 3, 6),
        ("when: 'page.title == \"it''s\" && cart.nope > 3'", 1, 33),
        ('when: "page.kind != \\"cart\\" && cart.nope > 3"', 1, 33),
        ('when: "basket > 3"', 1, 8),
        ("when: true\n  && cart.nope > 3", 2, 6),
        ("when: >-\r\n  true\r\n  && cart.nope > 3", 3, 6),
    ],
)
def test_places_survive_the_ways_of_writing_a_text(when: str, line: int, column: int) -> None:
    text = f"{when}\nid: a\ntitle: A\noffer:\n  text:\n    en: Hi\n"
    assert [(m.place.line, m.place.column) for m in mistakes(text)] == [(line, column)]


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "just words", "a: 1\n---\nb: 2\n"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert mistakes(text)


def test_input_is_bounded() -> None:
    assert mistakes(GOOD + "#" * (MAX_FILE_BYTES - len(GOOD))) == []
    assert "at most 65536 bytes" in mistakes(GOOD + "#" * (MAX_FILE_BYTES - len(GOOD) + 1))[0].message
    assert "at most 4 levels" in mistakes("[" * 60_000)[0].message
    assert "2000 characters" in mistakes(draft(when="true && " * 300 + "true"))[0].message
    assert "at most 2 of" in mistakes(draft(when="cart.items.all(a, " * 3 + "true" + ")" * 3))[0].message


@given(st.text(max_size=300) | st.text(alphabet="id: when{}[]-&*!>|'\"\n#%abc.", max_size=200))
def test_any_text_is_a_rule_or_has_mistakes_in_it(text: str) -> None:
    for mistake in mistakes(text):
        assert 1 <= mistake.place.line <= text.count("\n") + 1
        assert mistake.place.column >= 1


@given(st.text(alphabet="cartvlue.<>=!&|()[]{}\"'? :,0123456789/+-*ri_s%", max_size=60))
def test_any_condition_is_compiled_or_has_mistakes_in_it(when: str) -> None:
    mistakes(draft(when=when))


def test_the_error_shows_every_mistake() -> None:
    with pytest.raises(RuleError, match=r"a\.yaml:5:11: .*\n.*a\.yaml:7:7: "):
        parse(GOOD.replace("50", "x").replace("1.5 min", "soon"), "a.yaml")
