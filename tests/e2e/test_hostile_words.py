"""Whatever a shopper, a shop's page or a CSA writes is shown as text, on both sides."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.people import Csa, Shopper

SCRIPT = "<img src=x onerror=\"window.broken='in'\"><script>window.broken='in'</script>"
LINK = "javascript:window.broken='in'"


def unbroken(page: Page) -> None:
    """Nothing that was written has run, and no address of the page would."""
    assert page.evaluate("window.broken") is None
    addresses: list[str] = page.evaluate(
        "[...document.querySelectorAll('[href],[src]')].map((e) => e.getAttribute('href') ?? e.getAttribute('src'))"
    )
    assert [address for address in addresses if address.lower().startswith("javascript:")] == []


def test_sign5_script_in_every_field_stays_text(csa: Csa, shopper: Shopper) -> None:
    shopper.goto("/bookcases")
    expect(shopper.launcher).to_be_visible()
    shopper.page.evaluate(
        """([script, link]) => {
          document.title = script;
          history.pushState({}, '', '/bookcases/' + encodeURIComponent(script));
          const item = { item_id: script, item_name: script, item_variant: script, item_category: script,
                         item_brand: script, price: 5, quantity: 1, item_url: link, item_image: link };
          Cobrowse('cart', { read: () => [item], set: () => ({ refused: script }) });
          dataLayer.push({ event: 'view_item', ecommerce: { currency: 'GBP', items: [item] } });
          Cobrowse('event', 'custom', { words: script });
        }""",
        [SCRIPT, LINK],
    )
    shopper.open_panel()
    shopper.say(SCRIPT)
    csa.show("Waiting")
    csa.card("<img src=x").first.click()
    expect(csa.talk.get_by_text(SCRIPT, exact=True)).to_be_visible()
    expect(csa.cart.get_by_text(SCRIPT).first).to_be_visible()
    csa.say(SCRIPT)
    expect(shopper.panel.get_by_text(SCRIPT, exact=True)).to_have_count(2)
    csa.cart.get_by_role("button", name="Ask to edit").click()
    shopper.panel.get_by_role("button", name="Allow").click()
    csa.cart.get_by_label(re.compile("^One more")).first.click()
    expect(csa.page.get_by_role("alert")).to_contain_text("<img src=x")
    csa.propose("harewood", "sage", SCRIPT)
    expect(shopper.panel.get_by_role("region", name=re.compile("Harewood"))).to_contain_text(SCRIPT)
    shopper.show("Basket")
    expect(shopper.panel.get_by_text(SCRIPT).first).to_be_visible()
    unbroken(csa.page)
    unbroken(shopper.page)
