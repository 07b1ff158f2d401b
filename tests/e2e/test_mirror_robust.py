"""Whatever happens to a page and its recorder, the mirror ends equal to the page. SPEC equal.1, mirror.3, mirror.6."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.fidelity import MIRROR, Sharing, tree, until
from tests.e2e.test_mirror import banner
from tests.e2e.world import ROOT

SECOND_RECORDER = ROOT / "node_modules/@rrweb/record/dist/record.umd.min.cjs"

# Chromium cannot be made to hide a tab that a driver holds: what holds for hidden tabs is put in force by hand.
HIDDEN = """() => {
  const { requestAnimationFrame, requestIdleCallback, setTimeout: later } = window;
  window.comeBack = () => {
    Object.assign(window, { requestAnimationFrame, requestIdleCallback, setTimeout: later });
    delete document.visibilityState;
    delete document.hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  window.requestAnimationFrame = () => 0;
  window.requestIdleCallback = () => 0;
  window.setTimeout = (work, wait_ms, ...rest) => later(work, Math.max(wait_ms ?? 0, 1000), ...rest);
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""

CLOCK = """() => {
  const { now } = Date;
  let ahead_ms = 0;
  Date.now = () => now() + ahead_ms;
  window.Date = class extends Date {
    constructor(...given) { given.length ? super(...given) : super(now() + ahead_ms); }
  };
  window.jump = (hours) => { ahead_ms += hours * 3_600_000; };
}"""


def page_of(sharing: Sharing) -> Page:
    return sharing.shopper.page


def test_equal1_a_page_of_20000_nodes(sharing: Sharing) -> None:
    sharing.show("many.html?nodes=20000")
    assert tree(page_of(sharing)).count("\n") > 19_000
    sharing.expect_equal()
    page_of(sharing).evaluate("change()")
    sharing.expect_equal()


def test_equal1_storms_of_5000_changes_a_turn(sharing: Sharing) -> None:
    sharing.show("many.html")
    sharing.expect_equal()
    page_of(sharing).evaluate(
        """async () => {
          for (let turn = 0; turn < 5; turn++) {
            storm(turn);
            await new Promise((next) => setTimeout(next));
          }
        }"""
    )
    sharing.expect_equal()


def test_equal1_the_line_breaks_while_the_page_changes(sharing: Sharing) -> None:
    sharing.show("many.html")
    sharing.expect_equal()
    for person in (sharing.shopper.person, sharing.csa.person):
        page_of(sharing).evaluate("storm(1, 200)")
        person.line.cut()
        page_of(sharing).evaluate("storm(2, 200)")
        if person is sharing.shopper.person:
            expect(banner(sharing.shopper.page)).to_contain_text("nobody sees what you do")
        person.line.mend()
        page_of(sharing).evaluate("storm(3, 200)")
        sharing.expect_equal()
    expect(banner(sharing.shopper.page)).to_contain_text("can see this page")


def test_equal1_the_shopper_goes_on_in_the_midst_of_a_snapshot(sharing: Sharing) -> None:
    sharing.show("many.html?nodes=20000&leave")
    page_of(sharing).wait_for_url("**/open/forms.html", timeout=30_000)
    sharing.expect_equal()


def test_equal1_another_recorder_before_ours_and_wrapped_methods(sharing: Sharing) -> None:
    page = page_of(sharing)
    page.route(
        "**/rrweb.js", lambda route: route.fulfill(path=SECOND_RECORDER, content_type="text/javascript")
    )
    sharing.show("wrapped.html")
    sharing.expect_equal()
    before = page.evaluate("[recorded.length, wrapped]")
    page.evaluate("change()")
    sharing.expect_equal()
    assert until(page, "recorded.length > 2 && wrapped > 10"), before
    page.evaluate("also(); document.body.append('and a third')")  # one that comes after ours
    sharing.expect_equal()
    page.evaluate("list.firstElementChild.remove(); history.back()")
    sharing.expect_equal()


def test_equal1_a_clock_that_jumps(sharing: Sharing) -> None:
    sharing.show("many.html")
    sharing.expect_equal()
    page = page_of(sharing)
    page.evaluate(CLOCK)
    for hours in (-26, 52, -26.5):
        page.evaluate("(hours) => { storm(1, 50); jump(hours); storm(2, 50); scrollTo(0, 20); }", hours)
        page.mouse.move(100, 100)
        sharing.expect_equal()


def test_share4_a_csas_clock_that_jumps_ends_no_leave(sharing: Sharing) -> None:
    sharing.show("many.html")
    sharing.expect_equal()
    console = sharing.csa.page
    console.evaluate(CLOCK)
    console.evaluate("window.sheet = document.querySelector('.mirror-sheet')")
    console.evaluate("jump(2)")
    # The console looks at its clock once a second: nothing tells when it has.
    since = console.evaluate("performance.now()")
    console.wait_for_function("since => performance.now() - since > 2500", arg=since)
    page_of(sharing).evaluate("storm(1, 20)")
    sharing.expect_equal()
    assert console.evaluate("sheet.isConnected"), "the page was closed, and opened again at best"


def test_equal1_tabs_in_the_background(sharing: Sharing) -> None:
    sharing.show("many.html")
    sharing.expect_equal()
    page_of(sharing).evaluate(HIDDEN)
    sharing.csa.page.evaluate(HIDDEN)
    page_of(sharing).evaluate("change()")
    # Nothing is laid out anew where no frame is drawn; to ask for the place of each node lays it out.
    assert until(sharing.csa.page, f"{MIRROR}.body.textContent.includes('the first')")
    sharing.expect_equal()
    page_of(sharing).evaluate("storm(4, 400)")
    sharing.expect_equal()
    page_of(sharing).reload()
    sharing.expect_equal()
    sharing.csa.page.evaluate("comeBack()")
    sharing.expect_equal()
