"""The shopper's page in the console: with leave only, live, over navigations and tabs, ended with one click."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Locator, Page, WebSocket, expect

from cobrowse.core.codec import decode_client
from cobrowse.core.messages import Front, Mirror
from tests.e2e.people import Csa, Shopper, stand_still
from tests.e2e.stopping import AFTER_STOP, CHANGING
from tests.e2e.world import World

DRAWN = "document.querySelector('.mirror-sheet iframe').contentDocument.querySelector('iframe')"


def mirror_of(csa: Csa) -> FrameLocator:
    return csa.page.frame_locator(".mirror-sheet iframe").frame_locator("iframe")


def meet(shopper: Shopper, csa: Csa, path: str, words: str) -> None:
    """A conversation between the two, begun on this page of the demo's."""
    meet_at(shopper, csa, shopper.world.shop_url + path, words)


def meet_at(shopper: Shopper, csa: Csa, address: str, words: str) -> None:
    """A conversation between the two, begun on any page."""
    shopper.page.goto(address)
    shopper.open_panel()
    shopper.say(words)
    csa.open("Waiting", words)
    csa.say("Let me look.")
    expect(shopper.panel).to_contain_text("Let me look.")


def share(shopper: Shopper, csa: Csa) -> None:
    """The CSA asks, the shopper allows."""
    csa.page.keyboard.press("Escape")
    csa.page.keyboard.press("m")
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page)).to_be_visible()


def banner(page: Page) -> Locator:
    return page.locator(".banner")


def frames_sent(page: Page) -> list[object]:
    """What this tab sends from now on, as it grows."""
    sent: list[object] = []

    def opened(socket: WebSocket) -> None:
        socket.on(
            "framesent", lambda data: sent.append(decode_client(data if isinstance(data, bytes) else b""))
        )

    page.on("websocket", opened)
    return sent


def test_mirror5_nothing_of_a_page_leaves_it_without_leave_and_after_stop(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    sent = frames_sent(shopper.page)
    loaded: list[str] = []
    shopper.page.on("request", lambda request: loaded.append(request.url))
    meet(shopper, csa, "/bookcases/fairelane", "Which finish is it?")
    csa.page.keyboard.press("Escape")
    csa.page.keyboard.press("m")
    expect(shopper.panel.get_by_role("button", name="Allow")).to_be_visible()
    expect(csa.page.get_by_role("button", name="Asked")).to_be_visible()
    assert not [url for url in loaded if "/mirror." in url]
    assert not [frame for frame in sent if isinstance(frame, Mirror | Front)]
    shopper.panel.get_by_role("button", name="Allow").click()
    page = mirror_of(csa)
    expect(page.locator("h1")).to_have_text("Fairelane bookcase")
    expect(page.locator(".product-price .price")).to_have_text("£129")
    expect(page.get_by_text("The bookcase this shop began with")).to_have_count(0)
    assert not [url for url in loaded if "/files." in url], "what brings files is for sites that ask for it"
    expect(banner(shopper.page)).to_contain_text("Ginny can see this page")
    # The page changes all the time, before Stop and after it.
    shopper.page.evaluate(AFTER_STOP)
    shopper.page.evaluate(CHANGING)
    shopper.page.evaluate("passed(() => sent > 20)")
    banner(shopper.page).get_by_role("button", name="Stop").click()
    said = len(sent)
    expect(banner(shopper.page)).to_have_count(0)
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    shopper.page.evaluate("passed(since => changes > since + 100)")
    shopper.say("Thank you")
    expect(csa.talk).to_contain_text("Thank you")
    assert shopper.page.evaluate("late") == 0, "not a byte after the turn in which it was said"
    assert not [frame for frame in sent[said:] if isinstance(frame, Mirror | Front)]


def test_mirror2_the_mirror_follows_what_happens_on_the_page(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "How many fit?")
    share(shopper, csa)
    page = mirror_of(csa)
    expect(page.locator("h1")).to_have_text("Fairelane bookcase")
    shopper.page.get_by_label("How many").fill("3")
    expect(page.locator("input[type=number]").first).to_have_value("3")
    shopper.page.get_by_role("searchbox").or_(shopper.page.get_by_role("combobox")).first.fill("my own words")
    expect(page.locator("input[type=search]")).to_have_value("••••••")
    shopper.page.mouse.move(200, 400)
    shopper.page.mouse.wheel(0, 400)
    expect(page.locator("h1")).not_to_be_in_viewport()
    shopper.page.mouse.move(300, 200)
    expect(csa.page.locator(".mirror-cursor")).to_be_visible()
    shopper.page.evaluate(
        "document.querySelector('.price').textContent = '£1'; document.querySelector('h1').remove()"
    )
    expect(page.locator(".product-price .price")).to_have_text("£1")
    expect(page.locator("h1")).to_have_count(0)


def test_mirror1_what_is_no_more_named_as_let_out_goes_from_the_mirror(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "And the old price?")
    share(shopper, csa)
    page = mirror_of(csa)
    late = "<p class=price id=own>£77</p><div class=totals><b>£78</b></div>"
    shopper.page.evaluate("late => document.body.insertAdjacentHTML('beforeend', late)", late)
    for price, place in (("£77", "#own"), ("£78", ".totals")):
        expect(page.get_by_text(price)).to_be_visible()
        shopper.page.evaluate("place => { document.querySelector(place).className = ''; }", place)
        expect(page.get_by_text(price)).to_have_count(0)
    # An address that changes without a load brings its own rules, for what stood there before as well.
    legend = page.locator("legend").first
    expect(legend).to_have_text("Finish")
    shopper.page.evaluate(
        "history.pushState({}, '', '/elsewhere'); document.querySelector('.price').textContent = '£79'"
    )
    expect(legend).to_have_text("••••••")
    expect(page.locator(".product-price .price")).to_have_text("£79")
    shopper.page.evaluate(
        "history.replaceState({}, '', '/bookcases/x'); document.querySelector('.price').textContent = '£80'"
    )
    expect(legend).to_have_text("Finish")


def test_mirror6_it_goes_on_over_pages_and_tabs_and_reconnects(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "And the other one?")
    share(shopper, csa)
    page = mirror_of(csa)
    expect(page.locator("h1")).to_have_text("Fairelane bookcase")
    shopper.goto("/bookcases/harewood")
    expect(page.locator("h1")).to_contain_text("Harewood")
    expect(banner(shopper.page)).to_be_visible()
    second = shopper.second_tab("/bookcases/ladderby")
    expect(page.locator("h1")).to_contain_text("Ladderby")
    expect(banner(second)).to_be_visible()
    second.close()
    expect(page.locator("h1")).to_contain_text("Harewood")
    csa.person.line.cut()
    csa.person.line.mend()
    shopper.page.evaluate("document.querySelector('h1').textContent = 'Still here'")
    expect(page.locator("h1")).to_have_text("Still here")
    csa.page.keyboard.press("Escape")
    csa.page.get_by_role("button", name="Close the page").click()
    csa.page.get_by_role("button", name="See this page").click()
    expect(mirror_of(csa).locator("h1")).to_have_text("Still here")


def test_mirror7_pointing_has_its_own_leave_and_meets_the_element(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Where is the price?")
    share(shopper, csa)
    price = mirror_of(csa).locator(".product-price .price")
    expect(price).to_have_text("£129")
    box = price.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    csa.page.mouse.move(*middle)
    csa.page.mouse.down()
    csa.page.mouse.up()
    csa.page.get_by_role("button", name="Ask to point").click()
    expect(shopper.page.locator(".pointer")).to_be_hidden()
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page)).to_contain_text("and point")
    expect(csa.page.locator(".mirror-sheet.pointing")).to_be_visible()
    stand_still(shopper.page)
    csa.page.mouse.move(middle[0] + 1, middle[1])
    csa.page.mouse.down()
    expect(shopper.page.locator(".pointer.mark")).to_contain_text("Ginny")
    mark, target = (
        shopper.page.locator(".pointer.mark").bounding_box(),
        shopper.page.locator(".product-price .price").bounding_box(),
    )
    assert mark is not None
    assert target is not None
    assert abs(mark["x"] + mark["width"] / 2 - target["x"] - target["width"] / 2) < 6
    assert abs(mark["y"] + mark["height"] / 2 - target["y"] - target["height"] / 2) < 6


def test_mirror6_the_frame_runs_no_script(world: World, shopper: Shopper, csa: Csa) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Is it safe?")
    share(shopper, csa)
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")
    frames = csa.page.locator(".mirror-sheet iframe")
    assert frames.get_attribute("sandbox") == "allow-same-origin"
    ran = csa.page.evaluate(
        r"""async () => {
          window.ran = 0;
          const page = DRAWN.contentDocument;
          page.body.insertAdjacentHTML('beforeend',
            '<img src="x:" onerror="parent.parent.ran=1"><svg onload="parent.parent.ran=1"></svg>' +
            '<a id="away" href="javascript:parent.parent.ran=1">x</a>' +
            '<iframe srcdoc="<script>top.ran=1<\/script>"></iframe>');
          const script = page.createElement('script');
          script.textContent = 'parent.parent.ran=1';
          page.body.append(script);
          page.getElementById('away').click();
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)));
          return window.ran;
        }""".replace("DRAWN", DRAWN)
    )
    assert ran == 0
    policy = csa.page.evaluate(
        "async () => (await fetch('/console/mirror')).headers.get('content-security-policy')"
    )
    assert "script-src 'none'" in policy


def test_the_recorder_breaks_no_rule_of_the_shops_policy(shopper: Shopper, csa: Csa) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Do you see the colour?")
    share(shopper, csa)
    shopper.page.evaluate(
        """() => {
          window.broken = [];
          document.addEventListener('securitypolicyviolation', (event) => broken.push(event.violatedDirective));
          document.querySelector('h1').style.color = 'rgb(1, 2, 3)';
        }"""
    )
    expect(mirror_of(csa).locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
    shopper.page.evaluate("document.querySelector('h1').style.color = 'rgb(4, 5, 6)'")
    expect(mirror_of(csa).locator("h1")).to_have_css("color", "rgb(4, 5, 6)")
    assert shopper.page.evaluate("broken") == []
