"""Hostile pages in the viewer: nothing of them runs, loads or leads away, past the server either. SPEC mirror.4."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.core.hostile_nodes import FOREIGN, deep, el, text
from tests.core.hostile_pages import Batch, bent, crafted, real, whole
from tests.core.test_hostile_pages import through_server
from tests.e2e.people import Csa
from tests.e2e.world import ROOT, World

BENT = 60
AT_ONCE = 50

BEGIN = """async (bundle) => {
  const { makeViewer } = await import(bundle);
  const root = document.createElement('div');
  root.id = 'stand';
  root.style.cssText = 'position: fixed; inset: 0; z-index: 9; width: 1200px; height: 800px; background: white';
  document.body.append(root);
  window.stand = { missed: 0, drawn: 0, pages: 0 };
  stand.viewer = await makeViewer(root, 'demo', { field: '' }, () => stand.drawn++, () => stand.missed++, () => {});
}"""

DRAW = """async (pages) => {
  const found = [];
  for (const [place, batches] of pages.entries()) {
    const epoch = `page ${++stand.pages}`;
    for (const [seq, text] of batches.entries())
      await stand.viewer.take({ epoch, seq, part: new TextEncoder().encode(text), deflated: false });
    // Time for it to be laid out, and for what it loads and sets off.
    if (place % 8 === 7 || place === pages.length - 1)
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const outer = document.querySelector('#stand iframe');
    const wrong = [
      'broken' in window && 'it ran',
      outer?.contentWindow.location.pathname !== '/console/mirror' && 'the frame went away',
      outer?.contentDocument.querySelector('iframe')?.contentDocument === null && 'the page went away',
      ({}).polluted !== undefined && 'the language is changed',
      Object.keys(Object.prototype).length > 0 && 'the language has more words',
    ].filter(Boolean);
    if (wrong.length) found.push([place, wrong.join()]);
    delete window.broken;
  }
  return found;
}"""

TAKE_FILES = """async (files) => {
  const body = (text) => Uint8Array.from(text, (each) => each.charCodeAt(0));
  for (const [hash, media_type, text] of files)
    await stand.viewer.take({ t: 'file', room: 'r', hash, media_type, body: body(text) });
}"""

DRAWN = "document.querySelector('#stand iframe').contentDocument.querySelector('iframe').contentDocument"


class Stand:
    """The console with its viewer in hand, and a machine elsewhere that hears whoever calls it."""

    def __init__(self, csa: Csa) -> None:
        self.heard: list[str] = []
        self.page = csa.page
        self.person = csa.person
        self._elsewhere = self._listen()
        self._went: list[str] = []
        home = csa.world.server_url
        self._allowed = (f"{home}/console/", "about:blank", "about:srcdoc")
        self.page.on("framenavigated", lambda frame: self._went.append(frame.url))
        self.page.on("dialog", lambda dialog: self._went.append(f"dialog {dialog.type}"))
        self.page.on("download", lambda download: self._went.append(f"download {download.url}"))
        self.page.context.on("page", lambda page: self._went.append(f"window {page.url}"))
        manifest = json.loads((ROOT / "cobrowse" / "static" / "manifest.json").read_text())
        self.page.evaluate(BEGIN, f"/assets/{manifest['viewer.js']}")

    def _listen(self) -> ThreadingHTTPServer:
        heard = self.heard

        class Elsewhere(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                heard.append(self.rfile.readline(1000).decode("latin-1"))
                self.close_connection = True

        server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def here(self, text: str) -> str:
        """A batch that asks the machine elsewhere for what it asks for."""
        return text.replace(FOREIGN.partition("//")[2], f"127.0.0.1:{self._elsewhere.server_port}")

    def draw(self, pages: list[tuple[str, list[str]]]) -> None:
        """Draws one after the other; fails where one of them has done anything but be drawn."""
        for first in range(0, len(pages), AT_ONCE):
            part = pages[first : first + AT_ONCE]
            texts = [[self.here(text) for text in batches] for _, batches in part]
            found = self.page.evaluate(DRAW, texts)
            assert [(part[place][0], wrong) for place, wrong in found] == []
            names = [name for name, _ in part]
            assert self.heard == [], names
            assert [url for url in self._went if not url.startswith(self._allowed)] == [], names
            assert self.person.errors == [], names

    def missed(self) -> int:
        missed: int = self.page.evaluate("stand.missed")
        return missed

    def draws_as_ever(self) -> None:
        """An honest page comes out right after all that."""
        before = self.missed()
        self.draw([("an honest page", [json.dumps(batch) for batch in honest()[:3]])])
        assert self.missed() == before
        assert self.page.evaluate(f"{DRAWN}.querySelector('h1').textContent") == "Fairelane bookcase"
        assert self.page.evaluate(f"{DRAWN}.querySelector('.product-price .price').textContent") == "£131"

    def close(self) -> None:
        self._elsewhere.shutdown()
        self._elsewhere.server_close()


@pytest.fixture(scope="module")
def stand(long_world: World) -> Iterator[Stand]:
    """One console for all of this module: page after page is drawn in the same viewer."""
    made = Stand(Csa(long_world.person()))
    yield made
    made.close()
    long_world.leave()


def honest() -> list[Batch]:
    """Real batches as the server hands them on."""
    return [json.loads(through_server(batch) or "") for batch in real()]


def hostile() -> list[tuple[str, list[Batch]]]:
    pages = honest()
    return [*crafted(), *((f"seed {seed}", bent(seed, pages)) for seed in range(BENT))]


def test_mirror4_what_passes_the_server_only_shows(stand: Stand) -> None:
    stand.draws_as_ever()
    passed = [
        (name, [text for batch in batches if (text := through_server(batch)) is not None])
        for name, batches in hostile()
    ]
    before = stand.missed()
    stand.draw([(name, texts) for name, texts in passed if texts])
    assert stand.missed() - before < len(passed) / 5, "most of them are pages, and drawn"
    stand.draws_as_ever()


SCRIPT = f"<script>top.broken = parent.broken = 1; new Image().src = '{FOREIGN}/ran'</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="top.broken = 1">{SCRIPT}<image href="{FOREIGN}/svg"/></svg>'
HTML = f"<html><body onload='top.broken = 1'>{SCRIPT}<img src='{FOREIGN}/html'></body></html>"
FILES = {
    "an SVG with a script": ("image/svg+xml", SVG),
    "an SVG that is called PNG": ("image/png", SVG),
    "a document": ("text/html", HTML),
    "a document that is called PNG": ("image/png", HTML),
    "a document that is called a font": ("font/woff2", HTML),
    "a type that ends the address": (f'image/png"); background-image: url("{FOREIGN}/type', HTML),
    "a type that ends the attribute": ('image/png" onerror="top.broken = 1', HTML),
    "a script": ("text/javascript", "top.broken = 1"),
    "a style sheet": ("text/css", f"@import '{FOREIGN}/sheet'"),
    "too much": ("image/png", HTML + "x" * (5 * 1024 * 1024)),
}


def test_file6_mirror4_files_that_lie_run_and_load_nothing(stand: Stand) -> None:
    """Past the server, which looks at what they hold and says of which type they are (file.5)."""
    addresses = {name: f"https://shop.example/members/{at}" for at, name in enumerate(FILES)}
    odd = ["javascript:top.broken = 1", "data:text/html," + HTML, '") } * { background: url("' + FOREIGN, ""]
    places = [*addresses.values(), *odd]
    rules = "".join(f'.a{at} {{ background: url("{each}") }}' for at, each in enumerate(addresses.values()))
    batch = whole(
        *(el("img", src=each) for each in places),
        el("video", poster=places[0]),
        el("iframe", src=places[2]),
        *(el("p", style=f'background: url("{each}")') for each in places),
        el("style", text(rules, isStyle=True)),
    )
    named = [
        {"type": 7, "timestamp": 1, "data": {"address": address, "hash": f"{at:064x}"}}
        for at, address in enumerate(places)
    ]
    files = [(f"{at:064x}", kind, stand.here(body)) for at, (kind, body) in enumerate(FILES.values())]
    # As the pages that name them come before the files, and after.
    stand.draw([("named before", [json.dumps(batch), json.dumps(named)])])
    stand.page.evaluate(TAKE_FILES, files)
    stand.draw([("named after", [json.dumps(named), json.dumps(batch)])])
    stand.page.evaluate(TAKE_FILES, [(f"{at + 10:064x}", *FILES["a document"]) for at in range(4)])
    stand.draws_as_ever()


def test_mirror4_what_gets_past_the_server_runs_nothing_either(stand: Stand) -> None:
    stand.draw([(name, [json.dumps(batch) for batch in batches]) for name, batches in hostile()])
    stand.draw([("endless", [json.dumps(whole(deep(300)))])])
    stand.draws_as_ever()
