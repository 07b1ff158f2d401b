"""Visits: what begins and ends one, its pages, and what is kept of an address."""

from __future__ import annotations

import pytest

from cobrowse.core.items import clean_page
from cobrowse.core.messages import Ask, CartGrant, Event, Grant, Increment, Page
from cobrowse.core.visit import VISIT_GAP_S, describe_device
from tests.core.stage import OTHER_TAB, Stage


def seen(stage: Stage, path: str, referrer: str = "") -> None:
    stage.lea(Event("page_view", Page(path, referrer=referrer)))


def test_visit1_half_an_hour_of_silence_ends_one() -> None:
    stage = Stage()
    seen(stage, "/a")
    stage.now += VISIT_GAP_S
    seen(stage, "/b")
    visit = stage.state.visit
    assert (visit.number, visit.pages) == (1, 2)
    stage.now += VISIT_GAP_S + 0.5
    stage.lea(Event("scroll"), OTHER_TAB)
    assert (visit.number, visit.pages, visit.started_at) == (2, 0, stage.now)
    assert visit.first_at < visit.started_at


def test_visit2_the_first_page_names_the_referrer_and_twenty_are_kept() -> None:
    stage = Stage()
    stage.lea(Event("scroll"))
    seen(stage, "/0", "https://search.test/find?q=secret#x")
    for n in range(1, 30):
        seen(stage, f"/{n}", "https://shop.test/")
    visit = stage.state.visit
    assert visit.referrer == "https://search.test/find"
    assert visit.pages == 30
    assert [page.page.path for page in visit.recent] == [f"/{n}" for n in range(10, 30)]
    stage.now += VISIT_GAP_S + 1
    seen(stage, "/again")
    assert (visit.referrer, visit.pages, len(visit.recent)) == ("", 1, 20)


def test_visit3_leave_to_change_the_cart_ends_with_the_visit() -> None:
    stage = Stage()
    seen(stage, "/a")
    stage.lea(Grant(True))
    stage.now += VISIT_GAP_S
    seen(stage, "/b")
    assert stage.state.grant.edit
    stage.now += VISIT_GAP_S + 1
    stage.lea(Increment("oak", 1))
    assert stage.state.grant.edit
    seen(stage, "/c")
    assert stage.state.grant == CartGrant()


def test_visit3_an_unanswered_question_ends_with_the_visit_too() -> None:
    stage = Stage()
    seen(stage, "/a")
    stage.ginny(Ask())
    stage.now += VISIT_GAP_S + 1
    seen(stage, "/b")
    assert stage.state.grant == CartGrant()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121.0", "Samsung Internet, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/126.0 Safari/537.36", "Chrome, Mac"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_visit4_browser_and_system_in_two_words(agent: str, words: str) -> None:
    assert describe_device(agent) == words


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/oak", "/oak"),
        ("/oak?token=1#x", "/oak"),
        ("/oak#a?b", "/oak"),
        ("", "/"),
        ("oak", "/"),
        ("//evil.test/x", "/"),
        ("/\\evil.test", "/"),
        ("/\t/evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("?reset=secret", "/"),
    ],
)
def test_visit5_what_is_kept_of_a_path(path: str, kept: str) -> None:
    assert clean_page(Page(path)).path == kept


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("https://search.test/?q=secret", "https://search.test/"),
        ("https://mail.test/#token", "https://mail.test/"),
        ("https://a.test/?q=two words", "https://a.test/"),
        ("android-app://com.mail", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_visit5_what_is_kept_of_a_referrer(referrer: str, kept: str) -> None:
    assert clean_page(Page("/", referrer=referrer)).referrer == kept
