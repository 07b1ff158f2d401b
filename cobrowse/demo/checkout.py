"""From the cart to an order: where to, how to pay, done."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .cart import TIERS, Refused, set_delivery
from .orders import PAYMENTS, place, read
from .views import cart_id_of, cart_of, page, read_form, reading, see, shop_of, writing

_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TELEPHONE = re.compile(r"[0-9+() -]{7,20}")
# name: label, autocomplete, most characters, required
FIELDS = {
    "name": ("Full name", "name", 80, True),
    "email": ("E-mail", "email", 120, True),
    "telephone": ("Telephone (for the driver)", "tel", 20, False),
    "street": ("House number and street", "address-line1", 120, True),
    "town": ("Town", "address-level2", 60, True),
    "postcode": ("Postcode", "postal-code", 8, True),
    "note": ("Note for the driver", "off", 200, False),
}


def check_delivery(form: dict[str, list[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """The delivery details as typed, and what is wrong with them by field."""
    typed = {name: form.get(name, [""])[0].strip() for name in (*FIELDS, "tier")}
    errors = {}
    for name, (label, _, most, required) in FIELDS.items():
        if required and not typed[name]:
            errors[name] = f"{label}: please fill this in."
        elif len(typed[name]) > most:
            errors[name] = f"{label}: at most {most} characters, please."
    for name, pattern, wanted in (
        ("postcode", _POSTCODE, "a UK postcode such as LS1 4DY"),
        ("email", _EMAIL, "an address such as sam@example.com"),
        ("telephone", _TELEPHONE, "digits, at least seven"),
    ):
        if typed[name] and name not in errors and not pattern.fullmatch(typed[name]):
            errors[name] = f"{FIELDS[name][0]}: we expected {wanted}."
    if typed["tier"] not in TIERS:
        errors["tier"] = "Please choose how we deliver."
    return typed, errors


async def delivery_step(request: Request) -> Response:
    """The delivery form; a POST checks it and goes on to payment."""
    cart = await cart_of(request)
    cart_id = cart_id_of(request)
    if not cart.lines or cart_id is None:
        return see("/cart")
    typed = cart.delivery or {**dict.fromkeys(FIELDS, ""), "tier": "door"}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed, errors = check_delivery(await read_form(request))
        if not errors:
            await writing(request, lambda connection: set_delivery(connection, cart_id, typed))
            return see("/checkout/payment")
    return await page(
        request,
        "checkout.html",
        kind="checkout",
        title="Delivery",
        events=[] if errors else [{"event": "begin_checkout", "ecommerce": cart.ecommerce()}],
        status=422 if errors else 200,
        fields=FIELDS,
        tiers=TIERS,
        typed=typed,
        errors=errors,
    )


async def payment_step(request: Request) -> Response:
    """The choice of payment and the last look; a POST places the order."""
    cart = await cart_of(request)
    cart_id = cart_id_of(request)
    if not cart.lines or cart_id is None:
        return see("/cart")
    if cart.delivery is None:
        return see("/checkout")
    refused = ""
    if request.method == "POST":
        payment = (await read_form(request)).get("payment", [""])[0]
        if payment in PAYMENTS:
            catalogue = shop_of(request).catalogue
            try:
                number = await writing(
                    request, lambda connection: place(connection, catalogue, cart_id, payment)
                )
            except Refused as refusal:
                refused = str(refusal)
            else:
                return see(f"/orders/{number}")
        else:
            refused = "Please choose how you would like to pay."
    shipping = {**cart.ecommerce(), "shipping_tier": TIERS[cart.delivery["tier"]][0]}
    return await page(
        request,
        "payment.html",
        kind="checkout",
        title="Payment",
        events=[] if refused else [{"event": "add_shipping_info", "ecommerce": shipping}],
        status=409 if refused else 200,
        payments=PAYMENTS,
        tiers=TIERS,
        refused=refused,
        payment_event={"event": "add_payment_info", "ecommerce": cart.ecommerce()},
    )


async def order_page(request: Request) -> Response:
    """An order, for the browser that placed it."""
    cart_id, number = cart_id_of(request), request.path_params["number"]
    catalogue = shop_of(request).catalogue
    order = (
        await reading(request, lambda connection: read(connection, catalogue, cart_id, number))
        if cart_id
        else None
    )
    if order is None:
        raise HTTPException(404)
    purchase = {
        **order.cart.ecommerce(),
        "transaction_id": order.number,
        "shipping": order.cart.delivery_minor / 100,
    }
    return await page(
        request,
        "order.html",
        kind="order",
        title=f"Thank you: order {order.number}",
        events=[{"event": "purchase", "ecommerce": purchase}],
        order=order,
        tiers=TIERS,
    )


ROUTES = [
    Route("/checkout", delivery_step, methods=["GET", "POST"]),
    Route("/checkout/payment", payment_step, methods=["GET", "POST"]),
    Route("/orders/{number}", order_page),
]
