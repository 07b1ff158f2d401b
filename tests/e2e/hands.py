"""A CSA's hand on the shopper's page, as the tests of pointing and control move it, and the pages that it moves on."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

from playwright.sync_api import FloatRect, FrameLocator, Locator, Route, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import mirror_of, share

ROOT = Path(__file__).resolve().parents[2]
QUIET_S = 3
"""How long a CSA waits after the shopper's own input."""
PAGES = Path(__file__).parent / "pages"


@cache
def react_page() -> str:
    """React's page as one script."""
    command = [
        "node_modules/.bin/esbuild",
        str(PAGES / "react.jsx"),
        "--bundle",
        "--minify",
        "--jsx=automatic",
    ]
    production = '--define:process.env.NODE_ENV="production"'
    return subprocess.run([*command, production], check=True, cwd=ROOT, capture_output=True, text=True).stdout


def vue_page() -> str:
    library = ROOT / "node_modules" / "vue" / "dist" / "vue.global.prod.js"
    return library.read_text(encoding="utf-8") + (PAGES / "vue.js").read_text(encoding="utf-8")


def plant(shopper: Shopper, name: str, style: str = "") -> None:
    """Lets the shop answer with one of the pages under /canary/open, where nothing is masked."""
    script = react_page() if name == "react" else vue_page() if name == "vue" else ""
    file = PAGES / ("framework.html" if script else f"{name}.html")
    page = file.read_text(encoding="utf-8").replace("SERVER", shopper.world.server_url)
    page = page.replace("APP", "").replace("</style>", f"{style}</style>")

    def answer(route: Route) -> None:
        if route.request.resource_type == "document":
            route.fulfill(content_type="text/html; charset=utf-8", body=page)
        elif route.request.url.endswith("/app.js"):
            route.fulfill(content_type="text/javascript; charset=utf-8", body=script)
        else:
            route.fulfill(status=204)

    shopper.page.route(re.compile(re.escape(shopper.world.shop_url) + r"/canary/"), answer)


def ask_for(shopper: Shopper, csa: Csa, level: str) -> None:
    """From nothing to this level, each asked for and allowed by itself."""
    share(shopper, csa)
    if level in ("point", "control"):
        csa.page.get_by_role("button", name="Ask to point").click()
        shopper.panel.get_by_role("button", name="Allow").click()
        expect(csa.page.locator(".mirror-sheet.pointing")).to_be_visible()
    if level == "control":
        csa.page.get_by_role("button", name="Ask to use the page").click()
        shopper.panel.get_by_role("button", name="Allow").click()
        expect(csa.page.get_by_role("radio", name="Use the page")).to_be_visible()


def begin(shopper: Shopper, csa: Csa, level: str, words: str, path: str = "/canary/open") -> FrameLocator:
    """A conversation on this page, with leave up to this level; the mirror of the page. The panel is closed again."""
    shopper.goto(path)
    shopper.open_panel()
    shopper.say(words)
    csa.open("Waiting", words)
    csa.say("Let me look.")
    expect(shopper.panel).to_contain_text("Let me look.")
    ask_for(shopper, csa, level)
    shopper.panel.get_by_role("button", name="Close chat").click()
    expect(shopper.panel).to_be_hidden()
    return mirror_of(csa)


def take(csa: Csa, tool: str) -> None:
    """Takes a tool in hand."""
    radio = csa.page.get_by_role("radio", name=tool)
    radio.click()
    expect(radio).to_have_attribute("aria-checked", "true")


def typing_box(csa: Csa) -> Locator:
    return csa.page.get_by_label("Type on the shopper’s page")


def outwait(shopper: Shopper) -> None:
    """Returns when the shopper has been quiet for longer than the CSA must wait: the time itself is what is tested."""
    since = shopper.page.evaluate("performance.now()")
    shopper.page.wait_for_function(
        f"since => performance.now() - since > {(QUIET_S + 0.5) * 1000}", arg=since
    )


def start(shopper: Shopper, csa: Csa, words: str, path: str = "/canary/open") -> FrameLocator:
    """Control of this page, in hand, with the shopper quiet."""
    page = begin(shopper, csa, "control", words, path)
    take(csa, "Use the page")
    outwait(shopper)
    return page


def settled(locator: Locator) -> FloatRect:
    """The box of what stands in the mirror or on the page, once it moves no more; nothing is scrolled for it."""
    box = locator.bounding_box()
    while True:
        locator.page.evaluate("new Promise(requestAnimationFrame)")
        again = locator.bounding_box()
        if again is not None and again == box:
            return again
        box = again


def middle(locator: Locator) -> tuple[float, float]:
    """The middle of what stands in the mirror or on the page, once it moves no more."""
    box = settled(locator)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def press(csa: Csa, locator: Locator) -> None:
    """A click of the CSA's on something in the mirror."""
    expect(locator).to_be_visible()
    csa.page.mouse.click(*middle(locator))


def drag(csa: Csa, *line: tuple[float, float]) -> None:
    """Pointer down, along the line, and up."""
    csa.page.mouse.move(*line[0])
    csa.page.mouse.down()
    for place in line[1:]:
        csa.page.mouse.move(*place, steps=4)
    csa.page.mouse.up()
