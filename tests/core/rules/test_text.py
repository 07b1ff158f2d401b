from __future__ import annotations

import pytest

from cobrowse.core.rules.facts import EXAMPLES, EXAMPLES_NOW, Facts
from cobrowse.core.rules.syntax import parse
from cobrowse.core.rules.text import MAX_TEXT_CHARS, Texts
from tests.core.rules.drafts import mistakes


def with_text(text: str) -> str:
    body = text.replace("\n", "\n      ")
    return f"id: a\ntitle: A\nwhen: 'true'\noffer:\n  text:\n    en: |\n      {body}\n"


def texts(**by_locale: str) -> Texts:
    lines = "".join(f"    {locale.replace('_', '-')}: '{text}'\n" for locale, text in by_locale.items())
    return parse(f"id: a\ntitle: A\nwhen: 'true'\noffer:\n  text:\n{lines}", "a.yaml").wordings["text"]


def said(text: str, facts: Facts = EXAMPLES[0]) -> str:
    return parse(with_text(text), "a.yaml").wordings["text"].render("en", facts, EXAMPLES_NOW)[1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("de", "de"),
        ("de-AT", "de-at"),
        ("de_CH", "de"),
        ("de-Latn-CH", "de"),
        ("fr", "en"),
        ("", "en"),
        ("-", "en"),
    ],
)
def test_a_locale_falls_back_to_its_language_and_then_to_english(asked: str, found: str) -> None:
    assert texts(en="en", de="de", de_at="de-at").render(asked, EXAMPLES[0], EXAMPLES_NOW) == (found, found)


def test_facts_filters_and_conditions_render() -> None:
    assert said("{{ cart.items | join(' and ') }}") == "Fairelane bookcase and Shelf pins and Cherry bookcase"
    assert said("Your {{ cart.value | money }} {{ cart.currency }}") == "Your 312.50 GBP"
    assert said("{% if contact.known %}Welcome back.{% else %}Hi!{% endif %}\nIt's {{ cart.idle_s }}") == (
        "Welcome back. It's 120"
    )
    assert said("{{ 'one' if cart.quantity == 1 else 'some' }}") == "some"


def test_markup_is_only_text() -> None:
    assert said("{{ cart.items | join }} <b>", Facts(cart_items=["<i>"])) == "<i> <b>"


ESCAPES = [
    "{{ ().__class__ }}",
    "{{ cart.__class__ }}",
    "{{ cart.items.append }}",
    "{{ cart['items'] }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ cart.items | attr('append') }}",
    "{{ self }}",
    "{{ cart }}",
    "{{ cart.update() }}",
    "{{ range(9) }}",
    "{{ lipsum() }}",
    "{% for x in cart.items %}{{ x }}{% endfor %}",
    "{% set x = 1 %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% macro m() %}{% endmacro %}",
    "{% block b %}{% endblock %}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'x' * 1000000 }}",
    "{{ [1] }}",
    "{{ cart.items is defined }}",
    "{{ cart.items | join('x' * 9) }}",
    "{{ cart.items | join | join }}",
    "{{ cart.items | money }}",
    "{{ cart.items < 3 }}",
    "{{ " + "(" * 450 + "1" + ")" * 450 + " }}",
    "x" * 501,
    "{{ ' ' }}",
    "{{ cart.value",
    "{% if %}",
]


@pytest.mark.parametrize("text", ESCAPES, ids=[text[:30] for text in ESCAPES])
def test_a_text_that_wants_more_is_refused_in_its_line(text: str) -> None:
    found = mistakes(with_text(f"Hello\n{text}" if text not in ("x" * 501, "{{ ' ' }}") else text))
    assert found
    assert all(mistake.place.line in (7, 8) for mistake in found)


def test_a_long_cart_cannot_make_a_long_text() -> None:
    facts = Facts(cart_items=["A rather long name of a bookcase"] * 200)
    text = said("{{ cart.items | join }}", facts)
    assert len(text) <= MAX_TEXT_CHARS
    assert text.endswith("…")


def test_no_facts_can_make_a_checked_text_fail() -> None:
    assert said("{{ cart.items | join }}{{ cart.value | money }}", Facts()) == "0.00"
