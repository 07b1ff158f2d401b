"""The rows of the mirror's table that need people: a shopper and a CSA in browsers, the real server between them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from playwright.sync_api import Page, expect

from benchmarks.mirror_people import MIRRORED, Meeting, Studio
from benchmarks.rows import Row
from tests.e2e.stopping import AFTER_STOP

Say = Callable[[str], None]

# What a tab in the background has: no frames, and timers at most once a second. Chromium cannot be made to hide a tab
# that a driver holds, so its rules are put in force by hand, before anything is drawn.
IN_THE_BACKGROUND = """() => {
  window.requestAnimationFrame = () => 0;
  const { setTimeout: later } = window;
  window.setTimeout = (work, wait_ms, ...rest) => later(work, Math.max(wait_ms ?? 0, 1000), ...rest);
}"""

BUSY = """([every_ms]) => {
  const grid = document.getElementById('grid'), mark = document.getElementById('mark').firstChild;
  let number = 0;
  window.busy = setInterval(() => {
    number += 1;
    mark.data = `£${number}`;
    const card = grid.children[number % grid.children.length];
    if (number % 3 === 0) card.classList.toggle('is-new');
    if (number % 5 === 0) card.querySelector('.card-price').textContent = `£${number}.00`;
    if (number % 7 === 0) grid.append(card.cloneNode(true));
    if (number % 7 === 3) grid.lastElementChild.remove();
  }, every_ms);
}"""


class Scale(NamedTuple):
    runs: int
    changes: int
    memory_s: float
    load_s: float
    pages: int


FULL = Scale(3, 120, 60.0, 6.0, 200)
QUICK = Scale(1, 30, 6.0, 2.0, 40)


def at_most(
    figure: str, limit: float, unit: str, values: Sequence[float], note: str = "", digits: int = 1
) -> Row:
    """The median of the runs against what it may be; the runs themselves go into the note."""
    value = statistics.median(values)
    runs = f"runs: {', '.join(f'{each:,.{digits}f}' for each in values)}" if len(values) > 1 else ""
    measured = f"{value:,.{digits}f} {unit}"
    notes = "; ".join(part for part in (runs, note) if part)
    return Row(figure, f"at most {limit:,g} {unit}", measured, value <= limit, value, notes)


def percentile(values: list[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[max(math.ceil(share * len(ranked)) - 1, 0)]


def pictures(world: Studio, scale: Scale, say: Say) -> list[Row]:
    """What happens from the shopper's leave to their Stop, on pages of 3,000 and of 20,000 nodes."""
    consent: dict[int, list[float]] = {3_000: [], 20_000: []}
    front, back, first, known, ordinary, late = [], [], [], [], [], []
    for run in range(scale.runs):
        for nodes in consent:
            say(f"run {run + 1}: a page of {nodes:,} nodes")
            meeting = Meeting(world, nodes)
            consent[nodes].append(meeting.agree())
            if nodes == 3_000:
                first.append(sum(map(len, meeting.mirror_frames())) / 1024)
                front.append(percentile(meeting.changes(scale.changes, 50), 0.95))
                ordinary += [len(data) for data in meeting.mirror_frames()[-scale.changes // 2 :]]
                meeting.csa.page.evaluate(IN_THE_BACKGROUND)
                back.append(percentile(meeting.changes(scale.changes, 50), 0.95))
                known.append(again_bytes(meeting) / 1024)
                late.append(after_stop(meeting))
            meeting.leave()
    change = "change on the page to change in the mirror, p95, 3,000 nodes"
    rest = "no frames, timers of a second: the rules for hidden tabs, put in force by hand"
    return [
        at_most(f"{change}, console in front", 25, "ms", front),
        at_most(f"{change}, console in a background tab", 25, "ms", back, rest),
        at_most("consent to first picture, 3,000 nodes", 500, "ms", consent[3_000], digits=0),
        at_most("consent to first picture, 20,000 nodes", 1_200, "ms", consent[20_000], digits=0),
        at_most("first snapshot on the wire, 3,000 nodes, first time", 60, "KB", first),
        at_most("first snapshot on the wire, 3,000 nodes, style sheets known", 25, "KB", known),
        at_most(
            "an ordinary change on the wire",
            200,
            "bytes",
            [statistics.median(ordinary)],
            f"largest {max(ordinary)}",
            0,
        ),
        at_most(
            "batches sent after the turn in which the shopper said Stop, page changing all the time",
            0,
            "batches",
            late,
            digits=0,
        ),
    ]


def again_bytes(meeting: Meeting) -> int:
    """Of the same page's snapshot after it was loaded once more."""
    meeting.sent.clear()
    meeting.shopper.page.reload()
    expect(meeting.csa.page.locator(".mirror-sheet")).to_be_visible()
    meeting.csa.page.wait_for_function(
        "() => MIRRORED?.querySelector('footer .price')?.textContent === '£0'".replace("MIRRORED", MIRRORED)
    )
    return sum(len(data) for data in meeting.mirror_frames())


def after_stop(meeting: Meeting) -> float:
    """How many batches leave the page after the turn in which the shopper said Stop."""
    page = meeting.shopper.page
    page.evaluate(AFTER_STOP)
    page.evaluate(BUSY, [5])
    page.locator(".banner").get_by_role("button", name="Stop").click()
    expect(meeting.csa.page.locator(".mirror-sheet")).to_have_count(0)
    page.wait_for_function("since => performance.now() - since > 500", arg=page.evaluate("performance.now()"))
    return float(page.evaluate("window.late"))


def memory(world: Studio, seconds: float, say: Say) -> Row:
    """How much the console's memory grows while it shows a page on which everything changes."""
    meeting = Meeting(world, 3_000)
    meeting.agree()
    meeting.shopper.page.evaluate(BUSY, [10])
    grown = []
    session = meeting.csa.person.context.new_cdp_session(meeting.csa.page)
    session.send("HeapProfiler.enable")
    for sample in range(7):
        _pass(meeting.csa.page, seconds / 7)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")
        grown.append(float(used["usedSize"]) / 1e6)
        say(f"console's heap, sample {sample + 1}: {grown[-1]:.1f} MB")
    changes = int(
        meeting.shopper.page.evaluate("parseInt(document.getElementById('mark').textContent.slice(1))")
    )
    meeting.leave()
    value = max(grown[1:]) - grown[0]
    minutes = changes / 20 / 60
    note = f"{changes:,} changes in {seconds:.0f} s, as many as in {minutes:.0f} minutes at 20 a second"
    return at_most("console's memory while it shows a busy page: growth", 5, "MB", [value], note)


def _pass(page: Page, seconds: float) -> None:
    page.wait_for_timeout(1000 * seconds)
