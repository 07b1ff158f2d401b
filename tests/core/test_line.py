"""Line identifiers: one text for one product with its options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.line import MAX_LINE_ID_CHARS, MAX_OPTIONS, Line, line_id, parse_line_id

characters = st.characters(exclude_categories=["Cs"])
words = st.text(characters, max_size=8)


@given(st.text(characters, min_size=1, max_size=8), st.dictionaries(words, words, max_size=4), words)
def test_cart2_parse_gives_back_what_was_written(sku: str, options: dict[str, str], text: str) -> None:
    written = line_id(sku, options, text)
    if len(written) <= MAX_LINE_ID_CHARS:
        assert parse_line_id(written) == Line(sku, options, text)


@given(st.permutations(["size", "colour", "Größe", "\ue000", "\U0001f600"]))
def test_cart2_options_are_sorted_by_code_point_of_the_name(names: list[str]) -> None:
    """A private-use character sorts before an emoji, though not by UTF-16 units."""
    written = line_id("A", dict.fromkeys(names, "x"))
    assert written == "A?Gr%C3%B6%C3%9Fe=x&colour=x&size=x&%EE%80%80=x&%F0%9F%98%80=x"


@pytest.mark.parametrize(
    ("sku", "options", "text", "written"),
    [
        ("A-1_b.c~d", None, "", "A-1_b.c~d"),
        ("50% off!", None, "", "50%25%20off%21"),
        ("a/b?c#d", None, "", "a%2Fb%3Fc%23d"),
        ("it's (1) *", None, "", "it%27s%20%281%29%20%2A"),
        ("A", {"": ""}, "", "A?="),
        ("A", {"a=b": "c&d"}, "für Ömi", "A?a%3Db=c%26d#f%C3%BCr%20%C3%96mi"),
    ],
)
def test_cart2_what_is_escaped(sku: str, options: dict[str, str] | None, text: str, written: str) -> None:
    assert line_id(sku, options, text) == written
    assert parse_line_id(written) == Line(sku, options or {}, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?a=b",
        "#x",
        "A?",
        "A#",
        "A?b",
        "A?b=1&a=2",
        "A?a=1&a=2",
        "A b",
        "A%2",
        "A%zz",
        "%c3%bc",
        "%C3",
        "%41",
        "ü",
        "A\n",
        "A?a=1&",
        "A#x#y",
        "A" * (MAX_LINE_ID_CHARS + 1),
        line_id("A", {f"o{n}": "" for n in range(MAX_OPTIONS + 1)}),
    ],
)
def test_cart2_only_the_canonical_text_is_accepted(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_line_id(text)
    assert refused.value.code is Refused.INVALID


@given(st.text(max_size=40))
def test_cart2_any_text_is_canonical_or_refused(text: str) -> None:
    try:
        line = parse_line_id(text)
    except Refusal:
        return
    assert line_id(*line) == text
