"""Draws the pictures in docs/images: a shopper and a CSA in one real scene, in real browsers, on the demo shop.

Run by `make screenshots`. The people and their world are those of the browser tests.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import Page, expect, sync_playwright

from cobrowse.__main__ import main as command
from cobrowse.commands.demo import MIRROR, VISITS
from cobrowse.commands.past import fill, write_visits
from cobrowse.rulebook import SHIPPED, load
from tests.e2e.people import Csa, Shopper
from tests.e2e.world import IDLE_S, World

IMAGES = Path(__file__).parent / "images"
MAX_TOTAL_BYTES = 2_500_000
SHIPPED_IDLE_S = 90
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
HALF = {"viewport": {"width": 1100, "height": 860}}
STILL = {"reduced_motion": "reduce"}

QUESTION = "Does the Fairelane fit an alcove of 60 cm? There is a skirting board."
ANSWER = (
    "Hello! It is 58 cm wide, so it goes in with a finger's room on either side, skirting board included."
)
NOTE = "As high as yours, so the tops line up."

# Both windows on one sheet, the shopper's at the left.
SHEET = """
<!doctype html><title>side by side</title>
<style>
  body { display: flex; gap: 24px; width: 1600px; margin: 0; padding: 24px; box-sizing: border-box;
         background: #e9e5dd; font: 600 17px/1.4 system-ui, sans-serif; color: #3d3a35 }
  figure { flex: 1; margin: 0 }
  img { display: block; width: 100%; border-radius: 10px; box-shadow: 0 1px 3px #0003, 0 8px 30px #0002 }
  figcaption { padding: 0 2px 10px }
</style>
<figure><figcaption>The shopper, in the shop</figcaption><img src="SHOPPER"></figure>
<figure><figcaption>Ginny, in the console</figcaption><img src="CONSOLE"></figure>
"""


def settle(page: Page) -> None:
    """Waits until nothing glows or slides any more and every picture is there, and rests the pointer."""
    page.mouse.move(2, 2)
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.wait_for_function("document.getAnimations().every(({ playState }) => playState !== 'running')")


def shoot(page: Page, name: str) -> None:
    settle(page)
    page.screenshot(path=IMAGES / name)


def shoot_both(shopper: Shopper, csa: Csa, name: str) -> None:
    """Both windows at this moment, on one sheet."""
    with tempfile.TemporaryDirectory() as folder:
        for who, page in (("shopper", shopper.page), ("console", csa.page)):
            settle(page)
            page.screenshot(path=Path(folder) / f"{who}.png")
        sheet = Path(folder) / "sheet.html"
        sheet.write_text(SHEET.replace("SHOPPER", "shopper.png").replace("CONSOLE", "console.png"))
        page = csa.world.person(viewport={"width": 1600, "height": 400}).page
        page.goto(sheet.as_uri())
        page.screenshot(path=IMAGES / name, full_page=True)


def fill_basket(shopper: Shopper) -> None:
    """Three things, the bookcase that the shop began with last."""
    shopper.add("/shelves/picture-ledge")
    shopper.add("/bookcases/ladderby", "walnut")
    shopper.add("/bookcases/fairelane", "cherry")
    # The shop says so for six seconds, right where the offer is about to be.
    expect(shopper.page.locator("[data-toast]")).not_to_have_class(re.compile("shown"), timeout=9000)


def ask(shopper: Shopper, csa: Csa) -> None:
    """The shopper asks, Ginny answers and proposes."""
    shopper.open_panel()
    shopper.say(QUESTION)
    csa.open("Waiting", "Does the Fairelane")
    csa.say(ANSWER)
    csa.propose("harewood", "sage", NOTE)
    expect(shopper.panel.get_by_role("button", name="Add to basket")).to_be_visible()


def side_by_side(world: World) -> None:
    """The scene in full: asked, answered, proposed, taken, and a line changed with the shopper's leave."""
    csa = Csa(world.person(**HALF, **STILL))
    shopper = Shopper(world.person(**HALF, **STILL))
    fill_basket(shopper)
    ask(shopper, csa)
    shopper.panel.get_by_role("button", name="Add to basket").click()
    csa.cart.get_by_role("button", name="Ask to edit").click()
    shopper.panel.get_by_role("button", name="Allow", exact=True).click()
    csa.line("Picture ledge").get_by_label(re.compile("^One more")).click()
    csa.say("I made it two ledges, as you said. Anything else?")
    shopper.say("Perfect, thank you!")
    expect(csa.talk).to_contain_text("Perfect, thank you!")
    csa.show("Mine")
    shopper.show("Basket")
    expect(shopper.panel).to_contain_text("Ginny changed 1 to 2")
    shoot_both(shopper, csa, "side-by-side.png")


def shared_page(world: World) -> None:
    """Ginny sees the page that the shopper is on, and points at what she speaks of."""
    csa = Csa(world.person(**HALF, **STILL))
    shopper = Shopper(world.person(**HALF, **STILL))
    shopper.goto("/bookcases/fairelane")
    shopper.open_panel()
    shopper.say("Which of these is the narrow one?")
    csa.open("Waiting", "the narrow one")
    csa.say("May I look at the page with you?")
    csa.page.keyboard.press("Escape")
    csa.page.keyboard.press("m")
    shopper.panel.get_by_role("button", name="Allow").click()
    mirror = csa.page.frame_locator(".mirror-sheet iframe").frame_locator("iframe")
    expect(mirror.locator("h1")).to_have_text("Fairelane bookcase")
    shopper.page.mouse.move(300, 420)
    shoot_both(shopper, csa, "shared-page.png")


def console(world: World, scheme: str) -> None:
    """Ginny's morning: one who talks, one who waits, two who look around."""
    csa = Csa(world.person(**STILL, color_scheme=scheme))
    shopper, waiting = Shopper(world.person()), Shopper(world.person())
    fill_basket(shopper)
    ask(shopper, csa)
    for path in ("/desks", "/lamps"):
        Shopper(world.person()).goto(path)
    waiting.goto("/chairs")
    waiting.open_panel()
    waiting.say("Is the Heron chair in stock in white?")
    csa.show("Visitors")
    expect(csa.page.get_by_role("tabpanel").locator("[data-room]")).to_have_count(4)
    shoot(csa.page, f"console-{scheme}.png")


def phone(world: World) -> None:
    csa = Csa(world.person())
    shopper = Shopper(world.person(**PHONE, **STILL))
    fill_basket(shopper)
    ask(shopper, csa)
    shoot(shopper.page, "widget-phone.png")


def offer(world: World) -> None:
    """The card that the abandoned-basket rule shows."""
    Csa(world.person())
    shopper = Shopper(world.person(viewport={"width": 1100, "height": 760}, **STILL))
    fill_basket(shopper)
    expect(shopper.offer).to_be_visible()
    shopper.page.evaluate("scrollTo(0, 0)")
    shoot(shopper.page, "offer.png")


def planner(world: World) -> None:
    shopper = Shopper(world.person(viewport={"width": 1100, "height": 800}, **STILL))
    shopper.goto("/planner?step=fits&width=600&depth=300")
    shoot(shopper.page, "planner.png")


def with_a_past(world: World) -> Path:
    """The demo's made-up visits, decided by its rules: in the world's database, and as a recording."""
    visits, rules = world.folder / VISITS, load(SHIPPED)[0]
    write_visits(visits, rules, time.time())
    with ThreadPoolExecutor(1) as aside:  # Playwright has a loop in this thread
        database = f"sqlite:///{world.folder}/cobrowse.db"
        aside.submit(asyncio.run, fill(database, visits, rules, "demo")).result()
    return visits


def rules(world: World) -> None:
    """What the rules are, and what one has earned against those held out."""
    with_a_past(world)
    for name in SHIPPED.glob("*.yaml"):
        (world.folder / "rules" / name.name).write_text(name.read_text())
    csa = Csa(world.person(viewport={"width": 1440, "height": 900}, **STILL))
    csa.page.get_by_role("button", name="Rules").click()
    expect(csa.page.locator(".rule-row")).to_have_count(9, timeout=30_000)
    csa.page.locator(".rule-row", has_text="Basket left alone").get_by_role("link").click()
    expect(csa.page.locator(".tiles")).to_be_visible()
    shoot(csa.page, "rule-results.png")


def why(world: World) -> None:
    """Why a visitor was offered help, and why not."""
    csa = Csa(world.person(viewport={"width": 1440, "height": 900}, **STILL))
    shopper = Shopper(world.person())
    fill_basket(shopper)
    csa.open("Visitors", "Fairelane")
    expect(shopper.offer).to_be_visible(timeout=30_000)
    why = csa.page.locator(".why")
    expect(why.locator(".decided > li").first).to_contain_text("on show", timeout=30_000)
    why.locator("summary").first.click()
    why.scroll_into_view_if_needed()
    shoot(csa.page, "why.png")


def replay(world: World) -> None:
    """The chart of a replay."""
    visits, chart = with_a_past(world), world.folder / "chart.html"
    result = CliRunner().invoke(command, ["rules", "replay", str(visits), "--chart", str(chart)])
    if result.exit_code:
        raise SystemExit(result.output)
    page = world.person(viewport={"width": 980, "height": 820}).page
    page.goto(chart.as_uri())
    page.screenshot(path=IMAGES / "replay-chart.png")


def main(wanted: Sequence[str]) -> None:
    """Draws the scenes of these names, all when none is named."""
    IMAGES.mkdir(exist_ok=True)
    scenes: dict[str, tuple[Callable[[World], None], int]] = {
        "side-by-side": (side_by_side, SHIPPED_IDLE_S),
        "shared-page": (shared_page, SHIPPED_IDLE_S),
        "console-light": (lambda world: console(world, "light"), SHIPPED_IDLE_S),
        "console-dark": (lambda world: console(world, "dark"), SHIPPED_IDLE_S),
        "phone": (phone, SHIPPED_IDLE_S),
        "offer": (offer, IDLE_S),
        "planner": (planner, SHIPPED_IDLE_S),
        "rules": (rules, SHIPPED_IDLE_S),
        "why": (why, IDLE_S),
        "replay": (replay, SHIPPED_IDLE_S),
    }
    with sync_playwright() as playwright:
        for scene, idle_s in [scenes[name] for name in wanted or scenes]:
            # A new shop each time: nobody from the scene before is in the console's lists.
            with tempfile.TemporaryDirectory() as folder:
                world = World(Path(folder), playwright, idle_s, mirror=MIRROR)
                try:
                    scene(world)
                finally:
                    world.close()
    pictures = sorted(IMAGES.glob("*.png"))
    for picture in pictures:
        print(f"{picture.stat().st_size:>9,} bytes  {picture.name}")
    total_bytes = sum(picture.stat().st_size for picture in pictures)
    if total_bytes > MAX_TOTAL_BYTES:
        raise SystemExit(f"expected at most {MAX_TOTAL_BYTES:,} bytes of pictures, got {total_bytes:,}")


if __name__ == "__main__":
    main(sys.argv[1:])
