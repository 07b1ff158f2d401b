"""What a CSA is told where something cannot be shown, and what the shopper has selected. SPEC mirror.11, equal.1."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.e2e.fidelity import MIRROR, Sharing, until
from tests.e2e.test_access import violations
from tests.e2e.test_access_sharing import MIRROR_ASIDE
from tests.e2e.test_mirror import mirror_of

TOLD = f"""() => Object.fromEntries([...{MIRROR}.querySelectorAll('[data-cobrowse-placeholder]')].map((box) =>
  [box.dataset.cobrowsePlaceholder, box.placeholder ?? getComputedStyle(box, '::after').content]))"""

SEEN = f"""() => {{
  const page = {MIRROR};
  const roots = [page, ...[...page.querySelectorAll('div')].map((each) => each.shadowRoot).filter(Boolean)];
  const boxes = roots.flatMap((root) => [...root.querySelectorAll('[data-cobrowse-placeholder=hidden]')]);
  return boxes.map((box) => {{
    const {{ content, opacity }} = getComputedStyle(box, '::after');
    return [content, opacity, getComputedStyle(box).backgroundImage.startsWith('repeating-linear-gradient')];
  }});
}}"""


def test_mirror11_a_placeholder_says_what_it_stands_for(sharing: Sharing) -> None:
    sharing.show("shut.html")
    page = mirror_of(sharing.csa)
    expect(page.locator("h1")).to_have_text("Shut")
    wanted = {
        "iframe": '"A page of another site"',
        "payment": '"Payment form: never shown"',
        "object": '"Embedded content"',
        "embed": '"Embedded content"',
        "hidden": '"Hidden by the shop"',
        "video": '"Film · ❚❚ 0:00"',
        "audio": '"Sound · ❚❚ 0:00"',
        "canvas": '"Drawing: not shown"',
        "field": "Never shown",
    }
    same = f"Object.entries(JSON.parse(wanted)).every(([kind, words]) => ({TOLD})()[kind] === words)"
    assert until(sharing.csa.page, same, json.dumps(wanted)), sharing.csa.page.evaluate(TOLD)
    assert sharing.csa.page.evaluate(TOLD) == wanted
    # Words that do not fit are not seen, though they are there; in a shadow root it looks the same.
    seen = [
        ['"Hidden by the shop"', "1", True],
        ['"Hidden by the shop"', "0", True],
        ['"Hidden by the shop"', "1", True],
    ]
    same = f"JSON.stringify(({SEEN})()) === wanted"
    found = until(sharing.csa.page, same, json.dumps(seen, separators=(",", ":")))
    assert found, sharing.csa.page.evaluate(SEEN)
    expect(sharing.csa.page.locator(".mirror-film")).to_have_text("Film · ❚❚ 0:00")
    assert violations(sharing.csa.page, MIRROR_ASIDE) == []
    expect(page.locator("input[type=password]")).to_have_value("")


def select(sharing: Sharing, first: str, start: int, last: str, end: int) -> None:
    sharing.shopper.page.evaluate(
        """([first, start, last, end]) => {
          const [from, to] = [first, last].map((id) => document.getElementById(id).firstChild);
          getSelection().setBaseAndExtent(from, start, to, end);
        }""",
        [first, start, last, end],
    )


def expect_selected(sharing: Sharing, wanted: str) -> None:
    assert until(
        sharing.csa.page, f"{MIRROR}?.getSelection().toString().replace(/\\s+/g, ' ') === wanted", wanted
    ), sharing.csa.page.evaluate(f"{MIRROR}?.getSelection().toString()")


def test_equal1_what_the_shopper_selects_is_selected_in_the_mirror(sharing: Sharing) -> None:
    sharing.show("shut.html")
    expect(mirror_of(sharing.csa).get_by_text("Some words to select")).to_be_visible()
    select(sharing, "words", 5, "words", 10)
    expect_selected(sharing, "words")
    select(sharing, "words", 14, "shown", 4)
    expect_selected(sharing, "select £129")
    # Who comes late is told as well, and so is who gets the page anew.
    sharing.csa.person.line.cut()
    sharing.csa.person.line.mend()
    expect_selected(sharing, "select £129")
    sharing.shopper.page.evaluate("document.body.append('on'); getSelection().removeAllRanges()")
    expect_selected(sharing, "")


def test_mirror1_a_selection_says_nothing_of_what_is_masked(sharing: Sharing) -> None:
    sharing.shopper.page.goto(f"{sharing.pages.origin}/closed/shut.html")
    masked = mirror_of(sharing.csa).locator(".price")
    expect(masked).to_have_text("£129.00")
    told: list[object] = []
    for end in (3, 30):
        select(sharing, "shown", 2, "long", end)
        expect_selected(sharing, "29.00 ••••••")
        told.append(
            sharing.csa.page.evaluate(
                f"[{MIRROR}.getSelection()].map(({{ anchorOffset, focusOffset }}) => [anchorOffset, focusOffset])"
            )
        )
    assert told == [[[2, 6]], [[2, 6]]]
    select(sharing, "long", 7, "long", 7)
    expect_selected(sharing, "")
