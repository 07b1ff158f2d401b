"""Recorders alone in a page: what each weighs, what its start costs the page, and what a thousand changes do.

Ours is the built bundle, masking and all; rrweb's is what @rrweb/record does by itself, with its own masking, and with
what it would send made into JSON, as everybody who uses it must.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.mirror_page import page, style_sheet
from benchmarks.mirror_people import DOT
from benchmarks.server import ROOT
from tests.e2e.world import CHROMIUM, CHROMIUM_ARGS

STATIC = ROOT / "cobrowse" / "static"
RRWEB = """import { record } from '@rrweb/record';
export const makeRecorder = ({ send }) => ({ record() {
  const emit = (event) => send(new TextEncoder().encode(JSON.stringify(event)));
  record({ emit, maskAllInputs: true, maskTextSelector: '*' });
} });"""
BEGIN = """async (file) => {
  window.sent = 0;
  const { makeRecorder } = await import(file);
  const port = { room: () => 'r'.repeat(22), send: (frame) => { window.sent += frame.length }, waiting_bytes: () => 0 };
  window.recorder = makeRecorder(port);
}"""
START = """async () => {
  await new Promise((resolve) => setTimeout(() => { recorder.record([], true); resolve(); }));
  for (let quiet = 0, before = -1; quiet < 10; before = window.sent) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    quiet = window.sent && window.sent === before ? quiet + 1 : 0;
  }
  return window.sent;
}"""
CHANGES = {
    "text": "each.firstChild.data = `${turn}.${number}`",
    "class": "each.classList.toggle('is-new')",
    "attribute": "each.setAttribute('data-state', turn + number)",
}
# What observers do is done in microtasks: after a few of them it is, and nothing has been laid out meanwhile.
CHANGE = """async () => {
  const them = [...document.querySelectorAll('#grid :is(.card-name, .card-price, .chip, .muted, .button)')];
  while (them.length < 1000) them.push(...them.slice(0, 1000 - them.length));
  const spent = [];
  for (let turn = 0; turn < 40; turn++) {
    them.slice(0, 1000).forEach((each, number) => { CHANGE });
    const begun = performance.now();
    for (let turns = 0; turns < 8; turns++) await null;
    spent.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return spent.sort((a, b) => a - b);
}"""


class Cost(NamedTuple):
    """Of one recorder. `longest_ms` is of the thread's own time, `longest_wall_ms` by the clock."""

    name: str
    bundle_bytes: int
    longest_ms: float
    longest_wall_ms: float
    first_bytes: int
    thousand_ms: dict[str, float]


class _Site:
    """A page and bundles on loopback."""

    def __init__(self, nodes: int, bundles: dict[str, bytes]) -> None:
        texts = {"/": page(nodes).encode(), "/shop.css": style_sheet().encode(), "/dot.png": DOT, **bundles}
        kinds = {".css": "text/css", ".png": "image/png", ".js": "text/javascript"}

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                text = texts.get(self.path, b"")
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", kinds.get(Path(self.path).suffix, "text/html"))
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def bundles() -> dict[str, bytes]:
    """Ours as it is built, and rrweb's recorder bundled by the same tool in the same way."""
    manifest = json.loads((STATIC / "manifest.json").read_text())
    with TemporaryDirectory() as folder:
        out = Path(folder) / "rrweb.js"
        command = [
            "npx",
            "esbuild",
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2020",
            f"--outfile={out}",
        ]
        subprocess.run(command, input=RRWEB.encode(), check=True, cwd=ROOT / "web", capture_output=True)
        return {"/ours.js": (STATIC / manifest["mirror.js"]).read_bytes(), "/rrweb.js": out.read_bytes()}


def _tasks(trace: bytes) -> list[tuple[float, float]]:
    """The main thread's tasks: milliseconds of its own time and of everybody's, longest first."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    found = [
        (event.get("tdur", 0) / 1000, event.get("dur", 0) / 1000)
        for event in events
        if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in mains
    ]
    return sorted(found, reverse=True)


def _start(browser: Browser, site: _Site, bundle: str) -> tuple[float, float, int]:
    """The longest task until the first picture is sent, in the thread's own time and by the clock; the bytes."""
    with browser.new_page(viewport={"width": 1440, "height": 900}) as tab:
        _open(tab, site, bundle)
        browser.start_tracing(page=tab, categories=["toplevel", "devtools.timeline"])
        sent = tab.evaluate(START)
        longest, wall = _tasks(browser.stop_tracing())[0]
    return longest, wall, sent


def _open(tab: Page, site: _Site, bundle: str) -> None:
    tab.goto(site.url)
    tab.evaluate(BEGIN, f"{site.url}{bundle}")


def costs(nodes: int, runs: int, say: Callable[[str], None]) -> list[Cost]:
    """Of ours and of rrweb alone, on the same page, in turns."""
    texts = bundles()
    site = _Site(nodes, texts)
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for name, bundle in (("Cobrowse, masking and all", "/ours.js"), ("@rrweb/record alone", "/rrweb.js")):
            say(f"recorder alone: {name}")
            starts = [_start(browser, site, bundle) for _ in range(runs)]
            thousand = {}
            with browser.new_page() as tab:
                _open(tab, site, bundle)
                tab.evaluate(START)
                for kind, change in CHANGES.items():
                    spent = tab.evaluate(CHANGE.replace("CHANGE", change))
                    # By the clock: the quickest fourth is what other processes have not held up.
                    thousand[kind] = round(spent[len(spent) // 4], 2)
            size = len(gzip.compress(texts[bundle], 9))
            longest = statistics.median(start[0] for start in starts)
            wall = statistics.median(start[1] for start in starts)
            found.append(Cost(name, size, longest, wall, starts[0][2], thousand))
        browser.close()
    site.close()
    return found
