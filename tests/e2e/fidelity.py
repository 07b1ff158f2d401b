"""A page and its mirror compared: node by node, and pixel by pixel; and a shopper who shares such pages."""

from __future__ import annotations

import base64
import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from playwright.sync_api import Page, Playwright, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import meet_at, share
from tests.e2e.world import World

TREE = (Path(__file__).parent / "tree.js").read_text(encoding="utf-8")
PAGES = Path(__file__).parent / "pages"
FEATURES = [
    "forms.html",
    "layers.html",
    "layers.html?begun",
    "parts.html",
    "drawing.html",
    "scrolling.html",
    "scrolling.html?begun",
]
"""Pages that exercise each feature of the mirror; those without a query can `change()`."""
MIRROR = "document.querySelector('.mirror-sheet iframe')?.contentDocument?.querySelector('iframe')?.contentDocument"
EQUAL_WITHIN_MS = 30_000
MAX_DIFFERENT = 0.001
MAX_LOOKS = 30
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}

BARE = """(() => {
  for (const mark of document.querySelectorAll('.mirror-cursor, .mirror-focus, .mirror-film'))
    mark.style.visibility = 'hidden';
  const seen = [MIRROR];
  for (const page of seen) {
    for (const { contentDocument } of page.querySelectorAll('iframe')) if (contentDocument) seen.push(contentDocument);
    const wordless = new page.defaultView.CSSStyleSheet();
    wordless.replaceSync('[data-cobrowse-placeholder]::after { visibility: hidden !important }');
    page.adoptedStyleSheets = [...page.adoptedStyleSheets, wordless];
  }
})()""".replace("MIRROR", MIRROR)
# What the console says over the page and in its gaps goes by script: its policy forbids the style of a screenshot.

WITHOUT_WIDGET = """(hides) => {
  for (const { style } of document.querySelectorAll('cobrowse-widget')) {
    if (hides) style.setProperty('display', 'none', 'important');
    else style.removeProperty('display');
  }
}"""

# Chromium dithers gradients by where they lie in the window: by a step or two of 255, which nobody sees.
DIFFERENCE = """async ([one, other]) => {
  const pixels = async (png) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [a, b] = [await pixels(one), await pixels(other)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  let different = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    different += [0, 1, 2].some((channel) => Math.abs(a.data[at + channel] - b.data[at + channel]) > DITHER);
  }
  return different / (a.data.length / 4);
}""".replace("DITHER", "2")


class Pages:
    """A shop of one folder: its pages under /open/, each with the snippet of `server_url`."""

    def __init__(self, folder: Path = PAGES) -> None:
        self.server_url = ""
        pages = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages.answer(self, folder / urlsplit(self.path).path.rsplit("/", 1)[-1])

            def log_message(self, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler, path: Path) -> None:
        if path.suffix not in KINDS or not path.is_file():
            request.send_error(404)
            return
        body = path.read_bytes().replace(b"SERVER", self.server_url.encode())
        request.send_response(200)
        request.send_header("content-type", KINDS[path.suffix])
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def ready(page: Page) -> None:
    """Makes the page's tree readable, here and in the console."""
    if not page.evaluate("'treeOf' in window"):
        page.evaluate(TREE)


def until(page: Page, condition: str, wanted: str = "") -> bool:
    """Waits for a condition in the page, which may name `wanted`; the console's policy forbids Playwright's own way."""
    look = f"""async (wanted) => {{
      const last = performance.now() + {EQUAL_WITHIN_MS};
      while (!({condition})) {{
        if (performance.now() > last) return false;
        await new Promise((again) => setTimeout(again, 50));
      }}
      return true;
    }}"""
    return bool(page.evaluate(look, wanted))


def tree(page: Page) -> str:
    ready(page)
    said: str = page.evaluate("treeOf(document, false)")
    return said


def mirrored_tree(csa: Csa) -> str:
    ready(csa.page)
    said: str = csa.page.evaluate(f"{MIRROR} ? treeOf({MIRROR}, true) : 'nothing'")
    return said


def different_nodes(shopper: Shopper, csa: Csa) -> list[str]:
    """What the mirror lacks, has too much or elsewhere, in another size or state, once it is as equal as it gets."""
    ready(shopper.page)
    ready(csa.page)
    assert until(shopper.page, "isSettled(document)"), "the page itself is still loading"
    wanted = tree(shopper.page)
    if not until(csa.page, f"{MIRROR} && treeOf({MIRROR}, true) === wanted", wanted):
        wanted = tree(shopper.page)  # it may have moved on: what counts is that they are equal in the end
    found = mirrored_tree(csa)
    changed = difflib.unified_diff(
        wanted.splitlines(), found.splitlines(), "page", "mirror", n=2, lineterm=""
    )
    return [*changed]


def expect_same_nodes(shopper: Shopper, csa: Csa) -> None:
    """Waits until the mirror has the page's nodes, each in its place, of its size and state, and none more."""
    different = different_nodes(shopper, csa)
    assert not different, "\n".join(different[:80])


def difference(shopper: Shopper, csa: Csa, keep: Path | None = None) -> float:
    """The share of pixels that differ between what shopper and CSA see, without cursors and the widget."""
    assert until(csa.page, f"isSettled({MIRROR})"), "the mirror is still loading"
    shopper.page.evaluate(f"({WITHOUT_WIDGET})(true)")
    page = shopper.page.screenshot(animations="disabled")
    shopper.page.evaluate(f"({WITHOUT_WIDGET})(false)")
    sheet = csa.page.locator(".mirror-sheet iframe")
    csa.page.evaluate(BARE)
    mirror = sheet.screenshot(animations="disabled")
    if keep is not None:
        (keep / "page.png").write_bytes(page)
        (keep / "mirror.png").write_bytes(mirror)
    said: float = csa.page.evaluate(
        DIFFERENCE, [base64.b64encode(page).decode(), base64.b64encode(mirror).decode()]
    )
    return said


def different_pixels(shopper: Shopper, csa: Csa, keep: Path | None = None) -> float:
    """The share of pixels that differ once the mirror is as equal as it gets: a canvas is looked at now and then."""
    different = 1.0
    for _ in range(MAX_LOOKS):
        different = difference(shopper, csa, keep)
        if different <= MAX_DIFFERENT:
            break
    return different


def expect_equal(shopper: Shopper, csa: Csa, keep: Path) -> None:
    """Waits until the mirror has the page's nodes and, but for one in a thousand, its pixels; keeps both pictures."""
    expect_same_nodes(shopper, csa)
    assert different_pixels(shopper, csa, keep) <= MAX_DIFFERENT


class Sharing:
    """A shopper who shares their page with a CSA, at its own size."""

    def __init__(self, world: World, pages: Pages) -> None:
        self.pages = pages
        self.shopper = Shopper(world.person(viewport={"width": 800, "height": 600}))
        self.csa = Csa(world.person(viewport={"width": 1600, "height": 900}))
        meet_at(self.shopper, self.csa, self.address("forms.html"), "Do you see this?")
        share(self.shopper, self.csa)
        expect(self.csa.page.locator(".mirror-sheet iframe")).to_be_visible()

    def address(self, page: str) -> str:
        return f"{self.pages.origin}/open/{page}"

    def show(self, page: str) -> None:
        self.shopper.page.goto(self.address(page))

    def expect_equal(self, keep: Path | None = None) -> None:
        """Waits until the mirror has the page's nodes; with a folder for pictures, until it looks the same, too."""
        if keep is None:
            expect_same_nodes(self.shopper, self.csa)
        else:
            expect_equal(self.shopper, self.csa, keep)


class Visit:
    """A shopper of the one shop or the other, and the CSA who sees their page."""

    def __init__(self, world: World, csa: Csa, origin: str, first: str) -> None:
        self.csa = csa
        self.origin = origin
        self.shopper = Shopper(world.person(viewport={"width": 800, "height": 600}))
        self.page = self.shopper.page
        self.show(first)
        self.shopper.open_panel()
        words = f"Do you see {origin}?"
        self.shopper.say(words)
        close = csa.page.get_by_role("button", name="Close the page")
        if close.is_visible():
            csa.page.keyboard.press("Escape")
            close.click()
        csa.open("Waiting", words)
        csa.say("Let me look.")
        expect(self.shopper.panel).to_contain_text("Let me look.")
        share(self.shopper, csa)
        expect(csa.page.locator(".mirror-sheet iframe")).to_be_visible()
        self.page.keyboard.press("Escape")

    def show(self, path: str) -> None:
        self.page.goto(self.origin + path)

    def walk_the_demo(self) -> Iterator[str]:
        """The demo shop's pages one after the other, each when it is to be compared; the shopper is on its first."""
        page = self.page
        yield "/"
        for path in ("/bookcases", "/bookcases/fairelane"):
            self.show(path)
            yield path
        page.get_by_label("How many").fill("2")
        page.mouse.wheel(0, 300)
        yield "/bookcases/fairelane, filled in and scrolled"
        with page.expect_response(lambda answer: answer.url.endswith("/cart/add")):
            page.get_by_role("button", name="Add to basket").first.click()
        self.show("/basket")
        yield "/basket"

    def bring_pictures(self) -> None:
        """Loads what lies below the fold, which comes into sight by each browser's own measure."""
        self.page.evaluate("for (const each of document.images) each.loading = 'eager'")

    def expect_equal(self, keep: Path) -> None:
        self.bring_pictures()
        expect_equal(self.shopper, self.csa, keep)


@contextmanager
def sharing_in(folder: Path, playwright: Playwright) -> Iterator[Sharing]:
    """Two people in a world of their own, of whom one shares `pages/`; no page error and no traceback at its end."""
    pages = Pages()
    world = World(folder, playwright, open_origins=[pages.origin])
    pages.server_url = world.server_url
    try:
        sharing = Sharing(world, pages)
        yield sharing
        assert [error for person in world.people for error in person.errors] == []
        assert "Traceback" not in world.server_log()
    finally:
        world.close()
        pages.close()
