"""The main job, in real browsers: a shopper and a CSA share a live cart and a chat."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Route, expect

from tests.e2e.people import Csa, Shopper, outwait_the_rule, type_until

HIDE_AND_COPY = """() => {
  for (const [name, value] of [['hidden', true], ['visibilityState', 'hidden']]) {
    Object.defineProperty(document, name, { value });
  }
  document.dispatchEvent(new Event('visibilitychange'));
  return { ...sessionStorage };
}"""

# When a page tells of itself, and when the console shows it: by their own clocks, which are one machine's.
NOTE_SENT = """
window.sent = [];
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (data) {
  window.sent.push([Date.now(), typeof data === 'string' ? data : new TextDecoder().decode(data)]);
  return send.call(this, data);
};
"""
SENT_AT = "title => sent.find(([, text]) => text.includes(title))[0]"
NOTE_SHOWN = """title => {
  const isThere = () =>
    [...document.querySelectorAll('[role=tabpanel] [data-room]')].some((card) => card.textContent.includes(title));
  window.shown = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!isThere()) return;
      observer.disconnect();
      resolve(Date.now());
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}"""

# What a tab would do by itself after a while it does no more: what happens now, somebody does.
STOP_TIMERS = "() => { for (let id = setTimeout(() => {}); id > 0; id--) clearTimeout(id); }"


def test_the_console_shows_a_visitor_within_a_second(csa: Csa, shopper: Shopper) -> None:
    csa.show("Visitors")
    shopper.page.add_init_script(NOTE_SENT)
    shopper.goto("/bookcases")
    expect(csa.card("Bookcases")).to_be_visible()
    in_time = 0
    # A busy machine may be late now and then; a console that looks only every few seconds is late most times.
    for path, title in [
        ("/bookcases/fairelane", "Fairelane"),
        ("/bookcases/harewood", "Harewood"),
        ("/bookcases/ladderby", "Ladderby"),
        ("/bookcases/quartet", "Quartet"),
        ("/desks", "Desks"),
    ]:
        csa.page.evaluate(NOTE_SHOWN, title)
        shopper.goto(path)
        expect(csa.card(title)).to_be_visible()
        in_time += csa.page.evaluate("shown") - shopper.page.evaluate(SENT_AT, title) < 1000
    assert in_time >= 2
    csa.open("Visitors", "Desks")
    about = csa.page.get_by_label("Basket, Visitor")
    expect(about).to_contain_text("/desks")
    expect(about).to_contain_text("Chrome")
    expect(about).to_contain_text("/bookcases/fairelane")


def test_the_cart_is_the_same_on_both_sides(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.add("/bookcases/ladderby", "walnut")
    shopper.add("/bookcases/harewood", "oak", quantity=2)
    csa.open("Visitors", "Harewood")
    expect(csa.line("Fairelane")).to_contain_text("cherry")
    csa.expect_quantity("Harewood", 2)
    expect(csa.cart).to_contain_text("£829.00")
    shopper.goto("/cart")
    shopper.open_panel()
    shopper.show("Basket")
    shopper.line("Harewood").get_by_label(re.compile("^One more")).click()
    expect(csa.cart).to_contain_text("£1,118.00")
    shopper.expect_shop_cart({"fairelane/cherry": 1, "harewood/oak": 3, "ladderby/walnut": 1})


def test_what_is_added_before_the_widget_is_there_counts_once(csa: Csa, shopper: Shopper) -> None:
    """On a slow line the basket's button is quicker than the widget: on this page, and on the one before it."""
    shopper.add("/bookcases/fairelane", "cherry")
    csa.open("Visitors", "Fairelane")
    csa.expect_quantity("Fairelane", 1)
    core = "**/assets/core.*.js"
    shopper.page.route(core, lambda route: route.abort())
    shopper.add("/bookcases/harewood", "oak")
    shopper.page.unroute(core)
    held: list[Route] = []
    shopper.page.route(core, lambda route: held.append(route))
    shopper.add("/bookcases/ladderby", "walnut")
    while not held:
        shopper.page.evaluate("new Promise(requestAnimationFrame)")
    held[0].continue_()
    shopper.open_panel()
    names = ("Fairelane", "Harewood", "Ladderby")
    for name in names:
        csa.expect_quantity(name, 1)
    shopper.say("Once each?")
    expect(csa.talk).to_contain_text("Once each?")
    shopper.show("Basket")
    for name in names:
        csa.expect_quantity(name, 1)
        shopper.expect_quantity(name, 1)
    shopper.expect_shop_cart({"fairelane/cherry": 1, "harewood/oak": 1, "ladderby/walnut": 1})


def test_both_change_one_line_at_once_and_offline(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/pennyhill", "oak", quantity=3)
    shopper.open_panel()
    shopper.show("Basket")
    csa.open("Visitors", "Pennyhill")
    csa.cart.get_by_role("button", name="Ask to edit").click()
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(csa.line("Pennyhill").locator("input.quantity")).to_have_value("3")
    # +1 and +1 make +2, while the CSA is offline
    csa.person.line.cut()
    expect(csa.page.get_by_text(re.compile("Reconnecting"))).to_be_visible()
    csa.line("Pennyhill").get_by_label(re.compile("^One more")).click()
    shopper.line("Pennyhill").get_by_label(re.compile("^One more")).click()
    csa.person.line.mend()
    shopper.expect_quantity("Pennyhill", 5)
    csa.expect_quantity("Pennyhill", 5)
    # a removal against a concurrent +1 keeps what was added
    shopper.person.line.cut()
    shopper.line("Pennyhill").get_by_label(re.compile("^Remove")).click()
    csa.line("Pennyhill").get_by_label(re.compile("^One more")).click()
    csa.expect_quantity("Pennyhill", 6)
    shopper.person.line.mend()
    csa.expect_quantity("Pennyhill", 1)
    shopper.expect_quantity("Pennyhill", 1)
    shopper.expect_shop_cart({"pennyhill/oak, 600 mm": 1})


def test_a_proposal_is_accepted_and_another_declined(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.open_panel()
    csa.open("Visitors", "Fairelane")
    csa.propose("harewood", "sage", "The same height as yours")
    card = shopper.panel.get_by_role("region", name=re.compile("Harewood"))
    expect(card).to_contain_text("The same height as yours")
    expect(card).to_contain_text("£299.00")
    card.get_by_role("button", name="Add to basket").click()
    expect(csa.line("Harewood")).to_contain_text("sage")
    shopper.expect_shop_cart({"fairelane/cherry": 1, "harewood/sage": 1})
    csa.propose("ladderby", "walnut", "For the corner")
    other = shopper.panel.get_by_role("region", name=re.compile("Ladderby"))
    other.get_by_role("button", name="No thanks").click()
    expect(csa.cart).to_contain_text("declined")
    shopper.expect_shop_cart({"fairelane/cherry": 1, "harewood/sage": 1})


def test_a_csa_edits_only_while_the_grant_is_on_and_is_named(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.open_panel()
    csa.open("Visitors", "Fairelane")
    expect(csa.line("Fairelane").get_by_label(re.compile("^One more"))).to_have_count(0)
    csa.cart.get_by_role("button", name="Ask to edit").click()
    expect(shopper.panel).to_contain_text("Ginny would like to change your basket")
    shopper.panel.get_by_role("button", name="Allow").click()
    csa.line("Fairelane").get_by_label(re.compile("^One more")).click()
    shopper.show("Basket")
    shopper.expect_quantity("Fairelane", 2)
    expect(shopper.panel).to_contain_text("Ginny changed 1 to 2")
    shopper.expect_shop_cart({"fairelane/cherry": 2})
    shopper.panel.get_by_role("button", name="Undo").first.click()
    csa.expect_quantity("Fairelane", 1)
    shopper.expect_shop_cart({"fairelane/cherry": 1})
    shopper.panel.get_by_role("button", name="Stop").click()
    expect(csa.line("Fairelane").get_by_label(re.compile("^One more"))).to_have_count(0)


def test_the_shop_may_refuse_with_a_reason(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "tan", quantity=2)
    shopper.open_panel()
    csa.open("Visitors", "Fairelane")
    csa.cart.get_by_role("button", name="Ask to edit").click()
    shopper.panel.get_by_role("button", name="Allow").click()
    csa.line("Fairelane").get_by_label(re.compile("^One more")).click()
    shopper.show("Basket")
    expect(shopper.panel).to_contain_text("Only 2 left in tan")
    expect(csa.page.get_by_role("alert")).to_contain_text("Only 2 left in tan")
    csa.expect_quantity("Fairelane", 2)
    shopper.expect_shop_cart({"fairelane/tan": 2})


def test_chat_typing_and_messages_written_offline(csa: Csa, shopper: Shopper) -> None:
    shopper.goto("/bookcases/fairelane")
    shopper.open_panel()
    shopper.say("Does it fit 60 cm?")
    csa.open("Waiting", "Does it fit")
    csa.page.get_by_role("button", name="Take", exact=True).click()
    type_until(csa.page.locator("[data-focus=composer]"), shopper.panel.get_by_text("Ginny is typing"))
    csa.say("It is 58 cm wide.")
    expect(shopper.panel).to_contain_text("It is 58 cm wide.")
    type_until(
        shopper.panel.get_by_label("Message", exact=True), csa.page.get_by_text(re.compile("is typing"))
    )
    shopper.person.line.cut()
    expect(shopper.panel).to_contain_text(re.compile("Reconnecting|Offline"))
    for words in ("one", "two", "three"):
        shopper.say(f"Message {words}")
    expect(shopper.panel.get_by_text("Not delivered").first).to_be_visible()
    shopper.page.evaluate(STOP_TIMERS)
    shopper.person.line.mend()
    shopper.panel.get_by_role("button", name="Retry").first.click()
    expect(csa.talk).to_contain_text("Message three")
    said = [text for text in csa.talk.inner_text().splitlines() if text.startswith("Message ")]
    assert said == ["Message one", "Message two", "Message three"]
    csa.person.line.cut()
    csa.say("I am in the tunnel")
    expect(csa.talk.get_by_text("Not delivered")).to_be_visible()
    csa.page.evaluate(STOP_TIMERS)
    csa.person.line.mend()
    csa.talk.get_by_role("button", name="Retry").click()
    expect(shopper.panel.get_by_text("I am in the tunnel")).to_have_count(1)


def test_an_idle_basket_gets_one_offer_and_a_taken_one_opens_a_chat(csa: Csa, shopper: Shopper) -> None:
    for path in ("/bookcases/harewood", "/bookcases/ladderby", "/bookcases/quartet"):
        shopper.add(path)
    other = shopper.second_tab("/bookcases")
    expect(shopper.offer).to_contain_text("Can I help with your 3 items?")
    expect(other.get_by_label("Offer of help").first).to_be_visible()
    shopper.offer.get_by_role("button", name="Chat").click()
    expect(shopper.panel).to_contain_text("Can I help with your 3 items?")
    expect(other.get_by_label("Offer of help")).to_have_count(0)
    csa.open("Waiting", "Basket left alone")
    expect(csa.page.get_by_text(re.compile("Offer taken: Basket left alone"))).to_be_visible()
    csa.page.get_by_role("button", name="Take", exact=True).click()
    csa.say("Hello, how can I help?")
    expect(shopper.panel).to_contain_text("Hello, how can I help?")


def test_a_dismissed_offer_ends_offers_for_the_visit(csa: Csa, shopper: Shopper) -> None:
    for path in ("/bookcases/harewood", "/bookcases/ladderby", "/bookcases/quartet"):
        shopper.add(path)
    expect(shopper.offer).to_be_visible()
    shopper.offer.get_by_role("button", name="No thanks").click()
    expect(shopper.offer).to_have_count(0)
    shopper.add("/bookcases/nonet")
    csa.open("Visitors", "Nonet")
    expect(csa.page.get_by_text("declined").first).to_be_visible()
    outwait_the_rule(shopper.page)
    expect(shopper.offer).to_have_count(0)


def test_no_offer_at_checkout(csa: Csa, shopper: Shopper) -> None:
    """The third thing comes while the shopper is at checkout, so that at no moment before an offer was due.

    It comes after `begin_checkout`, which ends the rule's time for what was in the basket before.
    """
    for path in ("/bookcases/harewood", "/bookcases/ladderby"):
        shopper.add(path)
    shopper.goto("/checkout")
    csa.open("Visitors", "Delivery")
    shopper.put_unseen("quartet", "pale oak")
    expect(csa.line("Quartet")).to_be_visible()
    outwait_the_rule(shopper.page)
    expect(shopper.offer).to_have_count(0)
    shopper.goto("/cart")
    expect(shopper.offer).to_be_visible()


def test_no_offer_without_an_available_csa(csa: Csa, shopper: Shopper) -> None:
    csa.page.get_by_role("switch", name="Available").click()
    for path in ("/bookcases/harewood", "/bookcases/ladderby", "/bookcases/quartet"):
        shopper.add(path)
    outwait_the_rule(shopper.page)
    expect(shopper.offer).to_have_count(0)
    csa.page.get_by_role("switch").click()
    expect(shopper.offer).to_be_visible()


def test_reload_navigation_a_second_tab_and_tomorrow(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.open_panel()
    shopper.say("Is it in stock?")
    csa.open("Waiting", "in stock")
    csa.say("Yes, it is.")
    shopper.page.reload()
    expect(shopper.panel.or_(shopper.launcher)).to_be_visible()
    if not shopper.panel.is_visible():
        shopper.open_panel()
    expect(shopper.panel).to_contain_text("Yes, it is.")
    other = shopper.second_tab("/desks")
    tab = Shopper(shopper.person)
    tab.page = other
    if not tab.panel.is_visible():
        tab.open_panel()
    expect(tab.panel).to_contain_text("Is it in stock?")
    tab.say("And the walnut one?")
    expect(shopper.panel).to_contain_text("And the walnut one?")
    tab.show("Basket")
    expect(tab.line("Fairelane")).to_be_visible()
    # Tomorrow: another browser window with what this one keeps on disk, and nothing of the tabs.
    kept = shopper.person.context.storage_state()
    tomorrow = Shopper(shopper.world.person(storage_state=kept))
    tomorrow.goto("/")
    tomorrow.open_panel()
    expect(tomorrow.panel).to_contain_text("And the walnut one?")
    tomorrow.show("Basket")
    expect(tomorrow.line("Fairelane")).to_be_visible()


def test_a_tab_that_the_system_has_ended_goes_on_where_it_was(csa: Csa, shopper: Shopper) -> None:
    """Phones end tabs that nobody sees without telling them, and open them again with their sessionStorage."""
    shopper.goto("/bookcases")
    shopper.open_panel()
    shopper.say("Hello")
    csa.open("Waiting", "Hello")
    shopper.person.line.cut()
    shopper.say("Written on the train")
    expect(shopper.panel).to_contain_text("Written on the train")
    kept = shopper.page.evaluate(HIDE_AND_COPY)
    shopper.page.close()
    shopper.person.line.mend()
    again = shopper.person.new_page()
    again.add_init_script(f"if (!sessionStorage.length) Object.assign(sessionStorage, {json.dumps(kept)})")
    again.goto(shopper.world.shop_url + "/bookcases")
    expect(csa.talk.get_by_text("Written on the train")).to_have_count(1)


def test_an_order_empties_both_carts(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    csa.open("Visitors", "Fairelane")
    shopper.goto("/checkout")
    page = shopper.page
    for name, words in {
        "name": "Lea Example",
        "email": "lea@shop.example",
        "street": "1 Bookcase Lane",
        "town": "Leeds",
        "postcode": "LS1 4DY",
    }.items():
        page.locator(f"main [name={name}]").fill(words)
    page.locator("main form").get_by_role("button").last.click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name=re.compile("order", re.IGNORECASE)).click()
    expect(page).to_have_url(re.compile("/orders/"))
    expect(csa.cart).to_contain_text("The basket is empty.")
    shopper.expect_shop_cart({})


def test_the_server_is_killed_in_the_middle(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.open_panel()
    shopper.say("Before the crash")
    csa.open("Waiting", "Before the crash")
    csa.say("I see you.")
    expect(shopper.panel).to_contain_text("I see you.")
    shopper.world.kill_server()
    expect(shopper.panel).to_contain_text(re.compile("Reconnecting|Offline"))
    expect(csa.page.get_by_text(re.compile("Not connected since"))).to_be_visible()
    shopper.say("During the crash")
    shopper.show("Basket")
    shopper.line("Fairelane").get_by_label(re.compile("^One more")).click()
    shopper.world.start_server()
    shopper.show("Chat")
    expect(csa.talk).to_contain_text("During the crash", timeout=40_000)
    expect(csa.talk.get_by_text("Before the crash", exact=True)).to_have_count(1)
    expect(csa.talk.get_by_text("During the crash", exact=True)).to_have_count(1)
    csa.expect_quantity("Fairelane", 2)
