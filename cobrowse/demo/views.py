"""What the pages share: the shop's parts, the shopper's cart, reading bounded input, and rendering."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .cart import Cart, load
from .catalogue import CURRENCY, Catalogue, picture_url
from .finishes import FINISHES
from .ledger import CART_LIFE_S, Ledger, stock_levels

CART_COOKIE = "basket"
TELEPHONE = "0113 496 0142"
MAX_BODY_BYTES = 16 * 1024
_CART_ID_BYTES = 18
_CART_ID = re.compile(r"[A-Za-z0-9_-]{24}")
_TEMPLATES = Path(__file__).parent / "templates"

T = TypeVar("T")
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shop:
    """The parts that every page needs."""

    catalogue: Catalogue
    ledger: Ledger
    templates: Environment
    server_url: str
    site_key: str


def shop_of(request: Request) -> Shop:
    """The shop that answers this request."""
    shop: Shop = request.app.state.shop
    return shop


def environment(catalogue: Catalogue, *, server_url: str, site_key: str) -> Environment:
    """The templates, escaping everything, with the shop's constants; a missing variable is an error."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["money"] = money
    templates.globals.update(
        categories=catalogue.categories,
        finish_colour=lambda name: FINISHES[name].colour,
        picture_url=picture_url,
        telephone=TELEPHONE,
        server_url=server_url.rstrip("/"),
        site_key=site_key,
    )
    return templates


def money(minor: int) -> str:
    """Pence as a price: £1,250 or £12.50."""
    return f"£{minor // 100:,}" if minor % 100 == 0 else f"£{minor / 100:,.2f}"


async def reading(request: Request, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` returns from a consistent reading of the ledger, in a thread."""
    return await asyncio.to_thread(_run, shop_of(request).ledger.reading, work)


async def writing(request: Request, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` returns from one transaction on the ledger, in a thread."""
    return await asyncio.to_thread(_run, shop_of(request).ledger.writing, work)


def _run(
    transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
    work: Callable[[sqlite3.Connection], T],
) -> T:
    with transaction() as connection:
        return work(connection)


def cart_id_of(request: Request) -> str | None:
    """The cart that the shopper's cookie names, if it is one that we could have made."""
    cart_id = request.cookies.get(CART_COOKIE, "")
    return cart_id if _CART_ID.fullmatch(cart_id) else None


async def cart_of(request: Request) -> Cart:
    """The shopper's cart; empty when there is none yet."""
    cart_id = cart_id_of(request)
    if cart_id is None:
        return Cart()
    return await reading(request, lambda connection: load(connection, shop_of(request).catalogue, cart_id))


async def stock_of(request: Request) -> dict[tuple[str, str], int]:
    """The stock of every variant."""
    return await reading(request, stock_levels)


def new_cart_id() -> str:
    """An unguessable cart id."""
    return secrets.token_urlsafe(_CART_ID_BYTES)


def keep_cart(request: Request, response: Response, cart_id: str) -> Response:
    """`response` with the cookie that keeps the cart for 90 days."""
    response.set_cookie(
        CART_COOKIE,
        cart_id,
        max_age=CART_LIFE_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def read_body(request: Request) -> bytes:
    """The request's body. Raises 413 beyond 16 KiB."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"Expected at most {MAX_BODY_BYTES} bytes.")
    return body


async def read_form(request: Request) -> dict[str, list[str]]:
    """The fields of an urlencoded form. Raises 415 or 400 when it is none."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise HTTPException(415, "Expected a form.")
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl((await read_body(request)).decode(), keep_blank_values=True, max_num_fields=40)
    except ValueError:
        raise HTTPException(400, "Expected a form of at most 40 fields in UTF-8.") from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


async def read_json(request: Request) -> Mapping[str, Any]:
    """The JSON object in the body. Raises 415 or 400 when it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Expected application/json.")
    try:
        value = json.loads(await read_body(request))
    except (ValueError, RecursionError):
        raise HTTPException(400, "Expected JSON.") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "Expected a JSON object.")
    return value


def ga4(event: str, items: Sequence[Mapping[str, Any]], **fields: Any) -> Event:
    """A dataLayer entry of GA4's shape; its value is what the items cost together."""
    value = round(sum(item["price"] * item.get("quantity", 1) for item in items), 2)
    return {
        "event": event,
        "ecommerce": {"currency": CURRENCY, "value": value, **fields, "items": list(items)},
    }


async def page(
    request: Request,
    template: str,
    *,
    kind: str,
    title: str,
    events: Sequence[Event] = (),
    status: int = 200,
    **context: Any,
) -> Response:
    """A rendered page of the shop, never stored by the browser's cache since it shows the basket."""
    html = (
        shop_of(request)
        .templates.get_template(template)
        .render(
            kind=kind,
            title=title,
            events=list(events),
            path=request.url.path,
            cart=await cart_of(request),
            **context,
        )
    )
    return HTMLResponse(html, status, {"cache-control": "no-cache"})


def see(path: str) -> Response:
    """A redirect to be followed with GET."""
    return RedirectResponse(path, 303)
