"""Pictures and fonts behind the shopper's login, which the page brings itself where the site says so. SPEC file.4."""

from __future__ import annotations

import json
import re
import struct
import zlib
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright, Request, WebSocket, expect

from cobrowse.core.codec import decode_client
from cobrowse.core.messages import Mirror
from cobrowse.core.page_events import MAX_FILE_BYTES
from cobrowse.core.page_files import MAX_PAGE_FILES
from tests.e2e.fidelity import MIRROR, Pages, until
from tests.e2e.font import wide_font
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import banner, mirror_of, share
from tests.e2e.world import World

SIZE_PX = 16
RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)

PAGE = """<!doctype html><meta charset=utf-8><title>Members</title>
<script async src="SERVER/cobrowse.js" data-site="demo"></script>
<link rel="stylesheet" href="/open/page.css">
<style>
  .back { width: 16px; height: 16px; background: url(/open/members/back.png) }
  #photo, #sized, #masked, #outside, #moved, #lie, #large, #first, #second, #late, #late-box { margin: 0 }
</style>
<h1>NAME</h1>
<p><span class="wide">mmmm</span></p>
<div class="back"></div>
<img id="photo" src="/open/members/photo.png">
<img id="sized" src="/open/members/sized?width=16">
<img id="masked" src="/open/members/CANARY-masked.png" data-cobrowse-mask>
<img id="outside" src="/open/elsewhere/outside.png">
<img id="moved" src="/open/members/moved.png">
<img id="lie" src="/open/members/lie.png">
<img id="large" src="/open/members/large.png">
<img id="first" src="/open/members/several?id=1">
<img id="second" src="/open/members/several?id=2">
<div id="late-box"></div>
"""

# Long enough to be known by its hash from the second page on.
SHEET = "@font-face { font-family: Wide; src: url(members/wide.ttf) } .wide { font: 20px Wide }"
SHEET += " .wide { margin: 0 }" * 50

PIXEL = """(name) => {
  const image = MIRROR.getElementById(name);
  if (!image?.complete || !image.naturalWidth) return null;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return [...context.getImageData(3, 3, 1, 1).data].slice(0, 3).join();
}""".replace("MIRROR", MIRROR)


def png(colour: tuple[int, int, int], words: bytes = b"") -> bytes:
    """A square of one colour, with words in it that are no part of what is seen."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    rows = (b"\0" + bytes(colour) * SIZE_PX) * SIZE_PX
    head = struct.pack(">2L5B", SIZE_PX, SIZE_PX, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"tEXt", b"Comment\0" + words), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


MEMBERS: dict[str, bytes] = {
    "photo.png": png(RED, b"CANARY-photo"),
    "sized?width=16": png(GREEN),
    "back.png": png(BLUE),
    "late.png": png(BLUE, b"CANARY-late"),
    "wide.ttf": wide_font(3),
    "CANARY-masked.png": png(RED, b"CANARY-masked"),
    "outside.png": png(RED, b"CANARY-outside"),
    "real.png": png(RED, b"CANARY-moved"),
    "lie.png": b"<html>CANARY-lie",
    "large.png": png(RED, b"CANARY-large" + bytes(MAX_FILE_BYTES)),
    "several?id=1": png(RED),
    "several?id=2": png(GREEN),
}


class Members(Pages):
    """A shop whose pictures and fonts come only to those who are signed in; every page of it signs in."""

    def __init__(self) -> None:
        super().__init__()
        self.given: Counter[str] = Counter()

    def answer(self, request: BaseHTTPRequestHandler, path: Path) -> None:
        name = request.path.rsplit("/", 1)[-1]
        body, kind = MEMBERS.get(name), "image/png"
        if name == "moved.png":
            request.send_response(302)
            request.send_header("location", "/open/members/real.png")
            request.end_headers()
            return
        if name == "page.css":
            body, kind = SHEET.encode(), "text/css"
        elif urlsplit(name).path.endswith(".html"):
            body = PAGE.replace("SERVER", self.server_url).replace("NAME", name).encode()
            kind = "text/html"
        elif body is None or "member=yes" not in request.headers.get("cookie", ""):
            request.send_error(403 if body else 404)
            return
        else:
            self.given[name] += 1
        request.send_response(200)
        request.send_header("content-type", kind)
        request.send_header("content-length", str(len(body)))
        if kind == "text/html":
            request.send_header("set-cookie", "member=yes; path=/open/; HttpOnly")
        else:
            request.send_header("cache-control", "private, max-age=600")
        request.end_headers()
        request.wfile.write(body)


class Sent:
    """What the shopper's tab sends of its page."""

    def __init__(self, shopper: Shopper) -> None:
        self.events: list[dict[str, object]] = []
        self.secrets: set[bytes] = set()
        self._parts: list[bytes] = []
        shopper.page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda data: self._took(data if isinstance(data, bytes) else data.encode()))

    def _took(self, data: bytes) -> None:
        frame = decode_client(data)
        if not isinstance(frame, Mirror):
            return
        self._parts.append(frame.part)
        if not frame.more:
            body, self._parts = b"".join(self._parts), []
            text = zlib.decompress(body, -15) if frame.deflated else body
            events = json.loads(text)
            self.events += events
            files = b"".join(b64decode(event["data"]["body"]) for event in events if event["type"] == 6)
            self.secrets |= {*re.findall(rb"CANARY-\w+", text + files)}

    def of(self, kind: int) -> list[dict[str, str]]:
        return [event["data"] for event in self.events if event["type"] == kind]  # type: ignore[misc]

    def pieces(self) -> list[dict[str, str]]:
        return self.of(6)

    def names(self) -> set[str]:
        return {urlsplit(data["address"]).path.rsplit("/", 1)[-1] for data in self.of(7)}


class Sharing:
    """A member of the shop who shares their page with a CSA."""

    def __init__(self, world: World, members: Members) -> None:
        self.world, self.members = world, members
        self.shopper, self.csa = Shopper(world.person()), Csa(world.person())
        self.sent = Sent(self.shopper)
        self.requests: list[str] = []
        self.fetched: Counter[str] = Counter()
        self.shopper.page.on("request", self._requested)
        self.show("first.html")
        self.shopper.open_panel()
        self.shopper.say("Do you see my photo?")
        self.csa.open("Waiting", "Do you see my photo?")
        self.csa.say("Let me look.")
        expect(self.shopper.panel).to_contain_text("Let me look.")

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)
        if request.resource_type == "fetch":
            self.fetched[request.url.rsplit("/", 1)[-1]] += 1

    def show(self, name: str) -> None:
        self.shopper.page.goto(f"{self.members.origin}/open/{name}")

    def sees(self, picture: str, colour: tuple[int, int, int]) -> None:
        wanted = ",".join(map(str, colour))
        assert until(self.csa.page, f"({PIXEL})('{picture}') === wanted", wanted), picture

    def sees_page(self, name: str) -> None:
        """The page with all that it brings: its pictures by their pixels, the font by its width."""
        expect(mirror_of(self.csa).locator("h1")).to_have_text(name)
        self.sees("photo", RED)
        self.sees("sized", GREEN)
        assert until(self.csa.page, f"{MIRROR}.querySelector('.wide')?.offsetWidth === 240")
        back = f"getComputedStyle({MIRROR}.querySelector('.back')).backgroundImage"
        assert until(self.csa.page, f"{back}.startsWith('url(\"data:image/png')")


@pytest.fixture(scope="module")
def sharing(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sharing]:
    members = Members()
    more = 'page_files = ["/open/members/*"]'
    world = World(tmp_path_factory.mktemp("world"), playwright_, open_origins=[members.origin], more=more)
    members.server_url = world.server_url
    try:
        yield Sharing(world, members)
        assert [error for person in world.people for error in person.errors] == []
        assert "Traceback" not in world.server_log()
    finally:
        world.close()
        members.close()


def test_file4_the_csa_sees_what_only_the_shopper_may_fetch(sharing: Sharing) -> None:
    sent, members, csa = sharing.sent, sharing.members, sharing.csa
    assert not [url for url in sharing.requests if "/files." in url], (
        "nothing of it is there before the leave"
    )
    before = members.given.copy()
    share(sharing.shopper, csa)
    sharing.sees_page("first.html")
    # Added last, it comes last: all that was to come has come.
    sharing.shopper.page.evaluate(
        "document.getElementById('late-box').innerHTML = '<img id=late src=/open/members/late.png>'"
    )
    sharing.sees("late", BLUE)
    assert sent.names() == {"photo.png", "sized", "back.png", "wide.ttf", "late.png"}
    assert len({piece["hash"] for piece in sent.pieces()}) == 5
    assert members.given["photo.png"] == 1, "it came out of the browser's cache"
    tried = {
        "photo.png",
        "sized?width=16",
        "back.png",
        "wide.ttf",
        "late.png",
        "moved.png",
        "lie.png",
        "large.png",
    }
    assert {
        name: count for name, count in sharing.fetched.items() if name in MEMBERS or name == "moved.png"
    } == (dict.fromkeys(tried, 1)), (
        "each once, and nothing that is masked, elsewhere, or told apart by its query alone"
    )
    for name in ("CANARY-masked.png", "outside.png"):
        assert members.given[name] == before[name] == 1, "the page's own, and no other"
    assert members.given["real.png"] == before["real.png"], "no redirect is followed"
    for hidden in ("masked", "outside", "moved", "lie", "large", "first", "second"):
        assert csa.page.evaluate(f"({PIXEL})('{hidden}')") is None, hidden


def test_file5_on_the_next_page_it_is_named_and_not_sent(sharing: Sharing) -> None:
    sharing.sent.events.clear()
    sharing.show("second.html")
    sharing.sees_page("second.html")
    assert {"photo.png", "sized", "back.png", "wide.ttf"} == sharing.sent.names()
    assert sharing.sent.pieces() == []


def test_file6_who_comes_late_and_a_recording_have_it_too(sharing: Sharing) -> None:
    csa, shopper = sharing.csa, sharing.shopper
    csa.page.get_by_role("button", name="Ask to record").click()
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(csa.page.locator(".recording-sign")).to_be_visible()
    csa.page.reload()
    csa.page.get_by_role("button", name="See this page").click()
    sharing.sees_page("second.html")
    sharing.show("third.html")
    sharing.sees_page("third.html")
    changed_at = csa.page.evaluate("Date.now() / 1000")
    shopper.page.evaluate("document.querySelector('h1').textContent = 'The end'")
    expect(mirror_of(csa).locator("h1")).to_have_text("The end")
    banner(shopper.page).get_by_role("button", name="Stop recording").click()
    expect(csa.page.locator(".recording-sign")).to_have_count(0)
    csa.wait_for_recording(changed_at)
    csa.page.reload()
    csa.page.get_by_role("button", name="Replay").click()
    dialog = csa.page.get_by_role("dialog", name="Recording")
    position = dialog.get_by_role("slider", name="Position")
    position.press("End")
    expect(dialog.frame_locator(".mirror-sheet iframe").frame_locator("iframe").locator("h1")).to_have_text(
        "The end"
    )
    sharing.sees("photo", RED)
    position.press("Home")
    sharing.sees_page("second.html")
    csa.page.keyboard.press("Escape")


def test_file4_a_page_of_more_files_than_may_be_brings_so_many_and_goes_on(sharing: Sharing) -> None:
    images = "".join(
        f"<img id=photo src=/open/members/{number}.png>" for number in range(MAX_PAGE_FILES + 20)
    )
    MEMBERS.update({f"{number}.png": png(RED, b"%d" % number) for number in range(MAX_PAGE_FILES + 20)})
    sharing.csa.page.get_by_role("button", name="See this page").click()
    sharing.sent.events.clear()
    sharing.show("many.html")
    expect(mirror_of(sharing.csa).locator("h1")).to_have_text("many.html")
    sharing.shopper.page.evaluate(
        "images => { document.getElementById('late-box').innerHTML = images }", images
    )
    brought = f"[...{MIRROR}.images].filter((each) => each.src.startsWith('data:')).length"
    # Some of the page's own are tried in vain, and count.
    assert until(sharing.csa.page, f"{brought} >= {MAX_PAGE_FILES - 10}")
    sharing.shopper.page.evaluate("document.querySelector('h1').textContent = 'And on'")
    expect(mirror_of(sharing.csa).locator("h1")).to_have_text("And on")
    assert len(sharing.sent.names()) <= MAX_PAGE_FILES


def test_mirror1_file4_no_secret_has_left_and_nothing_is_fetched_after_stop(sharing: Sharing) -> None:
    sharing.sent.events.clear()
    banner(sharing.shopper.page).get_by_role("button", name="Stop", exact=True).click()
    expect(banner(sharing.shopper.page)).to_have_count(0)
    sharing.shopper.page.evaluate(
        "document.getElementById('late-box').innerHTML = '<img id=late src=/open/members/late.png?again>'"
    )
    sharing.shopper.say("Thank you")
    expect(sharing.csa.talk).to_contain_text("Thank you")
    assert "late.png" not in json.dumps(sharing.sent.events)
    # An address outside of the paths goes out, as any; what is there does not.
    assert sharing.sent.secrets == {b"CANARY-photo", b"CANARY-late"}
