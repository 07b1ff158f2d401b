"""The rows of the mirror's table that are no matter of speed: the mirror equals the page, and Stop ends control."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Playwright, expect, sync_playwright

from benchmarks.mirror_people import WITHIN_MS, Studio
from benchmarks.mirror_rows import Say, at_most
from benchmarks.rows import Row
from cobrowse.core.messages import MaskRule
from tests.e2e.fidelity import FEATURES, Visit, different_nodes, different_pixels, sharing_in, tree
from tests.e2e.hands import middle, plant, press, start, typing_box
from tests.e2e.people import Csa, Shopper
from tests.e2e.stopping import AFTER_STOP_STEPS
from tests.e2e.world import World

QUICK_FEATURES = 2
ACT_EVERY_MS = 20
APPLIED_BEFORE = 40

# A step for each kind at once, more often than the server lets through, by the events that the console itself hears.
AS_FAST_AS_CAN_BE = """([x, y, every_ms]) => {
  const sheet = document.querySelector('.mirror-sheet');
  window.made = 0;
  setInterval(() => {
    const box = document.querySelector('.control-bar textarea');
    if (box) {
      box.value = 'x';
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
    for (const kind of ['pointerdown', 'pointerup']) {
      sheet.dispatchEvent(
        new PointerEvent(kind, { bubbles: true, pointerId: 1, button: 0, clientX: x, clientY: y }));
    }
    window.made += 1;
  }, every_ms);
}"""


def faithful(quick: bool, say: Say) -> list[Row]:
    """How far the mirror is from the page, node by node and pixel by pixel, at worst of all pages that are compared."""
    expect.set_options(timeout=WITHIN_MS)
    compared, nodes = 0, 0
    wrong: dict[str, int] = {}
    unlike: dict[str, float] = {}
    with sync_playwright() as playwright:
        for name, shopper, csa in _pages(playwright, quick):
            compared += 1
            nodes += len(tree(shopper.page).splitlines())
            changed = different_nodes(shopper, csa)
            wrong[name] = sum(line[0] in "+-" and line[:3] not in ("+++", "---") for line in changed)
            unlike[name] = 100 * different_pixels(shopper, csa)
            say(f"{name}: {wrong[name]} nodes and {unlike[name]:.3f} % of the pixels differ")
    most, worst = max(wrong, key=wrong.__getitem__), max(unlike, key=unlike.__getitem__)
    of = f"of {compared} states of pages of our own and of the demo shop"
    return [
        at_most(
            "nodes missing, extra or misplaced, worst page",
            0,
            "nodes",
            [wrong[most]],
            f"{of}, {nodes:,} nodes in all",
            0,
        ),
        at_most("pixels different, worst page", 0.1, "%", [unlike[worst]], f"{of}; that page: {worst}", 3),
    ]


def _pages(playwright: Playwright, quick: bool) -> Iterator[tuple[str, Shopper, Csa]]:
    """Each page that is compared, when it is to be, with those who look at it."""
    with _folder() as folder, sharing_in(folder, playwright) as sharing:
        for page in FEATURES[:QUICK_FEATURES] if quick else FEATURES:
            sharing.show(page)
            yield page, sharing.shopper, sharing.csa
            if "?" not in page:
                sharing.shopper.page.evaluate("change()")
                yield f"{page}, changed", sharing.shopper, sharing.csa
    with _folder() as folder:
        world = World(folder, playwright, mirror=[MaskRule("unmask", "*")])
        try:
            csa = Csa(world.person(viewport={"width": 1600, "height": 900}))
            visit = Visit(world, csa, world.shop_url, "/")
            for path in visit.walk_the_demo():
                visit.bring_pictures()
                yield f"demo {path}", visit.shopper, csa
        finally:
            world.close()


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)


def control_after_stop(world: Studio, runs: int, say: Say) -> Row:
    """How much a CSA's hand still does to the page after the shopper has said Stop."""
    late: list[float] = []
    applied = 0
    for run in range(runs):
        say(f"run {run + 1}: Stop, while the CSA clicks and types")
        shopper, csa = Shopper(world.person()), Csa(world.person())
        for person in (shopper, csa):
            person.page.set_default_timeout(WITHIN_MS)
        plant(shopper, "form")
        page = start(shopper, csa, f"Fill it in for me, {run}")
        press(csa, page.locator("#about"))
        expect(typing_box(csa)).to_be_focused()
        shopper.page.evaluate(AFTER_STOP_STEPS)
        csa.page.evaluate(AS_FAST_AS_CAN_BE, [*middle(page.locator("#about")), ACT_EVERY_MS])
        shopper.page.wait_for_function("least => applied > least", arg=APPLIED_BEFORE)
        shopper.page.locator(".banner").get_by_role("button", name="Stop", exact=True).click()
        expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
        made = csa.page.evaluate("made")
        csa.page.wait_for_function("before => made > before + 20", arg=made)
        shopper.open_panel()
        shopper.say("Thank you")
        expect(csa.talk).to_contain_text("Thank you")
        late.append(float(shopper.page.evaluate("applied_late")))
        applied += int(shopper.page.evaluate("applied"))
        for each in (shopper.person, csa.person):
            each.close()
            world.people.remove(each)
    return at_most(
        "control actions applied after the turn in which the shopper said Stop, the CSA busy all the time",
        0,
        "events",
        late,
        f"clicks and letters as fast as can be; {applied:,} events of them before it",
        0,
    )
