"""The rules in the console: written, tried on a shopper, explained, measured, taken back. On every size and scheme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.commands.test_first_rule import FILE, GUIDE
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_access import SIZES, options, violations
from tests.e2e.world import World

RULE = """\
id: look-twice
title: Looked at a desk
when: >-
  page.path.startsWith("/desks/")
hold: 1 s
priority: 900
offer:
  text:
    en: Shall I measure a desk for you?
"""
PATIENT = """\
id: patient
title: Very patient
when: cart.distinct_items >= 1
idle: 30 min
offer:
  text:
    en: Still there?
"""


class RulesPage:
    """The rules as a supervisor sees them."""

    def __init__(self, csa: Csa) -> None:
        self.page: Page = csa.page
        self.page.get_by_role("button", name="Rules").click()
        expect(self.page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()

    def row(self, title: str) -> Locator:
        return self.page.locator(".rule-row", has_text=title)

    def open(self, title: str) -> None:
        self.row(title).get_by_role("link").click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def show(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    @property
    def text(self) -> Locator:
        return self.page.get_by_label("The rule’s text")

    @property
    def save_button(self) -> Locator:
        return self.page.get_by_role("button", name="Save and run")

    def make(self, source: str) -> None:
        """Writes a new rule and waits until it runs."""
        self.page.get_by_role("button", name="New rule").click()
        self.text.fill(source)
        expect(self.page.get_by_text("No mistakes.")).to_be_visible()
        self.save_button.click()
        expect(self.page.get_by_role("tab", name="Results")).to_be_visible()

    def delete(self, title: str) -> None:
        self.open(title)
        self.show("Text")
        self.page.get_by_role("button", name="Delete the rule").click()
        self.page.get_by_role("button", name="Yes").click()
        expect(self.row(title)).to_have_count(0)


@pytest.fixture
def csa(world: World) -> Iterator[Csa]:
    """Ginny, whose own rules are gone when the test is over: the next one finds the shipped rule alone."""
    ginny = Csa(world.person())
    yield ginny
    ginny.page.evaluate(
        """async () => {
          const headers = { 'x-cobrowse': 'console' };
          const { rules } = await (await fetch('/console/api/rules', { headers })).json();
          for (const { id, version, edited, enabled } of rules) {
            const change = (path, method, body) =>
              fetch(`/console/api/rules/${id}/${path}`, { method, headers, body: JSON.stringify(body) });
            if (!enabled) await change('switch', 'PUT', { enabled: true });
            if (edited) await change('restore', 'POST', { version });
          }
        }"""
    )


def test_a_rule_is_written_offers_help_and_shows_what_came_of_it(csa: Csa, shopper: Shopper) -> None:
    rules = RulesPage(csa)
    rules.page.get_by_role("button", name="New rule").click()
    rules.text.fill(RULE.replace("page.path", "page.pth").replace("hold: 1 s", "hold: soon"))
    places = rules.page.locator(".places.wrong li")
    expect(places).to_have_count(2)
    expect(places.first).to_contain_text("Line 4, column 3")
    expect(rules.save_button).to_be_disabled()
    places.last.get_by_role("button").click()
    expect(rules.text).to_be_focused()
    rules.text.fill(RULE)
    expect(rules.page.get_by_text("No mistakes.")).to_be_visible()
    rules.save_button.click()
    rules.show("Results")
    expect(rules.page.get_by_text("Nothing to measure yet")).to_be_visible()

    shopper.goto("/desks/withern")
    expect(shopper.offer).to_contain_text("Shall I measure a desk for you?")
    shopper.offer.get_by_role("button", name=re.compile("Chat|Yes", re.IGNORECASE)).first.click()

    rules.page.get_by_label("7 days").check(force=True)
    accepted = rules.page.locator(".tiles > div", has_text="accepted")
    expect(accepted).to_contain_text("1")
    expect(rules.page.get_by_text("Nobody is held out")).to_be_visible()
    rules.show("History")
    expect(rules.page.locator(".versions li")).to_contain_text(["Edited by Ginny"])
    rules.delete("Looked at a desk")


def test_offer4_an_offer_by_phone_is_taken_by_a_call(csa: Csa, shopper: Shopper) -> None:
    rules = RulesPage(csa)
    rules.make(RULE.replace("offer:\n", "offer:\n  channel: phone\n"))
    shopper.goto("/desks/ashdown")
    call = shopper.offer.get_by_role("link", name="Call 0113 496 0142")
    expect(call).to_have_attribute("href", "tel:01134960142")
    assert violations(shopper.page) == []
    call.click(no_wait_after=True)
    expect(shopper.panel).to_contain_text("Shall I measure a desk for you?")
    rules.page.get_by_role("button", name="Visitors").click()
    csa.open("Waiting", "Looked at a desk")
    expect(csa.page.get_by_text(re.compile(r"Offer taken: Looked at a desk \(by phone\)"))).to_be_visible()
    rules.page.get_by_role("button", name="Rules").click()
    rules.delete("Looked at a desk")


def test_a_switch_counts_for_the_next_shopper(csa: Csa, shopper: Shopper) -> None:
    rules = RulesPage(csa)
    switch = rules.row("Basket left alone").get_by_role("switch")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    rules.page.get_by_role("button", name="Visitors").click()
    shopper.add("/bookcases/fairelane", "cherry")
    csa.open("Visitors", "Fairelane")
    why = csa.page.locator(".why")
    expect(why.locator("li", has_text="Basket left alone")).to_contain_text("switched off")


def test_why_counts_down_and_names_what_does_not_hold(csa: Csa, shopper: Shopper) -> None:
    rules = RulesPage(csa)
    rules.make(PATIENT)
    rules.page.get_by_role("button", name="Visitors").click()
    shopper.add("/bookcases/fairelane", "cherry")
    csa.open("Visitors", "Fairelane")
    why = csa.page.locator(".why")
    first = why.locator(".verdicts > li").first
    expect(first).to_contain_text("Very patient")
    expect(first).to_contain_text(re.compile(r"would offer in (30:00|2[89]:\d\d)"))
    basket = why.locator(".verdicts > li", has_text="Basket left alone")
    expect(basket).to_contain_text("no: cart.distinct_items is 1")
    basket.locator("summary").click()
    expect(basket.locator(".operands > li").first).to_contain_text("cart.distinct_items >= 3")
    expect(basket.get_by_role("img", name="does not hold")).to_be_visible()

    for path in ("/bookcases/harewood", "/bookcases/ladderby"):
        shopper.add(path)
    expect(shopper.offer).to_be_visible()
    decided = why.locator(".decided > li")
    expect(decided.first).to_contain_text("Basket left alone")
    expect(decided.first).to_contain_text("on show")
    expect(first).to_contain_text(re.compile("held back: (an offer is open|offer)"))


def test_the_guides_rule_is_read_offers_help_and_says_why(csa: Csa, shopper: Shopper) -> None:
    """docs/rules.md, "Your first rule in ten minutes", its last steps; with a shorter wait, and nobody held out."""
    name, _, text = next(found for found in FILE.findall(GUIDE) if "holdout" in found[2])
    rule = dedent(text).replace("idle: 1 min", "idle: 5 s").replace("holdout: 20 %\n", "")
    file = csa.world.folder / "rules" / name.rpartition("/")[2]
    rules = RulesPage(csa)
    file.write_text(rule + "\n")
    try:
        expect(rules.row("Looked at many things")).to_be_visible()
        for path in ("/", "/bookcases", "/bookcases/harewood", "/bookcases/ladderby"):
            shopper.goto(path)
        shopper.add("/bookcases/fairelane", "tan")
        rules.page.get_by_role("button", name="Visitors").click()
        csa.open("Visitors", "Fairelane")
        why = csa.page.locator(".why .verdicts > li", has_text="Looked at many things")
        expect(why).to_contain_text(re.compile("would offer in|held back"))
        expect(shopper.offer).to_contain_text("Would you like a hand choosing?")
        expect(csa.page.locator(".why .decided > li").first).to_contain_text("Looked at many things")
        csa.page.get_by_role("button", name="Rules").click()
        rules.open("Looked at many things")
        expect(rules.page.locator(".tiles > div", has_text="shown")).to_contain_text("1")
    finally:
        file.unlink()
    expect(rules.row("Looked at many things")).to_have_count(0)


def test_somebody_elses_edit_is_compared_and_not_lost(world: World, csa: Csa) -> None:
    rules = RulesPage(csa)
    theirs = PATIENT.replace("id: patient", "id: shared")
    rules.make(theirs)
    rules.show("Text")
    other = RulesPage(Csa(world.person()))
    other.open("Very patient")
    other.show("Text")
    rules.text.fill(theirs.replace("Still there?", "Still with us?"))
    other.text.fill(theirs.replace("30 min", "40 min"))
    expect(other.save_button).to_be_enabled()
    other.save_button.click()
    expect(other.page.get_by_text("Not saved yet")).to_have_count(0)
    expect(rules.save_button).to_be_enabled()
    rules.save_button.click()
    trouble = rules.page.locator(".editor .trouble")
    expect(trouble).to_contain_text("Somebody else has changed this rule")
    expect(trouble.locator(".removed")).to_contain_text(["idle: 40 min", "Still there?"])
    expect(trouble.locator(".added")).to_contain_text(["idle: 30 min", "Still with us?"])
    rules.save_button.click()
    expect(trouble).to_have_count(0)
    rules.show("History")
    expect(rules.page.locator(".versions > li")).to_have_count(3)


@pytest.mark.parametrize("size", SIZES)
def test_the_rules_have_no_violation(world: World, size: str) -> None:
    csa = Csa(world.person(**options(size)))
    rules = RulesPage(csa)
    expect(rules.row("Basket left alone")).to_be_visible()
    assert violations(rules.page) == []
    rules.open("Basket left alone")
    expect(rules.page.get_by_text(re.compile("Nothing to measure|Nobody is held out"))).to_be_visible()
    assert violations(rules.page) == []
    rules.show("Text")
    rules.text.fill(RULE.replace("page.path", "page.pth"))
    expect(rules.page.locator(".places.wrong li")).to_have_count(1)
    assert violations(rules.page) == []
    rules.page.get_by_role("button", name="Undo my changes").click()
    rules.show("History")
    rules.page.locator(".versions summary").first.click()
    assert violations(rules.page) == []


def test_the_rules_by_keyboard_alone(csa: Csa) -> None:
    keys = csa.page.keyboard
    keys.press("4")
    expect(csa.page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    expect(csa.page.locator(".rule-row")).to_have_count(1)
    keys.press("/")
    keys.type("nothing like it")
    expect(csa.page.get_by_text("No rule matches that.")).to_be_visible()
    for _ in "nothing like it":
        keys.press("Backspace")
    keys.press("Tab")
    expect(csa.page.locator(".rule-row").get_by_role("link")).to_be_focused()
    keys.press("Enter")
    expect(csa.page.get_by_role("heading", name="Basket left alone")).to_be_visible()
    csa.page.get_by_role("tab", name="Results").focus()
    keys.press("ArrowRight")
    expect(csa.page.get_by_role("tab", name="Text")).to_be_focused()
    expect(csa.page.get_by_label("The rule’s text")).to_be_visible()
    keys.press("1")
    expect(csa.page.get_by_role("tab", name=re.compile("^Waiting"))).to_be_visible()
