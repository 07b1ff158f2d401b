"""A mirror that is not the page any more is found out when the page is idle, and heals. SPEC equal.2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import WebSocket

from cobrowse.core.messages import Mirror, Watch
from tests.e2e.fidelity import FEATURES, MIRROR, Sharing
from tests.e2e.test_mirror import frames_sent

ADD_RULE = "document.body.append(document.createElement('hr'))"


class Observed:
    """A shared page, and what both sides send of it."""

    def __init__(self, sharing: Sharing) -> None:
        self.sharing = sharing
        self.page = sharing.shopper.page
        self._from_page = frames_sent(self.page)
        self._from_console = frames_sent(sharing.csa.page)
        self._socket: WebSocket | None = None
        self.page.on("websocket", self._opened)
        for person in (sharing.shopper.person, sharing.csa.person):
            person.line.cut()
            person.line.mend()

    def _opened(self, socket: WebSocket) -> None:
        self._socket = socket

    def show(self, page: str) -> None:
        self._from_page.clear()
        self._socket = None
        self.sharing.show(page)

    def change(self, how: str) -> None:
        """Changes the page; what it has told of itself before is forgotten."""
        self._from_page.clear()
        self.page.evaluate(how)

    @property
    def asked_anew(self) -> int:
        """How often the console has asked for the page anew."""
        return sum(isinstance(frame, Watch) and frame.anew for frame in self._from_console)

    def expect_checksum(self) -> None:
        """The page has told of itself, after all that it sent before."""
        while not any(b'"type":5' in body for body in self._bodies()):
            if self._socket is None:
                self.page.wait_for_event("websocket")
            else:
                self._socket.wait_for_event("framesent")

    def _bodies(self) -> Iterator[bytes]:
        for frame in self._from_page:
            if isinstance(frame, Mirror) and not frame.more and not frame.deflated:
                yield frame.part


@pytest.fixture(scope="module")
def observed(sharing: Sharing) -> Observed:
    return Observed(sharing)


@pytest.mark.parametrize("page", [page for page in FEATURES if "?" not in page])
def test_equal2_a_mirror_that_equals_its_page_is_left_alone(observed: Observed, page: str) -> None:
    asked = observed.asked_anew
    observed.show(page)
    for change in ("0", "change()"):
        observed.change(f"{change}; {ADD_RULE}")
        observed.expect_checksum()
        observed.sharing.expect_equal()
    assert observed.asked_anew == asked


def test_equal2_drift_is_noticed_and_heals(observed: Observed) -> None:
    asked = observed.asked_anew
    observed.show("forms.html")
    observed.expect_checksum()  # from here on the page says nothing more by itself
    observed.sharing.expect_equal()
    drift = "() => { const { body } = MIRROR; body.lastElementChild.remove(); body.append(body.firstElementChild); }"
    observed.sharing.csa.page.evaluate(drift.replace("MIRROR", MIRROR))
    assert observed.asked_anew == asked
    observed.change(ADD_RULE)
    observed.sharing.expect_equal()
    assert observed.asked_anew == asked + 1
