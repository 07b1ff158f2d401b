"""The visitor's visits: pages, how long, from where, on what. SPEC visit."""

from __future__ import annotations

from cobrowse.core.messages import Happened, PageSeen, Visit

VISIT_GAP_S = 30 * 60
"""Silence that ends a visit: the convention of web analytics."""

MAX_RECENT_PAGES = 20


def visit_number(visit: Visit, now: float) -> int:
    """The number of the visit that something at `now` belongs to."""
    return visit.number if visit.number and now - visit.last_at <= VISIT_GAP_S else visit.number + 1


def apply_happened(visit: Visit, at: float, fact: Happened) -> None:
    if fact.visit != visit.number:
        visit.number, visit.started_at, visit.pages = fact.visit, at, 0
        visit.referrer = ""
    visit.first_at = visit.first_at or at
    visit.last_at = at
    if fact.page is not None:
        if visit.pages == 0:
            visit.referrer = fact.page.referrer
        visit.pages += 1
        visit.recent.append(PageSeen(at, fact.page))
        del visit.recent[:-MAX_RECENT_PAGES]


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def describe_device(user_agent: str) -> str:
    """Browser and system in two words for a list, such as "Safari, iPhone"; never used for a decision."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)
