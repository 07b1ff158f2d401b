"""Leave, codes, recordings and the audit as people meet them: a shopper, two CSAs, the telephone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.test_access import violations
from tests.e2e.test_access_sharing import MIRROR_ASIDE
from tests.e2e.test_mirror import banner, meet, mirror_of, share
from tests.e2e.world import World


@pytest.fixture
def second(world: World) -> Csa:
    """Max, at another screen."""
    world.add_agent("max@shop.example", "Max", "csa")
    return Csa(world.person(), "max@shop.example")


def digits_in(page: Page) -> str:
    shown = page.locator(".code b")
    expect(shown).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    return shown.inner_text()


def test_code1_a_caller_reads_six_digits_out_and_is_asked_for_leave(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    shopper.goto("/bookcases/fairelane")
    shopper.open_panel()
    shopper.panel.get_by_role("button", name="Show a code").click()
    digits = digits_in(shopper.page)
    csa.page.keyboard.press("n")
    dialog = csa.page.get_by_role("dialog", name="Join a page by code")
    field = dialog.get_by_label("Six digits")
    wrong = f"{(int(digits.replace(' ', '')) + 1) % 10**6:06d}"
    field.fill(wrong)
    field.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("No such code")
    field.fill(digits)
    field.press("Enter")
    expect(shopper.panel.get_by_text("Ginny would like to see this page")).to_be_visible()
    expect(shopper.page.locator(".code")).to_have_count(0)
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")


def test_share6_a_second_csa_takes_over_with_one_click_of_the_shopper(
    world: World, shopper: Shopper, csa: Csa, second: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Which one is wider?")
    share(shopper, csa)
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")
    second.open("Visitors", "Fairelane")
    second.page.get_by_role("button", name="Take over").click()
    expect(shopper.panel.get_by_text("Max takes over from Ginny")).to_be_visible()
    expect(banner(shopper.page)).to_contain_text("Ginny can see this page")
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page)).to_contain_text("Max can see this page")
    second.page.get_by_role("button", name="See this page").click()
    expect(mirror_of(second).locator("h1")).to_have_text("Fairelane bookcase")
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)


def test_share5_two_look_at_once_and_the_banner_names_both(
    world: World, shopper: Shopper, csa: Csa, second: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Can you both see it?")
    share(shopper, csa)
    second.open("Visitors", "Fairelane")
    second.page.get_by_role("button", name="Ask to see this page").click()
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page)).to_contain_text("Ginny and Max can see this page")
    for each in (csa, second):
        expect(mirror_of(each).locator("h1")).to_have_text("Fairelane bookcase")
    banner(shopper.page).get_by_role("button", name="End for Ginny").click()
    expect(banner(shopper.page)).to_contain_text("Max can see this page")
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    expect(mirror_of(second).locator("h1")).to_have_text("Fairelane bookcase")


def test_share3_a_script_gives_no_leave(world: World, shopper: Shopper, csa: Csa) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Who may click?")
    csa.page.keyboard.press("Escape")
    csa.page.keyboard.press("m")
    allow = shopper.panel.get_by_role("button", name="Allow")
    expect(allow).to_be_visible()
    allow.evaluate("button => { button.click(); button.dispatchEvent(new MouseEvent('click')); }")
    shopper.say("Still here")
    expect(csa.talk).to_contain_text("Still here")
    expect(allow).to_be_visible()
    expect(banner(shopper.page)).to_have_count(0)


def test_record4_a_recording_is_allowed_shown_replayed_and_audited(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Please keep this")
    share(shopper, csa)
    page = mirror_of(csa)
    expect(page.locator("h1")).to_have_text("Fairelane bookcase")
    csa.page.get_by_role("button", name="Ask to record").click()
    expect(shopper.panel.get_by_text("Ginny would like to record")).to_be_visible()
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page)).to_contain_text("Recording")
    expect(csa.page.locator(".recording-sign")).to_be_visible()
    shopper.page.get_by_role("combobox").or_(shopper.page.get_by_role("searchbox")).first.fill("my own words")
    expect(page.locator("input[type=search]")).to_have_value("••••••")
    changed_at = csa.page.evaluate("Date.now() / 1000")
    shopper.page.evaluate("document.querySelector('.product-price .price').textContent = '£1'")
    expect(page.locator(".product-price .price")).to_have_text("£1")
    banner(shopper.page).get_by_role("button", name="Stop recording").click()
    expect(csa.page.locator(".recording-sign")).to_have_count(0)
    banner(shopper.page).get_by_role("button", name="Stop", exact=True).click()
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    replay = csa.page.get_by_role("button", name="Replay")
    csa.wait_for_recording(changed_at)
    csa.page.reload()
    expect(replay).to_be_visible()
    assert violations(csa.page) == []
    replay.click()
    dialog = csa.page.get_by_role("dialog", name="Recording")
    drawn = dialog.frame_locator(".mirror-sheet iframe").frame_locator("iframe")
    expect(drawn.locator("h1")).to_have_text("Fairelane bookcase")
    position = dialog.get_by_role("slider", name="Position")
    position.press("End")
    expect(drawn.locator(".product-price .price")).to_have_text("£1")
    expect(drawn.get_by_text("my own words")).to_have_count(0)
    position.press("Home")
    expect(drawn.locator(".product-price .price")).to_have_text("£129")
    assert violations(csa.page, MIRROR_ASIDE) == []
    csa.page.keyboard.press("Escape")
    csa.page.get_by_role("button", name="Audit").click()
    audit = csa.page.get_by_role("dialog", name="Who did what")
    for deed in ("Recording replayed", "Recording allowed", "Allowed · view", "Began to look", "Ended"):
        expect(audit.get_by_role("cell", name=deed).first).to_be_visible()
    audit.get_by_role("combobox").select_option("Recording replayed")
    expect(audit.get_by_role("row")).to_have_count(2)
