"""A shopper and a CSA in browsers of their own, with the real server, shop, snippet and console between them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Route, WebSocket, expect, sync_playwright

from benchmarks.mirror_page import page, style_sheet
from tests.e2e.line import Line
from tests.e2e.people import Csa, Shopper
from tests.e2e.world import CHROMIUM, CHROMIUM_ARGS, Person, World

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MIRROR = b"\xa1t\xa6mirror"
MIRRORED = "document.querySelector('.mirror-sheet iframe')?.contentDocument?.querySelector('iframe')?.contentDocument"
WITHIN_MS = 60_000

# When the shopper's finger left "Allow", on the clock that both browsers share.
CLICKED = """addEventListener("click", (event) => {
  window.clicked_ms = performance.timeOrigin + event.timeStamp;
}, true)"""

FIRST_PICTURE = """new Promise((resolve) => {
  const look = () => {
    if (MIRRORED?.querySelector('footer .price')) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.timeOrigin + performance.now());
      requestAnimationFrame(() => port2.postMessage(0)); // after the frame that shows it
    } else requestAnimationFrame(look);
  };
  look();
})""".replace("MIRRORED", MIRRORED)


class Direct(Line):
    """A line that is the network itself: nothing is relayed."""

    def __init__(self, port: int) -> None:
        self.port = port

    def close(self) -> None:
        pass


class Studio(World):
    """The end-to-end tests' world, with nothing between browser and server."""

    def person(self, **context: object) -> Person:
        rules = f"MAP localhost:{self._public_port} 127.0.0.1:{self._port}"
        browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, f"--host-resolver-rules={rules}"]
        )
        someone = Person(self, browser, Direct(self._port), context)
        self.people.append(someone)
        return someone


@contextmanager
def studio() -> Iterator[Studio]:
    expect.set_options(timeout=WITHIN_MS)
    with TemporaryDirectory(prefix="bench-") as folder, sync_playwright() as playwright:
        world = Studio(Path(folder), playwright)
        try:
            yield world
        finally:
            world.close()


class Meeting:
    """A shopper on a page of about `nodes` nodes, in conversation with a CSA who has asked to see it."""

    def __init__(self, world: Studio, nodes: int) -> None:
        self.shopper, self.csa = Shopper(world.person()), Csa(world.person())
        for person in (self.shopper, self.csa):
            person.page.set_default_timeout(WITHIN_MS)
        self.sent: list[bytes] = []
        self.shopper.page.on("websocket", self._opened)
        head = f'<script async src="{world.server_url}/cobrowse.js" data-site="demo"></script>'
        body, css = page(nodes, head), style_sheet()

        def answer(route: Route) -> None:
            if route.request.url.endswith("/shop.css"):
                route.fulfill(content_type="text/css", body=css)
            elif route.request.url.endswith("/dot.png"):
                route.fulfill(content_type="image/png", body=DOT)
            else:
                route.fulfill(content_type="text/html", body=body)

        self.shopper.page.route(
            re.compile(re.escape(world.shop_url) + r"/(?:bench|shop\.css|dot\.png)"), answer
        )
        self.shopper.goto("/bench")
        self.nodes = int(
            self.shopper.page.evaluate(
                "document.querySelectorAll('*').length + document.evaluate('count(//text())', document).numberValue"
            )
        )
        self.shopper.open_panel()
        words = f"A page of {self.nodes} nodes, number {len(world.people)}"
        self.shopper.say(words)
        self.csa.open("Waiting", words)
        self.csa.say("Let me look.")
        expect(self.shopper.panel).to_contain_text("Let me look.")
        self.csa.page.keyboard.press("Escape")
        self.csa.page.keyboard.press("m")
        expect(self.shopper.panel.get_by_role("button", name="Allow")).to_be_visible()

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda data: self.sent.append(data) if isinstance(data, bytes) else None)

    def mirror_frames(self) -> list[bytes]:
        return [data for data in self.sent if data[1 : 1 + len(MIRROR)] == MIRROR]

    def agree(self) -> float:
        """The shopper agrees; milliseconds from the click to the first picture in the console."""
        shopper, csa = self.shopper.page, self.csa.page
        shopper.evaluate(CLICKED)
        csa.evaluate(f"() => {{ window.pictured = {FIRST_PICTURE} }}")
        self.shopper.panel.get_by_role("button", name="Allow").click()
        pictured = float(csa.evaluate("window.pictured"))
        return pictured - float(shopper.evaluate("window.clicked_ms"))

    def changes(self, count: int, every_ms: int) -> list[float]:
        """Milliseconds from each change on the page to that change in the mirror's document."""
        self.csa.page.evaluate(
            """() => {
              window.seen = new Map();
              const mark = MIRRORED.querySelector('footer .price');
              new MutationObserver(() => seen.set(mark.textContent, performance.timeOrigin + performance.now()))
                .observe(mark, { subtree: true, childList: true, characterData: true });
            }""".replace("MIRRORED", MIRRORED)
        )
        changed = self.shopper.page.evaluate(
            """async ([count, every_ms]) => {
              const changed = [], mark = document.getElementById('mark').firstChild;
              for (let number = 1; number <= count; number++) {
                await new Promise((resolve) => setTimeout(resolve, every_ms * (0.5 + Math.random())));
                changed.push([`£${number}`, performance.timeOrigin + performance.now()]);
                mark.data = `£${number}`;
              }
              return changed;
            }""",
            [count, every_ms],
        )
        self.csa.page.wait_for_function(f"() => seen.has('£{count}')")
        seen = dict(json.loads(self.csa.page.evaluate("JSON.stringify([...seen])")))
        return [seen[text] - at for text, at in changed if text in seen]

    def leave(self) -> None:
        for person in (self.shopper.person, self.csa.person):
            person.close()
            person.world.people.remove(person)
