"""Scenarios, warnings and experiments."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from cobrowse.core.rules.engine import Book, Visitor, Watch
from cobrowse.core.rules.experiments import CONTROL, CONTROL_ALL, arm_of
from cobrowse.core.rules.facts import Facts
from cobrowse.core.rules.limits import Cause, Ledger, Limits, Staff
from cobrowse.core.rules.memory import Memory
from cobrowse.core.rules.replay import Moment, Replay
from cobrowse.core.rules.rule import RuleError
from cobrowse.core.rules.scenarios import parse_scenarios, run
from cobrowse.core.rules.syntax import parse
from cobrowse.core.rules.track import Line
from cobrowse.core.rules.warnings import find
from cobrowse.rulebook import SHIPPED, load, scenarios
from tests.core.rules.drafts import draft, mistakes, rule

STORY = """\
rule: a-rule
scenarios:
  - title: A story
    steps:
      - 0 s add lamp 10
      - 1 s add rug 20.50 Rugs
      - 2 s csa-add vase
    expect:
      - 60 s idle 31 s to go
      - 91 s fires
"""


def test_every_shipped_rule_does_what_its_scenarios_say() -> None:
    rules = {found.id: found for found in load(SHIPPED)[0]}
    stories, errors = scenarios(SHIPPED)
    assert not errors
    assert {story.rule for story in stories} == set(rules)
    assert [str(mistake) for story in stories for mistake in run(story, rules[story.rule])] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "91 s fires",
            "92 s fires",
            ["expected it to fire at 92 s, it fires: 91 s", "at 91 s, which is not"],
        ),
        ("      - 91 s fires\n", "", ["it fires at 91 s, which is not expected"]),
        ("idle 31", "idle 30", ["expected idle 30 s to go at 60 s, got idle: 31 s to go"]),
        ("idle 31 s to go", "when", ["expected when at 60 s, got idle"]),
        ("2 s csa-add vase", "2 s page home /", ["expected it to fire at 91 s, it fires: never", "got when"]),
    ],
)
def test_a_rule_that_does_otherwise_is_named(old: str, new: str, words: list[str]) -> None:
    found = [
        str(mistake)
        for story in parse_scenarios(STORY.replace(old, new), "s.yaml")
        for mistake in run(story, rule())
    ]
    for each in words:
        assert any(each in mistake for mistake in found), found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0 s add lamp 10", "add lamp", "s.yaml:5:9: steps: expected a time and what happens"),
        ("0 s add lamp 10", "0 s ad lamp", "s.yaml:5:9: steps: unknown step ad; did you mean add?"),
        ("0 s add lamp 10", "0 s page nowhere /", "s.yaml:5:9: steps: page: expected"),
        ("0 s add lamp 10", "9 s add lamp 10", "s.yaml:6:9: steps: expected times that do not go back"),
        ("91 s fires", "91 s fire", "s.yaml:10:9: expect: unknown cause fire; did you mean fires?"),
        ("91 s fires", "sometimes", "s.yaml:10:9: expect: expected a time and a cause"),
        ("title: A story", "titel: A story", "did you mean title?"),
    ],
)
def test_a_mistake_in_a_scenario_has_its_place(old: str, new: str, words: str) -> None:
    with pytest.raises(RuleError) as raised:
        parse_scenarios(STORY.replace(old, new), "s.yaml")
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("when", "more", "words"),
    [
        ("cart.quantity > 5 && cart.quantity < 3", "", "no cart.quantity is at once"),
        ("cart.quantity > 2 && 3 > cart.quantity", "", "no cart.quantity is at once"),
        ("cart.value < 0", "", "no cart.value is at once"),
        ("visit.number == 0", "", "no visit.number is at once"),
        ('page.kind == "cart" && page.kind in ["home", "product"]', "", "no page.kind is at once"),
        ('page.kind == "checkout"', "", "at_checkout: true"),
        ('page.kind == "checkout"', "at_checkout: true\n", ""),
        (
            'page.kind == "checkout" && visit.checkout == "payment"',
            "at_checkout: true\n",
            "nobody is spoken to at payment",
        ),
        ("true", "hold: 10 s\nafter:\n  - events: x\n    within: 10 s\n", "over before its wait is"),
        ("cart.quantity > 2 && cart.quantity < 4", "", ""),
        ("cart.value > 0.5 && cart.value < 1", "", ""),
    ],
)
def test_a_rule_that_never_fires_is_warned_of(when: str, more: str, words: str) -> None:
    found = find([rule(when=when, idle="", more=more)])
    assert [mistake.place.line for mistake in found] == ([1] if words else [])
    assert all(words in mistake.message for mistake in found)


def test_a_shadowed_rule_and_an_unknown_path_are_warned_of() -> None:
    wide = rule(rule_id="wide", when="cart.quantity >= 2", more="priority: 500\n")
    narrow = rule(rule_id="narrow", when='cart.quantity>=2 && page.path.startsWith("/sofas/")')
    assert [mistake.message.partition(" ")[0] for mistake in find([wide, narrow])] == ["narrow"]
    assert find([replace(wide, priority=1), narrow]) == []
    assert find([replace(wide, idle_s=60.0), narrow]) == []
    messages = [mistake.message for mistake in find([narrow], ["/sofa/x", "/"])]
    assert messages == ["narrow asks for a path that the site does not have, /sofas/; did you mean /sofa/x?"]
    assert find([narrow], ["/sofas/klippan"]) == []
    (message,) = [mistake.message for mistake in find([narrow], [f"/p/{n}" for n in range(3_000)])]
    assert message.endswith("/sofas/; none of the 3,000 paths seen is like it")


VARIANTS = """\
id: words
title: Words
when: cart.distinct_items >= 1
holdout: 20 %
offer:
  text:
    en: Plain.
  variants:
    short:
      en: Short.
    warm:
      en: Warm.
"""


def test_rule12_arms_are_sticky_even_and_drawn_by_themselves() -> None:
    one = parse(VARIANTS, "a.yaml")
    other = parse(VARIANTS.replace("id: words", "id: others"), "a.yaml")
    people = [f"visitor-{n}" for n in range(20_000)]
    arms = Counter(arm_of(one, who, 0.1) for who in people)
    assert set(arms) == {CONTROL_ALL, CONTROL, "text", "short", "warm"}
    # Five standard deviations of a share of 20,000 are below 0.018.
    assert abs(arms[CONTROL_ALL] / 20_000 - 0.1) < 0.018
    assert abs(arms[CONTROL] / 20_000 - 0.9 * 0.2) < 0.018
    for variant in ("text", "short", "warm"):
        assert abs(arms[variant] / 20_000 - 0.9 * 0.8 / 3) < 0.018
    assert [arm_of(one, who, 0.1) for who in people[:50]] == [arm_of(one, who, 0.1) for who in people[:50]]
    held = [who for who in people if arm_of(one, who, 0.0) == CONTROL]
    both = sum(arm_of(other, who, 0.0) == CONTROL for who in held)
    assert abs(both / len(held) - 0.2) < 0.04
    assert arm_of(one, "visitor-7", 0.1) == arm_of(parse(VARIANTS + "# edited\n", "a.yaml"), "visitor-7", 0.1)


def test_rule12_a_control_is_logged_counts_as_the_offer_and_blocks_no_other() -> None:
    held = rule(rule_id="held", when="cart.distinct_items >= 1", idle="", more="holdout: 50 %\npriority: 9\n")
    free = rule(rule_id="free", when="cart.distinct_items >= 1", idle="", more="priority: 1\n")
    who = next(f"v{n}" for n in range(100) if arm_of(held, f"v{n}", 0.0) == CONTROL)
    facts = Facts(cart_distinct_items=1, csas_available=1)
    answer = Book([held, free]).ask(Visitor(who, facts, Memory(), Ledger(), Watch()), Staff(), 100.0)
    assert [(said.rule.id, said.cause, said.arm) for said in answer.news] == [
        ("held", Cause.CONTROL, CONTROL),
        ("free", Cause.FIRES, "text"),
    ]
    moments: list[Moment] = []
    replay = Replay(Book([held]), 1, moments.append)
    for at in (0.0, 100.0, 200.0):
        track, now = replay.at(1_000.0 + at, who)
        track.event(now, "page_view", page=("home", "/"))
        track.remove(now, "lamp")
        track.add(now, "lamp", Line(1, 100, "Lamp", ""))
    replay.finish()
    assert [moment.cause for moment in moments if moment.cause is not Cause.OFFERED] == [Cause.CONTROL]


def test_rule12_the_holdout_of_all_rules_shows_nothing_at_all() -> None:
    facts = Facts(cart_distinct_items=3, csas_available=1)
    book = Book([rule(idle="")], Limits(holdout=0.5))
    causes = Counter(
        book.ask(Visitor(f"v{n}", facts, Memory(), Ledger(), Watch()), Staff(), 100.0).news[0].cause
        for n in range(200)
    )
    assert set(causes) == {Cause.CONTROL, Cause.FIRES}
    assert 60 < causes[Cause.CONTROL] < 140


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("holdout: 60 %\n", 'expected a share such as "10 %", at most 50 %'),
        ("holdout: 10\n", 'expected a share such as "10 %"'),
        ("hold: soon\n", "expected a duration"),
        ("after: x\n", "after: expected a list"),
        ("after:\n  - events: [a, 1x]\n", "expected an event's name"),
        ("after:\n  - event: a\n", "unknown key event; did you mean events?"),
        ("after:\n  - events: [a, b]\n    times: 11\n", "at most 20 in a row"),
        ("after:\n  - events: a\n    unless: [b, a]\n", "a is among the events"),
        ("after:\n  - events: a\n    within: 2 d\n", "expected 1 s to 86400 s"),
        ("at_checkout: perhaps\n", "expected true or false"),
        ("again: 100 d\n", "expected 1 s to"),
    ],
)
def test_a_mistake_in_the_newer_keys_is_named(more: str, words: str) -> None:
    found = mistakes(draft(more=more))
    assert any(words in mistake.message for mistake in found), found


def test_a_mistake_in_a_variant_is_named() -> None:
    bad = VARIANTS.replace("short:", "text:").replace("en: Warm.", "en: '{{ nope }}'")
    found = [str(mistake) for mistake in mistakes(bad)]
    assert any("a name of its own" in each for each in found)
    assert any("unknown fact nope" in each for each in found)


def test_scenarios_of_a_folder_without_any_are_none(tmp_path: Path) -> None:
    assert scenarios(tmp_path) == ([], [])
