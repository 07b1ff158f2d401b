"""What lines look like and cost: facts from the shop or its page, cleaned and bounded. SPEC room.8."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from cobrowse.core.line import parse_line_id
from cobrowse.core.messages import Item, Page

MAX_ITEMS = 300

LookUp = Callable[[str], Item | None]
"""The shop's own word on a line, from its product feed; None where it says nothing."""


def nothing_known(_line: str) -> Item | None:
    """The look-up of a site without a product feed."""
    return None


def safe_url(url: str) -> str:
    """The address if it is http, https or a path of the shop; "" for anything else (javascript:, data:, //host).

    Browsers drop tabs and line breaks from an address ("/\t/host" is "//host"), so that none with them is safe.
    """
    if any(char <= " " or char == "\x7f" for char in url):
        return ""
    if url.startswith(("https://", "http://")) or (url.startswith("/") and not url.startswith(("//", "/\\"))):
        return url
    return ""


def clean_item(item: Item, look_up: LookUp) -> Item:
    """The item as it may be kept: the shop's own word where there is one, else the page's, with safe addresses.

    Raises Refusal(INVALID) when the line identifier is not canonical.
    """
    line = parse_line_id(item.line)
    if (known := look_up(item.line)) is not None:
        return known
    variant = item.variant or ", ".join(line.options.values())[:120]
    return replace(item, variant=variant, url=safe_url(item.url), image=safe_url(item.image))


def clean_page(page: Page) -> Page:
    """The page without query and fragment, which carry what nobody meant to show; so its referrer. SPEC visit.5."""
    path = page.path.partition("?")[0].partition("#")[0]
    if not path.startswith("/") or not safe_url(path):
        path = "/"
    referrer = safe_url(page.referrer.partition("?")[0].partition("#")[0])
    return replace(page, path=path, referrer=referrer)


def remember(items: dict[str, Item], new: Iterable[Item], keep: Iterable[str]) -> None:
    """Adds items, newest last; past the bound the oldest go, except those that `keep` names."""
    for item in new:
        items.pop(item.line, None)
        items[item.line] = item
    if len(items) > MAX_ITEMS:
        kept = set(keep)
        for line in [line for line in items if line not in kept][: len(items) - MAX_ITEMS]:
            del items[line]
