"""The cart's addresses: the page, its forms, and the JSON that the page's own script uses."""

from __future__ import annotations

import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .cart import MAX_QUANTITY, Cart, Refused, find, load, quantity_of, set_code, set_quantity
from .views import (
    cart_id_of,
    cart_of,
    keep_cart,
    new_cart_id,
    page,
    read_form,
    read_json,
    see,
    shop_of,
    writing,
)


async def cart_json(request: Request) -> Response:
    """The cart as JSON."""
    return JSONResponse((await cart_of(request)).as_json(), headers={"cache-control": "no-store"})


async def put_line(request: Request) -> Response:
    """Makes one line's quantity what the body says: 200 with the whole cart, 409 with `refused`, 400 with `error`."""
    body = await read_json(request)
    quantity = body.get("quantity")
    item_id, item_variant = body.get("item_id"), body.get("item_variant")
    if not isinstance(item_id, str) or not isinstance(item_variant, str):
        return _bad("item_id, item_variant: expected two strings")
    if type(quantity) is not int or not 0 <= quantity <= MAX_QUANTITY:
        return _bad(f"quantity: expected a whole number from 0 to {MAX_QUANTITY}")
    return await _change(request, item_id, item_variant, quantity)


async def add(request: Request) -> Response:
    """Adds to a line. Its fields: item_id, quantity, and item_variant or option-0, option-1 ...."""
    return await _form(request, relative=True)


async def set_line(request: Request) -> Response:
    """Makes a line's quantity what the form says."""
    return await _form(request, relative=False)


async def _form(request: Request, *, relative: bool) -> Response:
    form = await read_form(request)
    text = form.get("quantity", ["1"])[0].strip()
    if not (text.isdecimal() and len(text) <= 2):
        return _bad(f"quantity: expected a whole number from 0 to {MAX_QUANTITY}")
    options = [form[name][0] for name in sorted(form) if name.startswith("option-")]
    item_variant = form["item_variant"][0] if "item_variant" in form else ", ".join(options)
    return await _change(
        request,
        form.get("item_id", [""])[0],
        item_variant,
        int(text),
        relative=relative,
        page_wanted=_wants_html(request),
    )


async def _change(
    request: Request,
    item_id: str,
    item_variant: str,
    quantity: int,
    *,
    relative: bool = False,
    page_wanted: bool = False,
) -> Response:
    catalogue, cart_id = shop_of(request).catalogue, cart_id_of(request) or new_cart_id()
    try:
        product, variant = find(catalogue, item_id, item_variant)
    except ValueError as error:
        return _bad(str(error))

    def change(connection: sqlite3.Connection) -> Cart:
        before = quantity_of(connection, cart_id, product, variant) if relative else 0
        set_quantity(connection, cart_id, product, variant, before + quantity)
        return load(connection, catalogue, cart_id)

    try:
        cart = await writing(request, change)
    except Refused as refusal:
        if page_wanted:
            return await cart_page(request, refused=str(refusal), status=409)
        return JSONResponse({"refused": str(refusal)}, 409)
    if page_wanted:
        return keep_cart(request, see("/cart"), cart_id)
    return keep_cart(request, JSONResponse(cart.as_json()), cart_id)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _bad(message: str) -> Response:
    return JSONResponse({"error": message}, 400)


async def put_code(request: Request) -> Response:
    """Puts a discount code on the cart."""
    form = await read_form(request)
    code, cart_id = form.get("code", [""])[0][:40], cart_id_of(request)
    if cart_id is None:
        return see("/cart")
    try:
        await writing(request, lambda connection: set_code(connection, cart_id, code))
    except Refused as refusal:
        return await cart_page(request, code_refused=str(refusal), status=409)
    return see("/cart")


async def cart_page(
    request: Request, *, refused: str = "", code_refused: str = "", status: int = 200
) -> Response:
    """The cart."""
    cart = await cart_of(request)
    events: list[dict[str, Any]] = [{"event": "view_cart", "ecommerce": cart.ecommerce()}]
    if code_refused:
        events.append({"event": "coupon_refused"})
    return await page(
        request,
        "cart.html",
        kind="cart",
        title="Your basket",
        events=events,
        status=status,
        refused=refused,
        code_refused=code_refused,
    )


async def cart_fragment(request: Request) -> Response:
    """The part of the cart page that a change redraws."""
    return await page(request, "_cart.html", kind="cart", title="Your basket", refused="", code_refused="")


ROUTES = [
    Route("/cart", cart_page),
    Route("/cart.json", cart_json),
    Route("/cart/fragment", cart_fragment),
    Route("/cart/lines", put_line, methods=["PUT"]),
    Route("/cart/add", add, methods=["POST"]),
    Route("/cart/set", set_line, methods=["POST"]),
    Route("/cart/code", put_code, methods=["POST"]),
]
