"""A style sheet that the server has is named by the next page, and the mirror looks the same. SPEC mirror.10."""

from __future__ import annotations

import json
import zlib

from playwright.sync_api import expect

from cobrowse.core.messages import Mirror
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import frames_sent, meet, mirror_of, share
from tests.e2e.world import World

COLOUR = "element => getComputedStyle(element).color + getComputedStyle(element).fontSize"


def sheets_of(sent: list[object]) -> list[dict[str, object]]:
    """The attributes of the linked style sheets of the last whole page that was sent."""
    parts = [frame for frame in sent if isinstance(frame, Mirror)]
    epoch = parts[-1].epoch
    body = b"".join(part.part for part in parts if part.epoch == epoch and part.seq == 0)
    deflated = next(part.deflated for part in parts if part.epoch == epoch and part.seq == 0)
    events = json.loads(zlib.decompress(body, -15) if deflated else body)
    found: list[dict[str, object]] = []

    def walk(node: dict[str, object]) -> None:
        attributes = node.get("attributes") or {}
        assert isinstance(attributes, dict)
        if node.get("tagName") == "link":
            found.append(attributes)
        for child in node.get("childNodes") or []:  # type: ignore[attr-defined]
            walk(child)

    walk(next(event for event in events if event["type"] == 2)["data"]["node"])
    return found


def test_mirror10_a_second_page_carries_no_text_of_a_sheet_and_looks_the_same(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    sent = frames_sent(shopper.page)
    meet(shopper, csa, "/bookcases/fairelane", "Does it travel once?")
    share(shopper, csa)
    title = mirror_of(csa).locator("h1")
    expect(title).to_have_text("Fairelane bookcase")
    looks = title.evaluate(COLOUR)
    assert looks == shopper.page.locator("h1").evaluate(COLOUR)
    sent.clear()
    shopper.goto("/bookcases/harewood")
    expect(title).to_contain_text("Harewood")
    sheets = sheets_of(sent)
    assert sheets, "the shop links a style sheet"
    assert all("_cssHash" in each and "_cssText" not in each for each in sheets)
    assert title.evaluate(COLOUR) == looks
