"""Secrets in every place that markup, script, style and form have: what the server received holds none of them."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Request, Route, WebSocket, expect

from cobrowse.core.codec import decode_client
from cobrowse.core.messages import Mirror
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import meet, mirror_of, share
from tests.e2e.world import World

PAGE = (Path(__file__).parent / "canary.html").read_text(encoding="utf-8")
SECRET = re.compile(r"CANARY-[A-Za-z-]+")
IN_FILE = ".named-in-file { color: blue } .f::before { content: 'CANARY-file-content' }"


class Wire:
    """All that the shopper's tabs send to the server: frames and requests as bytes, and the mirror as text."""

    def __init__(self, shopper: Shopper) -> None:
        self.frames: list[bytes] = []
        self.requests: list[bytes] = []
        self._server = shopper.world.server_url
        shopper.page.on("websocket", self._opened)
        shopper.page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if request.url.startswith(self._server):
            self.requests.append(
                f"{request.url} {request.headers}".encode() + (request.post_data_buffer or b"")
            )

    def _opened(self, socket: WebSocket) -> None:
        socket.on(
            "framesent", lambda data: self.frames.append(data if isinstance(data, bytes) else data.encode())
        )

    def mirrored(self) -> str:
        """Every batch of the mirror, put together and unpacked."""
        texts: list[str] = []
        parts: list[bytes] = []
        for data in self.frames:
            frame = decode_client(data)
            if isinstance(frame, Mirror):
                parts.append(frame.part)
                if not frame.more:
                    body = b"".join(parts)
                    texts.append((zlib.decompress(body, -15) if frame.deflated else body).decode())
                    parts = []
        return "\n".join(texts)

    def secrets(self) -> set[str]:
        """Every planted secret that left the page, but for its title, which page views carry."""
        text = self.mirrored() + b"\n".join([*self.frames, *self.requests]).decode("latin-1")
        found = set(SECRET.findall(text) + SECRET.findall(unquote(text)))
        return found - {"CANARY-title", "CANARY-later-document-title"}


def plant(shopper: Shopper) -> None:
    """Lets the shop answer with the page of secrets under /canary/."""
    page = PAGE.replace("SERVER", shopper.world.server_url)

    def answer(route: Route) -> None:
        url = route.request.url
        if "canary.css" in url:
            route.fulfill(content_type="text/css", body=IN_FILE)
        elif "/canary/" in url and route.request.resource_type == "document":
            route.fulfill(content_type="text/html", body=page)
        else:
            route.fulfill(status=204)

    shopper.page.route(re.compile(re.escape(shopper.world.shop_url) + r"/(?!bookcases|static|cart)"), answer)


def type_everywhere(shopper: Shopper) -> None:
    page = shopper.page
    for name in ("text", "search", "email", "tel", "url", "area", "editable", "unmasked-area"):
        page.locator(f"#{name}").fill(f"CANARY-typed-{name}")
    for name in ("password", "card", "cvc", "holder", "otp", "iban", "new-password"):
        page.locator(f"#{name}").fill(f"CANARY-DENIED-typed-{name}")
    page.locator("#select").select_option(index=1)


def look(shopper: Shopper, csa: Csa, path: str) -> Wire:
    """The page of secrets is shared, changed and typed into; what went over the wire until a last mark was seen."""
    wire = Wire(shopper)
    plant(shopper)
    meet(shopper, csa, "/bookcases/fairelane", f"Secrets at {path}")
    share(shopper, csa)
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")
    shopper.goto(path)
    expect(mirror_of(csa).locator("form select")).to_have_count(2)
    type_everywhere(shopper)
    shopper.page.evaluate("change()")
    shopper.page.evaluate("document.querySelector('.price').textContent = '£130'")
    return wire


def test_mirror1_nothing_planted_leaves_a_page(world: World, shopper: Shopper, csa: Csa) -> None:
    wire = look(shopper, csa, "/canary/closed")
    expect(mirror_of(csa).locator("p.price")).to_have_text("£130")
    assert len(set(SECRET.findall(PAGE))) > 150
    assert wire.requests
    assert wire.secrets() == set()
    assert "CANARY" not in wire.mirrored()
    mirrored = wire.mirrored()
    assert "shown by the page" in mirrored
    assert "shown inside" in mirrored
    assert "named" in mirrored


def test_mirror1_what_is_denied_stays_though_a_rule_lets_everything_out(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    wire = look(shopper, csa, "/canary/open")
    expect(mirror_of(csa).locator("p.price")).to_have_text("£130")
    secrets = wire.secrets()
    assert {"CANARY-text", "CANARY-typed-text", "CANARY-placeholder", "CANARY-shadow-text"} <= secrets
    words = (
        "DENIED",
        "script",
        "json",
        "frame",
        "private",
        "-mask",
        "comment",
        "template",
        "query",
        "-title",
    )
    assert {secret for secret in secrets if any(word in secret for word in words)} == set()


def test_mirror1_a_rule_in_error_masks_the_page(world: World, shopper: Shopper, csa: Csa) -> None:
    wire = look(shopper, csa, "/canary/broken")
    expect(mirror_of(csa).locator("p.price")).to_have_text("••••••")
    assert wire.secrets() == set()
    assert "£130" not in wire.mirrored()
    assert "shown by" not in wire.mirrored()
