"""The mirror equals the page: node by node, each in its place, size and state, and pixel by pixel. SPEC equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e.fidelity import MIRROR, Pages, expect_equal, expect_same_nodes
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import share
from tests.e2e.world import World


class Sharing:
    """A shopper who shares their page with a CSA, at its own size."""

    def __init__(self, world: World, pages: Pages) -> None:
        self.pages = pages
        self.shopper = Shopper(world.person(viewport={"width": 800, "height": 600}))
        self.csa = Csa(world.person(viewport={"width": 1600, "height": 900}))
        self.show("forms.html")
        self.shopper.open_panel()
        self.shopper.say("Do you see this?")
        self.csa.open("Waiting", "Do you see this?")
        self.csa.say("Let me look.")
        expect(self.shopper.panel).to_contain_text("Let me look.")
        share(self.shopper, self.csa)
        expect(self.csa.page.locator(".mirror-sheet iframe")).to_be_visible()

    def show(self, page: str) -> None:
        self.shopper.page.goto(f"{self.pages.origin}/open/{page}")

    def expect_equal(self, keep: Path) -> None:
        expect_equal(self.shopper, self.csa, keep)


@pytest.fixture(scope="module")
def sharing(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sharing]:
    pages = Pages()
    world = World(tmp_path_factory.mktemp("world"), playwright_, open_origins=[pages.origin])
    pages.server_url = world.server_url
    try:
        yield Sharing(world, pages)
        assert "Traceback" not in world.server_log()
    finally:
        world.close()
        pages.close()


PAGES = [
    "forms.html",
    "layers.html",
    "layers.html?begun",
    "parts.html",
    "drawing.html",
    "scrolling.html",
    "scrolling.html?begun",
]


@pytest.mark.parametrize("page", PAGES)
def test_equal1_the_mirror_equals_the_page_before_and_after_it_changes(
    sharing: Sharing, page: str, tmp_path: Path
) -> None:
    sharing.show(page)
    sharing.expect_equal(tmp_path)
    if "?" not in page:
        sharing.shopper.page.evaluate("change()")
        sharing.expect_equal(tmp_path)


INJECT = r"""async () => {
  window.ran = 0;
  const frames = [...PAGE.querySelectorAll('iframe')];
  for (const { contentDocument: page } of frames) {
    page.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="top.ran=1"><svg onload="top.ran=1"></svg>' +
      '<a id="away" href="javascript:top.ran=1">x</a><iframe srcdoc="<script>top.ran=1<\/script>"></iframe>');
    const script = page.createElement('script');
    script.textContent = 'top.ran=1';
    page.body.append(script);
    page.getElementById('away').click();
  }
  for (const frame of frames) frame.src = 'javascript:top.ran=1';
  for (const frame of frames) frame.src = '/console/';
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)));
  const gone = frames.filter((frame) => frame.contentDocument?.querySelector("script[src]"));
  return [window.ran, frames.length, gone.length];
}"""


def test_mirror6_a_frame_in_the_page_runs_no_script_and_goes_nowhere(sharing: Sharing) -> None:
    sharing.show("parts.html")
    expect_same_nodes(sharing.shopper, sharing.csa)
    ran, frames, gone = sharing.csa.page.evaluate(INJECT.replace("PAGE", MIRROR))
    assert frames == 2
    assert (ran, gone) == (0, 0)
