"""A CSA uses the shopper's page with a leave of its own, whatever the page is made with, never where they must not."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from cobrowse.core.messages import Outcome
from tests.e2e.hands import begin, drag, middle, outwait, plant, press, settled, start, take, typing_box
from tests.e2e.people import Csa, Shopper, go_on, stand_still
from tests.e2e.test_mirror import frames_sent
from tests.e2e.world import World


def state(shopper: Shopper, **wanted: object) -> None:
    """Waits until the page says that this is so."""
    shopper.page.wait_for_function(
        """wanted => {
          const held = JSON.parse(document.getElementById('state').textContent || '{}');
          return Object.entries(wanted).every(([key, value]) => (held[key] ?? null) === value);
        }""",
        arg=wanted,
    )


def outcomes(sent: list[object]) -> list[Outcome]:
    """What the page has told of the CSA's steps."""
    return [frame for frame in sent if isinstance(frame, Outcome)]


def write(csa: Csa, field: Locator, words: str) -> None:
    """The CSA clicks a field and types there."""
    press(csa, field)
    expect(typing_box(csa)).to_be_focused()
    typing_box(csa).press_sequentially(words)


@pytest.mark.parametrize("made_with", ["form", "react", "vue"])
def test_mirror8_clicks_typing_and_choices_are_taken_by_any_page(
    world: World, shopper: Shopper, csa: Csa, made_with: str
) -> None:
    loaded: list[str] = []
    shopper.page.on("request", lambda request: loaded.append(request.url))
    plant(shopper, made_with)
    page = begin(shopper, csa, "point", f"Please fill it in for me, {made_with}")
    assert not [url for url in loaded if "/control." in url], "its code comes with its leave"
    csa.page.get_by_role("button", name="Ask to use the page").click()
    expect(shopper.panel.or_(shopper.launcher).first).to_be_visible()
    shopper.open_panel()
    expect(shopper.panel).to_contain_text("click and type on this page for you")
    shopper.panel.get_by_role("button", name="Allow").click()
    shopper.panel.get_by_role("button", name="Close chat").click()
    expect(shopper.page.locator(".banner")).to_contain_text("use it")
    take(csa, "Use the page")
    outwait(shopper)
    assert [url for url in loaded if "/control." in url]
    write(csa, page.locator("#name"), "Zoë Lee")
    state(shopper, name="Zoë Lee")
    typing_box(csa).press("Backspace")
    typing_box(csa).press("Home")
    typing_box(csa).press_sequentially("Dr ")
    state(shopper, name="Dr Zoë Le")
    write(csa, page.locator("#about"), "first")
    typing_box(csa).press("Enter")
    typing_box(csa).press_sequentially("second")
    press(csa, page.locator("#more"))
    state(shopper, about="first\nsecond", pressed=1)
    press(csa, page.locator("#gift"))
    state(shopper, gift=True)
    press(csa, page.locator("label", has_text="Gift"))
    state(shopper, gift=False)
    press(csa, page.locator("#size"))
    csa.page.get_by_label("Choose on the shopper’s page").select_option("2")
    state(shopper, size="large")
    press(csa, page.locator("#check"))
    state(shopper, sent=1)
    write(csa, page.locator("#name"), "!")
    write(csa, page.locator("#name"), "!")  # a second click there has taken the focus to the page
    typing_box(csa).press("Enter")
    state(shopper, sent=2, name="Dr Zoë Le!!")
    if made_with == "form":
        return
    # What opens under the pointer, and a slider that holds the pointer.
    csa.page.mouse.move(*middle(page.locator("#menu")))
    state(shopper, open=True)
    press(csa, page.locator("#item"))
    state(shopper, chosen=1, open=True)
    x, y = middle(page.locator("#bar"))
    drag(csa, (x, y), (x + settled(page.locator("#bar"))["width"] / 4, y + 40))
    state(shopper, slid=75, open=False)


def test_mirror8_the_events_of_a_step_are_a_persons(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    page = start(shopper, csa, "Which events?")
    shopper.page.evaluate("heard.length = 0")
    write(csa, page.locator("#name"), "a")
    state(shopper, name="a")
    press(csa, page.locator("#more"))
    state(shopper, pressed=1)
    pressing = ["pointerdown", "mousedown", "focusin", "pointerup", "mouseup", "click"]
    assert shopper.page.evaluate("heard") == [
        *[f"{name} name" for name in pressing],
        *[f"{name} name" for name in ("keydown", "beforeinput", "input", "keyup")],
        *[f"{name} more" for name in pressing[:2]],
        "change name",
        *[f"{name} more" for name in pressing[2:]],
    ]


def test_mirror8_fields_of_each_kind_and_scrolling(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    page = start(shopper, csa, "The other fields?")
    stage = csa.page.locator(".mirror-stage")
    before = settled(stage)
    write(csa, page.locator("#depth"), "1.5x")
    assert settled(stage) == before, "what the hand aims at does not move when it has chosen a field"
    expect(shopper.page.locator("#depth")).to_have_value("1.5")
    typing_box(csa).press("Backspace")
    typing_box(csa).press_sequentially("25")
    expect(shopper.page.locator("#depth")).to_have_value("1.25")
    press(csa, page.locator("#day"))
    csa.page.get_by_label("Set on the shopper’s page").fill("2026-12-24")
    expect(shopper.page.locator("#day")).to_have_value("2026-12-24")
    write(csa, page.locator("#words"), ", friend")
    expect(shopper.page.locator("#words")).to_contain_text("friend")
    # Whoever types at once types into what they clicked, and after Tab into the next, before they can see that.
    keyboard = csa.page.keyboard
    press(csa, page.locator("#name"))
    keyboard.type("twenty letters and no more")
    expect(shopper.page.locator("#name")).to_have_value("twenty letters and n")
    node = typing_box(csa).get_attribute("data-node")
    keyboard.press("Tab")
    keyboard.type("on")
    state(shopper, about="on", name="twenty letters and n")
    expect(typing_box(csa)).not_to_have_attribute("data-node", str(node))
    for key in ("Tab", "Shift+Tab", "Shift+Tab", "End", "Backspace", "Tab"):
        keyboard.press(key)
    keyboard.type(" again")
    state(shopper, about="on again", name="twenty letters and ")
    typing_box(csa).press("Shift+Tab")
    shopper.page.wait_for_function("document.activeElement.id === 'name'")
    csa.page.mouse.move(*middle(page.locator("#pane")))
    csa.page.mouse.wheel(0, 100)
    shopper.page.wait_for_function("document.getElementById('pane').scrollTop === 100")
    assert shopper.page.evaluate("scrollY") == 0
    csa.page.mouse.move(*middle(page.locator("#more")))
    csa.page.mouse.wheel(0, 300)
    shopper.page.wait_for_function("scrollY === 300")


def test_mirror9_the_shoppers_own_input_wins_and_the_csa_is_told(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    sent = frames_sent(shopper.page)
    plant(shopper, "form")
    page = start(shopper, csa, "May I as well?")
    write(csa, page.locator("#name"), "Gin")
    state(shopper, name="Gin")
    # The page's clock stands still, so that the CSA is in time whatever the machine.
    stand_still(shopper.page)
    shopper.page.keyboard.press("End")
    shopper.page.keyboard.type("ger")
    state(shopper, name="Ginger")
    before = len(outcomes(sent))
    typing_box(csa).press_sequentially("XXXX")
    deadline = time.monotonic() + 30
    while not any(outcome.n for outcome in outcomes(sent)[before:]):
        assert time.monotonic() < deadline
        shopper.page.evaluate("new Promise(requestAnimationFrame)")
    assert {outcome.what for outcome in outcomes(sent)[before:] if outcome.n} == {"paused"}
    told = csa.page.get_by_text("is using the page")
    for _ in range(20):
        shopper.page.keyboard.press("End")
        with suppress(AssertionError):
            expect(told).to_be_visible(timeout=2000)
            break
    expect(told).to_be_visible()
    state(shopper, name="Ginger")
    go_on(shopper.page)
    outwait(shopper)
    expect(told).to_have_count(0)
    typing_box(csa).press_sequentially("!")
    state(shopper, name="Ginger!")
    shopper.open_panel()
    expect(shopper.panel).to_be_visible()
    shopper.say("I am only chatting")
    press(csa, page.locator("#more"))
    state(shopper, pressed=1)
    # A frame of the page's origin is the page: who types in it is not interrupted either.
    frame = (
        "<iframe id=inner style='position: fixed; inset: auto auto 0 0' srcdoc='<input id=within>'></iframe>"
    )
    shopper.page.evaluate("frame => document.body.insertAdjacentHTML('beforeend', frame)", frame)
    within = shopper.page.frame_locator("#inner").locator("#within")
    expect(within).to_be_visible()
    stand_still(shopper.page)
    within.press_sequentially("mine")
    before = len(outcomes(sent))
    press(csa, page.locator("#more"))
    deadline = time.monotonic() + 30
    while not any(outcome.n for outcome in outcomes(sent)[before:]):
        assert time.monotonic() < deadline
        shopper.page.evaluate("new Promise(requestAnimationFrame)")
    assert {outcome.what for outcome in outcomes(sent)[before:] if outcome.n} == {"paused"}
    expect(within).to_have_value("mine")


def test_mirror9_denied_and_hidden_fields_stay_the_shoppers(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "checkout")
    page = start(shopper, csa, "My card, please?")
    refused = csa.page.get_by_text("Not here: this stays with the shopper")
    for place in ("#password", "#card", "#code", "#card-label", "#shut"):
        press(csa, page.locator("#town"))
        expect(refused).to_have_count(0)
        press(csa, page.locator(place))
        expect(refused).to_be_visible()
        focused = shopper.page.evaluate("document.activeElement.id")
        assert focused == "town", (place, focused)
    # Whoever leaves the console's own checks out gets no further: the page weighs each step itself.
    # Letters for a field that is none of theirs are no commands of the console either, once the field has gone.
    press(csa, page.locator("#town"))
    press(csa, page.locator("#password"))
    expect(refused).to_be_visible()
    expect(typing_box(csa)).to_have_count(0)
    csa.page.keyboard.type("my1?")
    expect(csa.page.get_by_text("goes nowhere until")).to_be_visible()
    csa.page.keyboard.press("Escape")
    expect(csa.page.get_by_text("goes nowhere until")).to_have_count(0)
    csa.page.keyboard.press("?")
    expect(csa.page.get_by_role("dialog")).to_be_visible()
    csa.page.keyboard.press("Escape")
    expect(csa.page.locator(".mirror-sheet")).to_be_visible()
    sent = shopper.page.evaluate("JSON.parse(document.getElementById('state').textContent)")
    assert not [key for key in sent if key.startswith("typed ") and key != "typed "]
    write(csa, page.locator("#town"), "Leeds")
    expect(shopper.page.locator("#town")).to_have_value("Leeds")
    hidden = page.locator("[data-cobrowse-placeholder=hidden]")
    press(csa, hidden)
    expect(refused).to_be_visible()
    press(csa, page.locator("#next"))
    state(shopper, address=1, private=None, shut=None)


def press_it_yourself(shopper: Shopper, csa: Csa, page: FrameLocator, place: str) -> None:
    """The CSA presses what places an order: nothing happens but that the shopper is asked to press it."""
    stand_still(shopper.page)
    before = shopper.page.locator("#state").text_content()
    press(csa, page.locator(place))
    request = shopper.page.locator(".request")
    expect(request).to_contain_text("Ginny asks you to press this yourself")
    expect(shopper.page.locator(".pointer.mark")).to_contain_text("asks you to press this")
    expect(csa.page.get_by_text("They see what you ask for")).to_be_visible()
    assert shopper.page.locator("#state").text_content() == before


def press_what_is_asked(shopper: Shopper, place: str) -> None:
    """The shopper presses it."""
    before = shopper.page.locator("#state").text_content()
    shopper.page.locator(place).click()
    shopper.page.wait_for_function(
        "before => document.getElementById('state').textContent !== before", arg=before
    )


def test_mirror9_what_places_an_order_is_the_shoppers_own_click(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "checkout")
    page = start(shopper, csa, "Order it")
    for place in ("#marked", "#ruled", "#spoken", "#paid", "#echo", "#later"):
        press_it_yourself(shopper, csa, page, place)
        request = shopper.page.locator(".request")
        request.get_by_role("button", name="OK").click()
        expect(request).to_have_count(0)
        go_on(shopper.page)
        press_what_is_asked(shopper, place)
        outwait(shopper)


def test_mirror9_on_a_phone_the_question_does_not_stand_over_what_it_asks_for(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "checkout")
    shopper.page.set_viewport_size({"width": 390, "height": 560})
    page = start(shopper, csa, "Order it, on a phone")
    shopper.page.evaluate("scrollTo(0, 60)")  # it stands where questions stand
    press_it_yourself(shopper, csa, page, "#continue")
    press_what_is_asked(shopper, "#continue")


def test_mirror9_enter_in_a_field_places_no_order_either(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "checkout")
    page = start(shopper, csa, "With Enter?")
    write(csa, page.locator("#street"), "High Street 1")
    typing_box(csa).press("Enter")
    expect(shopper.page.locator(".request")).to_contain_text("press this yourself")
    state(shopper, pay=None)
    write(csa, page.locator("#town"), "Leeds")
    typing_box(csa).press("Enter")
    state(shopper, address=1, pay=None)


def test_mirror8_after_stop_no_step_is_applied(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    page = start(shopper, csa, "Stop it now")
    write(csa, page.locator("#name"), "ab")
    state(shopper, name="ab")
    # The keys go on while the shopper stops: what the page has after Stop, it keeps.
    shopper.page.evaluate(
        """() => {
          const widget = document.querySelector('cobrowse-widget').shadowRoot;
          widget.querySelector('.banner').addEventListener('click', () => {
            window.at_stop = document.getElementById('name').value;
            window.heard_at_stop = heard.filter((each) => each.endsWith(' name')).length;
          }, true);
        }"""
    )
    typing_box(csa).press_sequentially("c" * 15)
    shopper.page.locator(".banner").get_by_role("button", name="Stop", exact=True).click()
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    shopper.open_panel()
    shopper.say("Thank you")
    expect(csa.talk).to_contain_text("Thank you")
    assert shopper.page.locator("#name").input_value() == shopper.page.evaluate("at_stop")
    assert shopper.page.evaluate("heard.filter(each => each.endsWith(' name')).length === heard_at_stop")


def test_mirror8_the_shopper_takes_control_back_and_goes_on_showing(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "form")
    page = start(shopper, csa, "Only look again")
    shopper.page.get_by_role("button", name="Take back control").click()
    expect(shopper.page.locator(".banner")).to_contain_text("and point")
    expect(csa.page.get_by_role("radio", name="Use the page")).to_have_count(0)
    press(csa, page.locator("#more"))
    expect(shopper.page.locator(".pointer.mark")).to_be_visible()
    state(shopper, pressed=0)


def test_mirror9_neither_a_script_nor_the_csas_hand_presses_the_shoppers_consent(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "form")
    page = begin(shopper, csa, "point", "Whose word is it?")
    # Its root is closed to the page (these tests open it), and it is no part of the mirror.
    assert page.locator("cobrowse-widget").count() == 0
    csa.page.get_by_role("button", name="Ask to use the page").click()
    shopper.open_panel()
    allow = shopper.panel.get_by_role("button", name="Allow")
    expect(allow).to_be_visible()
    made: list[Callable[[], object]] = [
        lambda: allow.evaluate("button => button.click()"),
        lambda: allow.dispatch_event("click"),
        lambda: allow.evaluate(
            "button => ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'].forEach(name =>"
            " button.dispatchEvent(new MouseEvent(name, { bubbles: true, composed: true, detail: 1 })))"
        ),
        lambda: allow.evaluate(
            "button => { button.focus(); button.dispatchEvent("
            "new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })); }"
        ),
    ]
    for act in made:
        act()
    shopper.say("Nothing has changed")
    expect(csa.talk).to_contain_text("Nothing has changed")
    expect(allow).to_be_visible()
    expect(shopper.page.locator(".banner")).to_contain_text("and point")
    allow.click()
    expect(shopper.page.locator(".banner")).to_contain_text("use it")
    for name in ("Stop", "Take back control"):
        button = shopper.page.locator(".banner").get_by_role("button", name=name, exact=True)
        button.evaluate("button => button.click()")
    shopper.say("Still so")
    expect(csa.talk).to_contain_text("Still so")
    expect(shopper.page.locator(".banner")).to_contain_text("use it")
    # The CSA presses where the widget stands: nothing of it is there for them.
    take(csa, "Use the page")
    outwait(shopper)
    sheet, stop = (
        csa.page.locator(".mirror-sheet").bounding_box(),
        shopper.page.locator(".banner").bounding_box(),
    )
    assert sheet is not None
    assert stop is not None
    scale = sheet["width"] / 1440
    csa.page.mouse.click(
        sheet["x"] + (stop["x"] + stop["width"] - 30) * scale, sheet["y"] + (stop["y"] + 20) * scale
    )
    press(csa, page.locator("#more"))
    state(shopper, pressed=1)
    expect(shopper.page.locator(".banner")).to_contain_text("use it")


def test_mirror9_what_the_cart_can_do_is_done_by_the_cart(world: World, shopper: Shopper, csa: Csa) -> None:
    page = start(shopper, csa, "Put it in for me", "/bookcases/fairelane")
    added: list[str] = []
    shopper.page.on(
        "request", lambda request: added.append(request.url) if "/cart/add" in request.url else None
    )
    press(csa, page.locator(".buy button"))
    expect(csa.page.get_by_text("Proposed: the shopper decides")).to_be_visible()
    shopper.open_panel()
    expect(shopper.panel).to_contain_text("Ginny suggests")
    shopper.panel.get_by_role("button", name="Add to basket").click()
    shopper.page.wait_for_function(
        "async () => (await (await fetch('/cart.json')).json()).lines.some(line => line.item_id === 'fairelane')"
    )
    assert not added
