"""The basket: what it accepts, what it refuses, and that an order is placed whole or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.demo.conftest import Visitor
from tests.demo.test_pages import events_of

JSON = {"accept": "application/json"}
DELIVERY = {
    "name": "Sam Reed",
    "email": "sam@example.com",
    "telephone": "",
    "street": "4 Park Row",
    "town": "Leeds",
    "postcode": "LS1 4DY",
    "note": "",
    "tier": "door",
}


async def put(
    client: AsyncClient, quantity: Any, item_id: Any = "fairelane", item_variant: Any = "tan"
) -> Response:
    line = {"item_id": item_id, "item_variant": item_variant, "quantity": quantity}
    return await client.put("/cart/lines", json=line, headers=JSON)


async def cart(client: AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get("/cart.json")).json()
    return answer


async def order(client: AsyncClient) -> Response:
    await client.post("/checkout", data=DELIVERY)
    return await client.post("/checkout/payment", data={"payment": "invoice"})


def stock(tmp_path: Path, item_id: str, item_variant: str) -> int:
    with sqlite3.connect(tmp_path / "shop.sqlite3") as connection:
        (left,) = connection.execute(
            "SELECT quantity FROM stock WHERE item_id = ? AND item_variant = ?", (item_id, item_variant)
        ).fetchone()
    connection.close()
    return int(left)


async def test_a_line_has_the_quantity_that_was_put(shopper: AsyncClient) -> None:
    assert (await cart(shopper))["lines"] == []
    assert "set-cookie" not in (await shopper.get("/cart.json")).headers
    response = await put(shopper, 2)
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=7776000" in cookie
    assert response.json() == await cart(shopper)
    (line,) = response.json()["lines"]
    assert (line["item_id"], line["item_variant"], line["quantity"], line["price"]) == (
        "fairelane",
        "tan",
        2,
        129,
    )
    assert (await put(shopper, 1)).json()["count"] == 1
    assert (await put(shopper, 0)).json()["lines"] == []


async def test_more_than_there_is_is_refused_and_changes_nothing(shopper: AsyncClient) -> None:
    await put(shopper, 1)
    response = await put(shopper, 3)
    assert (response.status_code, response.json()) == (409, {"refused": "Only 2 left in tan"})
    assert (await cart(shopper))["count"] == 1
    sold_out = await put(shopper, 1, "cherry-bookcase", "walnut")
    assert sold_out.json() == {"refused": "Sold out in walnut"}


async def test_adding_counts_up_from_what_is_there(shopper: AsyncClient) -> None:
    form = {"item_id": "pennyhill", "option-0": "oak", "option-1": "600 mm", "quantity": "3"}
    for count in (3, 6):
        response = await shopper.post("/cart/add", data=form, headers=JSON)
        assert response.json()["count"] == count
    plain = await shopper.post("/cart/add", data=form)
    assert (plain.status_code, plain.headers["location"]) == (303, "/cart")
    refused = await shopper.post("/cart/add", data={**form, "quantity": "9"})
    assert refused.status_code == 409
    assert "Only 14 left in oak, 600 mm" in refused.text


@pytest.mark.parametrize("quantity", [-1, 100, 1.5, "2", True, None, [1], 10**30])
async def test_a_quantity_that_is_none_is_told_so(shopper: AsyncClient, quantity: Any) -> None:
    response = await put(shopper, quantity)
    assert (response.status_code, response.json()) == (
        400,
        {"error": "quantity: expected a whole number from 0 to 99"},
    )


@pytest.mark.parametrize(
    ("item_id", "item_variant", "words"),
    [
        ("sofa", "tan", "item_id"),
        ("fairelane", "gold", "item_variant"),
        (7, "tan", "two strings"),
        ("fairelane", None, "two"),
    ],
)
async def test_a_thing_that_is_not_sold_is_told_so(
    shopper: AsyncClient, item_id: Any, item_variant: Any, words: str
) -> None:
    response = await put(shopper, 1, item_id, item_variant)
    assert response.status_code == 400
    assert words in response.json()["error"]
    assert "sofa" not in response.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff", b"[" * 5000])
async def test_a_body_that_is_no_json_object_is_told_so(shopper: AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json", **JSON}
    response = await shopper.put("/cart/lines", content=body, headers=headers)
    assert response.status_code == 400
    assert response.json()["error"].startswith("Expected")


async def test_bodies_are_bounded_and_typed(shopper: AsyncClient) -> None:
    headers = {"content-type": "application/json", **JSON}
    assert (await shopper.put("/cart/lines", content=b" " * 20_000, headers=headers)).status_code == 413
    assert (
        await shopper.put("/cart/lines", content=b"{}", headers={**headers, "content-type": "text/plain"})
    ).status_code == 415
    assert (await shopper.post("/cart/add", json={}, headers=JSON)).status_code == 415
    assert (
        await shopper.post("/cart/add", data={f"f{n}": "" for n in range(60)}, headers=JSON)
    ).status_code == 400
    assert (await shopper.post("/cart/set", data={"quantity": "-1"}, headers=JSON)).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "http://shop.test"},
        {"sec-fetch-site": "same-site", "origin": "http://shop.test"},
        {"origin": "http://elsewhere.test"},
        {"origin": "null"},
        {"origin": "https://shop.test"},
        {},
    ],
)
async def test_a_write_from_elsewhere_is_forbidden(shopper: AsyncClient, headers: dict[str, str]) -> None:
    await put(shopper, 1)
    del shopper.headers["sec-fetch-site"], shopper.headers["origin"]
    line = {"item_id": "fairelane", "item_variant": "tan", "quantity": 2}
    assert (await shopper.put("/cart/lines", json=line, headers=headers)).status_code == 403
    assert (await shopper.post("/checkout", data=DELIVERY, headers=headers)).status_code == 403
    assert (await cart(shopper))["count"] == 1
    assert (
        await shopper.put("/cart/lines", json=line, headers={"origin": "http://shop.test"})
    ).status_code == 200


async def test_a_cart_is_its_own_shoppers(visitor: Visitor) -> None:
    sam, alex = visitor(), visitor()
    await put(sam, 1)
    assert (await cart(alex))["lines"] == []


async def test_a_cookie_that_we_did_not_make_is_no_cart(shopper: AsyncClient) -> None:
    shopper.cookies.set("basket", "chosen-by-somebody-else")
    response = await put(shopper, 1)
    assert response.status_code == 200
    assert "chosen" not in response.headers["set-cookie"]


async def test_codes_take_off_what_they_promise(shopper: AsyncClient) -> None:
    await put(shopper, 2)
    await shopper.post("/cart/code", data={"code": " alcove10 "})
    assert (await cart(shopper))["discount"] == 25.8
    ended = await shopper.post("/cart/code", data={"code": "SPRING26"})
    assert ended.status_code == 409
    assert "has ended" in ended.text
    assert "do not know that code" in (await shopper.post("/cart/code", data={"code": "<b>"})).text
    await shopper.post("/cart/code", data={"code": "WELCOME15"})
    assert (await cart(shopper))["discount"] == 15
    await put(shopper, 1)
    assert (await cart(shopper))["discount"] == 0
    assert (await shopper.post("/cart/code", data={"code": ""})).status_code == 303
    assert (await cart(shopper))["code"] == ""


async def test_an_order_takes_from_stock_and_empties_the_cart(shopper: AsyncClient, tmp_path: Path) -> None:
    await put(shopper, 2)
    await put(shopper, 4, "shelf-pins", "brass")
    placed = await order(shopper)
    assert placed.status_code == 303
    assert (await cart(shopper))["lines"] == []
    assert stock(tmp_path, "fairelane", "tan") == 0
    assert stock(tmp_path, "shelf-pins", "brass") == 10
    page = await shopper.get(placed.headers["location"])
    (event,) = events_of(page.text)
    assert event["event"] == "purchase"
    assert event["ecommerce"]["transaction_id"] in placed.headers["location"]
    assert (event["ecommerce"]["value"], event["ecommerce"]["shipping"]) == (266, 19)
    assert {item["item_id"]: item["quantity"] for item in event["ecommerce"]["items"]} == {
        "fairelane": 2,
        "shelf-pins": 4,
    }
    assert (await put(shopper, 1)).json() == {"refused": "Sold out in tan"}


async def test_an_order_is_placed_whole_or_not_at_all(visitor: Visitor, tmp_path: Path) -> None:
    sam, alex = visitor(), visitor()
    await put(sam, 4, "shelf-pins", "brass")
    await put(sam, 2)
    await put(alex, 1)
    await order(alex)
    refused = await order(sam)
    assert refused.status_code == 409
    assert "Fairelane bookcase: only 1 left in tan" in refused.text
    assert stock(tmp_path, "shelf-pins", "brass") == 14
    assert (await cart(sam))["count"] == 6
    assert (await put(sam, 1)).status_code == 200  # fewer is always allowed
    assert (await order(sam)).status_code == 303


async def test_the_last_one_is_sold_once(visitor: Visitor, tmp_path: Path) -> None:
    shoppers = [visitor() for _ in range(6)]
    for client in shoppers:
        await put(client, 2)
        await client.post("/checkout", data=DELIVERY)
    placed = await asyncio.gather(
        *(client.post("/checkout/payment", data={"payment": "on-delivery"}) for client in shoppers)
    )
    assert sorted(response.status_code for response in placed) == [303, 409, 409, 409, 409, 409]
    assert stock(tmp_path, "fairelane", "tan") == 0


async def test_an_order_shows_only_to_who_placed_it(visitor: Visitor) -> None:
    sam, alex = visitor(), visitor()
    await put(sam, 1)
    await put(alex, 1, "fairelane", "white")
    path = (await order(sam)).headers["location"]
    assert "Park Row" in (await sam.get(path)).text
    assert (await alex.get(path)).status_code == 404
    assert (await visitor().get(path)).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("postcode", "12345"),
        ("email", "sam"),
        ("tier", "drone"),
        ("telephone", "ring"),
        ("town", "x" * 61),
    ],
)
async def test_a_delivery_that_cannot_work_is_asked_again(
    shopper: AsyncClient, field: str, value: str
) -> None:
    await put(shopper, 1)
    response = await shopper.post("/checkout", data={**DELIVERY, field: value})
    assert response.status_code == 422
    assert f'href="#{field}"' in response.text
    assert 'value="4 Park Row"' in response.text
    assert (await shopper.post("/checkout/payment", data={"payment": "invoice"})).headers[
        "location"
    ] == "/checkout"


async def test_checkout_steps_tell_their_events(shopper: AsyncClient) -> None:
    assert (await shopper.get("/checkout")).headers["location"] == "/cart"
    await put(shopper, 1)
    (viewed,) = events_of((await shopper.get("/cart")).text)
    (begun,) = events_of((await shopper.get("/checkout")).text)
    await shopper.post("/checkout", data=DELIVERY)
    (shipping,) = events_of((await shopper.get("/checkout/payment")).text)
    assert [viewed["event"], begun["event"], shipping["event"]] == [
        "view_cart",
        "begin_checkout",
        "add_shipping_info",
    ]
    assert shipping["ecommerce"]["shipping_tier"] == "To your door"
    assert (await shopper.post("/checkout/payment", data={"payment": "gold"})).status_code == 409
