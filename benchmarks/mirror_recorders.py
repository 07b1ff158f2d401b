"""Recorders alone in a page: what each weighs, what its start costs the page, and what a thousand changes do.

Ours is the built bundle, masking and all; rrweb's is what @rrweb/record does by itself, with its own masking, and with
what it would send made into JSON, as everybody who uses it must; OpenReplay's is its tracker with Assist, as its manual
starts it, and a server that answers as its own would.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.mirror_page import page, style_sheet
from benchmarks.mirror_people import DOT
from benchmarks.server import ROOT
from cobrowse.core.codec import decode_client
from cobrowse.core.errors import CobrowseError
from cobrowse.core.messages import Mirror
from tests.e2e.world import CHROMIUM, CHROMIUM_ARGS

STATIC = ROOT / "cobrowse" / "static"
SENT_WITHIN_S = 30.0
RRWEB = """import { record } from '@rrweb/record';
export const makeRecorder = ({ send }) => ({ record() {
  const emit = (event) => send(new TextEncoder().encode(JSON.stringify(event)));
  record({ emit, maskAllInputs: true, maskTextSelector: '*' });
} });"""
OPENREPLAY = """import Tracker from '@openreplay/tracker';
import assist from '@openreplay/tracker-assist';
export const makeRecorder = () => {
  const ingestPoint = `${location.origin}/ingest`;
  const tracker = new Tracker({ projectKey: 'bench', ingestPoint, __DISABLE_SECURE_MODE: true });
  tracker.use(assist({}));
  return { record: () => tracker.start().then(() => { window.flush = () => tracker.forceFlushBatch(); }) };
};"""
STARTED = {
    "token": "t",
    "userUUID": "u",
    "projectID": "1",
    "sessionID": "1",
    "delay": 0,
    "beaconSizeLimit": 1_000_000,
    "compressionThreshold": 24_000,
}
"""What a server of OpenReplay's says to a page that begins."""
WORDS = b"Solid oak"
"""Of each product's description: nobody has said that they may be seen."""
BEGIN = """async (file) => {
  window.sent = 0;
  const { makeRecorder } = await import(file);
  window.frames_sent = [];
  const send = (frame) => { window.sent += frame.length; frames_sent.push(frame); };
  const port = { room: () => 'r'.repeat(22), send, waiting_bytes: () => 0 };
  window.recorder = makeRecorder(port);
}"""
START = """async () => {
  await new Promise((resolve) => setTimeout(() => { recorder.record([], true); resolve(); }));
  for (let quiet = 0, before = -1; quiet < 10; before = window.sent) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    quiet = (window.sent || window.flush) && window.sent === before ? quiet + 1 : 0;
  }
}"""
# What was sent so far, told to the site; of OpenReplay, which has sent nothing yet, its own way to the site is asked.
TELL = """async () => {
  for (const body of frames_sent.splice(0)) await fetch('/sent', { method: 'POST', body });
  window.flush?.();
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
    """Of one recorder. `longest_ms` is of the thread's own time, `longest_wall_ms` by the clock.

    `plain_texts`: how many of the products' descriptions stand in what it sends at first, as the shopper reads them.
    """

    name: str
    bundle_bytes: int
    longest_ms: float
    longest_wall_ms: float
    first_bytes: int
    thousand_ms: dict[str, float]
    plain_texts: int


class _Site:
    """A page and bundles on loopback. `sent` is what pages have sent here since it was emptied, unpacked."""

    def __init__(self, nodes: int, bundles: dict[str, bytes]) -> None:
        texts = {"/": page(nodes).encode(), "/shop.css": style_sheet().encode(), "/dot.png": DOT, **bundles}
        kinds = {".css": "text/css", ".png": "image/png", ".js": "text/javascript"}
        self.sent: list[bytes] = []
        self.sent_bytes = 0
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                text = texts.get(self.path, b"")
                self._answer(200 if text else 404, kinds.get(Path(self.path).suffix, "text/html"), text)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                started = self.path == "/ingest/v1/web/start"
                if not started:
                    site.sent_bytes += len(body)
                    site.sent.append(_plain(body, self.headers.get("Content-Encoding") == "gzip"))
                self._answer(200, "application/json", json.dumps(STARTED if started else {}).encode())

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _plain(body: bytes, is_gzip: bool) -> bytes:
    """What was sent as it would be read: out of our frame, and unpacked. A page of these nodes fits into one frame."""
    if is_gzip:
        return zlib.decompress(body, 31)
    try:
        frame = decode_client(body)
    except CobrowseError:
        return body
    return zlib.decompress(frame.part, -15) if isinstance(frame, Mirror) and frame.deflated else body


def bundles(peers: Path) -> dict[str, bytes]:
    """Ours as it is built, and the others bundled by the same tool in the same way; `peers` has what is not ours."""
    manifest = json.loads((STATIC / "manifest.json").read_text())
    found = {"/ours.js": (STATIC / manifest["mirror.js"]).read_bytes()}
    with TemporaryDirectory() as folder:
        out = Path(folder) / "bundle.js"
        tool = ROOT / "node_modules" / ".bin" / "esbuild"
        command = [str(tool), "--bundle", "--minify", "--format=esm", "--target=es2020", f"--outfile={out}"]
        for name, source, where in (
            ("rrweb", RRWEB, ROOT / "web"),
            ("openreplay", OPENREPLAY, peers / "node"),
        ):
            subprocess.run(command, input=source.encode(), check=True, cwd=where, capture_output=True)
            found[f"/{name}.js"] = out.read_bytes()
    return found


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


def _start(browser: Browser, site: _Site, bundle: str) -> tuple[float, float]:
    """The longest task until the first picture is sent, in the thread's own time and by the clock."""
    site.sent, site.sent_bytes = [], 0
    with browser.new_page(viewport={"width": 1440, "height": 900}) as tab:
        _open(tab, site, bundle)
        browser.start_tracing(page=tab, categories=["toplevel", "devtools.timeline"])
        tab.evaluate(START)
        longest = _tasks(browser.stop_tracing())[0]
        tab.evaluate(TELL)
        deadline = time.monotonic() + SENT_WITHIN_S
        while not site.sent and time.monotonic() < deadline:
            tab.wait_for_timeout(20)
    return longest


def _open(tab: Page, site: _Site, bundle: str) -> None:
    tab.goto(site.url)
    tab.evaluate(BEGIN, f"{site.url}{bundle}")


NAMES = {
    "/ours.js": "Cobrowse, masking and all",
    "/rrweb.js": "@rrweb/record alone",
    "/openreplay.js": "OpenReplay's tracker with Assist",
}


def costs(nodes: int, runs: int, peers: Path, say: Callable[[str], None]) -> list[Cost]:
    """Of ours, of rrweb alone and of OpenReplay's, on the same page, one after the other."""
    texts = bundles(peers)
    site = _Site(nodes, texts)
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for bundle, name in NAMES.items():
            say(f"recorder alone: {name}")
            starts = [_start(browser, site, bundle) for _ in range(runs)]
            first_bytes, plain = site.sent_bytes, sum(text.count(WORDS) for text in site.sent)
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
            found.append(Cost(name, size, longest, wall, first_bytes, thousand, plain))
        browser.close()
    site.close()
    return found
