"""A mirror that is not the page any more is found out when the page is idle, and heals. SPEC equal.2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect

from cobrowse.core.messages import Mirror, Watch
from tests.e2e.fidelity import MIRROR, Pages, expect_same_nodes
from tests.e2e.test_fidelity import PAGES, Sharing
from tests.e2e.test_mirror import frames_sent
from tests.e2e.world import World


class Observed(Sharing):
    """What both sides send is looked at."""

    def __init__(self, world: World, pages: Pages) -> None:
        super().__init__(world, pages)
        self.from_page = frames_sent(self.shopper.page)
        self.from_console = frames_sent(self.csa.page)
        for person in (self.shopper, self.csa):
            person.person.line.cut()
            person.person.line.mend()

    @property
    def asked_anew(self) -> int:
        return sum(isinstance(frame, Watch) and frame.anew for frame in self.from_console)

    def expect_checksum(self) -> None:
        """The page has told of itself, after all that it sent before."""
        expect(self.shopper.page.locator("html")).to_be_attached()
        for _ in range(300):
            if any(b'"type":5' in body for body in self._bodies()):
                return
            self.shopper.page.wait_for_timeout(100)
        raise AssertionError("the page told no checksum")

    def _bodies(self) -> Iterator[bytes]:
        for frame in self.from_page:
            if isinstance(frame, Mirror) and not frame.more and not frame.deflated:
                yield frame.part


@pytest.fixture(scope="module")
def observed(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    pages = Pages()
    world = World(tmp_path_factory.mktemp("world"), playwright_, open_origins=[pages.origin])
    pages.server_url = world.server_url
    try:
        yield Observed(world, pages)
        assert "Traceback" not in world.server_log()
    finally:
        world.close()
        pages.close()


@pytest.mark.parametrize("page", [page for page in PAGES if "?" not in page])
def test_equal2_a_mirror_that_equals_its_page_is_left_alone(observed: Observed, page: str) -> None:
    observed.show(page)
    for change in ("0", "change()"):
        observed.from_page.clear()
        observed.shopper.page.evaluate(change)
        observed.shopper.page.evaluate("document.body.append(document.createElement('hr'))")
        observed.expect_checksum()
        expect_same_nodes(observed.shopper, observed.csa)
    assert observed.asked_anew == 0


def test_equal2_drift_is_noticed_and_heals(observed: Observed) -> None:
    observed.show("forms.html")
    expect_same_nodes(observed.shopper, observed.csa)
    drift = "() => { const { body } = MIRROR; body.lastElementChild.remove(); body.append(body.firstElementChild); }"
    observed.csa.page.evaluate(drift.replace("MIRROR", MIRROR))
    assert observed.asked_anew == 0
    observed.shopper.page.evaluate("document.body.append(document.createElement('hr'))")
    expect_same_nodes(observed.shopper, observed.csa)
    assert observed.asked_anew == 1
