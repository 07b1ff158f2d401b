"""A page that changes while its snapshot is weighed: nothing is judged by what it has become since. SPEC mirror.3."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.test_canary import Wire
from tests.e2e.test_mirror import meet, mirror_of, share
from tests.e2e.world import World

# Between two slices of its work the recorder waits for a message: whenever it is about to, this page has said something
# else, in the open what was masked, and masked what was in the open.
PAGE = """<!doctype html><html><head><meta charset="utf-8"></head><body>
<h1>Changing</h1><div id="list"></div><p id="turn" data-cobrowse-unmask>open to all</p><p class="price">£1</p>
<script>
  list.innerHTML = '<section><p><b>word</b> <i>and word</i></p></section>'.repeat(1500);
  window.turns = 0;
  window.MessageChannel = class extends window.MessageChannel {
    constructor() {
      super();
      window.turns += 1;
      const isOpen = turn.hasAttribute('data-cobrowse-unmask');
      turn.toggleAttribute('data-cobrowse-unmask', !isOpen);
      turn.toggleAttribute('data-cobrowse-mask', isOpen);
      turn.textContent = isOpen ? 'CANARY-slice' : 'open to all';
    }
  };
</script><script async src="SERVER/cobrowse.js" data-site="demo"></script></body></html>"""


def test_mirror3_a_page_that_changes_between_slices_is_weighed_as_it_was(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    wire = Wire(shopper)
    page = PAGE.replace("SERVER", world.server_url)

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=page)

    shopper.page.route(re.compile(re.escape(world.shop_url) + r"/changing"), answer)
    meet(shopper, csa, "/bookcases/fairelane", "Before the slices")
    share(shopper, csa)
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")
    shopper.goto("/changing")
    expect(mirror_of(csa).locator("h1")).to_have_count(1)
    expect(mirror_of(csa).locator("section")).to_have_count(1500)
    assert shopper.page.evaluate("window.turns") >= 2
    shopper.page.evaluate("document.querySelector('.price').textContent = '£130'")
    expect(mirror_of(csa).locator("p.price")).to_have_text("£130")
    said = shopper.page.evaluate("document.getElementById('turn').textContent")
    expect(mirror_of(csa).locator("p.price + p, p:has(+ p.price)")).to_have_text(
        "open to all" if said == "open to all" else "••••••"
    )
    assert wire.secrets() == set()
    assert "CANARY" not in wire.mirrored()
