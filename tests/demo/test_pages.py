"""Every page answers, carries the one tag, and lets nothing inline run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from cobrowse.demo.catalogue import catalogue
from cobrowse.demo.guard import content_security_policy
from cobrowse.demo.shop import create_shop

TAG = '<script async src="http://127.0.0.1:8000/cobrowse.js" data-site="demo"></script>'
POLICY = (
    "default-src 'self'; script-src 'self' http://127.0.0.1:8000; "
    "connect-src 'self' http://127.0.0.1:8000 ws://127.0.0.1:8000; style-src 'self'; "
    "img-src 'self' data: http://127.0.0.1:8000; frame-src 'none'"
)
KINDS = {
    "/": "home",
    "/bookcases": "category",
    "/bookcases?finish=walnut&sort=price": "category",
    "/lamps?finish=tan": "category",
    "/bookcases/fairelane?variant=tan&width=600": "product",
    "/bookcases/fairelane?width=x": "product",
    "/search?q=oak&page=2": "search",
    "/search?q=nothing-like-it": "search",
    "/search?q=oak&view=fairelane": "search",
    "/planner": "content",
    "/planner?step=style&width=900": "content",
    "/planner?step=fits&width=900&finish=walnut": "content",
    "/planner?step=fits": "content",
    "/cart": "cart",
    "/delivery": "content",
    "/contact": "content",
}


def events_of(html: str) -> list[dict[str, Any]]:
    scripts = re.findall(r'<script type="application/json" data-events>(.*?)</script>', html, re.DOTALL)
    return [entry for script in scripts for entry in json.loads(script)]


async def assert_page(shopper: AsyncClient, path: str, kind: str) -> str:
    response = await shopper.get(path)
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    html = response.text
    assert html.count(TAG) == 1
    assert html.count("cobrowse.js") == 1
    assert f'<meta name="cobrowse:page" content="{kind}">' in html
    assert html.count("<h1") == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    for script in re.findall(r"<script([^>]*)>", html):
        assert "src=" in script or 'type="application/json"' in script
    return html


@pytest.mark.parametrize(("path", "kind"), KINDS.items())
async def test_every_page_has_the_tag_once_and_nothing_inline(
    shopper: AsyncClient, path: str, kind: str
) -> None:
    await assert_page(shopper, path, kind)


async def test_every_category_lists_its_products(shopper: AsyncClient) -> None:
    for category in catalogue().categories:
        html = await assert_page(shopper, f"/{category.category_id}", "category")
        (event,) = events_of(html)
        assert event["event"] == "view_item_list"
        listed = {item["item_id"] for item in event["ecommerce"]["items"]}
        assert listed == {product.item_id for product in catalogue().within(category)}


async def test_a_search_that_finds_nothing_and_a_code_that_is_refused_are_told(shopper: AsyncClient) -> None:
    found, none = [(await shopper.get(f"/search?q={words}")).text for words in ("oak", "hammock")]
    assert "search_without_result" not in [each["event"] for each in events_of(found)]
    assert events_of(none)[-1] == {"event": "search_without_result", "search_term": "hammock"}
    line = {"item_id": "fairelane", "item_variant": "cherry", "quantity": 1}
    assert (await shopper.put("/cart/lines", json=line)).status_code == 200
    refused = (await shopper.post("/cart/code", data={"code": "SUMMER"})).text
    assert events_of(refused)[-1] == {"event": "coupon_refused"}


async def test_every_product_says_what_was_viewed(shopper: AsyncClient) -> None:
    for product in catalogue().products:
        html = await assert_page(shopper, product.url(product.first), "product")
        event, *more = events_of(html)
        assert event["event"] == "view_item"
        sold_out = "Sold out</button>" in html
        assert [each["event"] for each in more] == ["out_of_stock"] * sold_out
        (item,) = event["ecommerce"]["items"]
        assert item == {
            "item_id": product.item_id,
            "item_name": product.name,
            "item_variant": product.first.item_variant,
            "item_category": product.category.title,
            "item_brand": "Alcove & Oak",
            "price": product.first.price_minor / 100,
            "item_url": product.url(product.first),
            "item_image": item["item_image"],
        }
        assert event["ecommerce"]["value"] == item["price"]
        picture = await shopper.get(item["item_image"])
        assert picture.headers["content-type"] == "image/svg+xml"
        assert "max-age=" in picture.headers["cache-control"]


async def test_a_search_tells_its_words_and_its_list(shopper: AsyncClient) -> None:
    events = events_of((await shopper.get("/search?q=cherry")).text)
    assert [event["event"] for event in events] == ["search", "view_item_list"]
    assert events[0]["search_term"] == "cherry"


async def test_a_fragment_is_the_page_without_its_frame(shopper: AsyncClient) -> None:
    for path in ("/search", "/planner", "/cart"):
        fragment = (await shopper.get(f"{path}/fragment")).text
        assert "<html" not in fragment
        assert "cobrowse.js" not in fragment
        assert "<h1" in fragment


async def test_words_from_an_address_are_escaped(shopper: AsyncClient) -> None:
    html = (await shopper.get("/search", params={"q": "</script><img src=x onerror=alert(1)>"})).text
    assert "<img src=x" not in html
    assert events_of(html)[0]["search_term"] == "</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("path", ["/nowhere", "/bookcases/sofa", "/desks/fairelane", "/orders/AO-0000-0000"])
async def test_what_is_not_there_is_a_page_too(shopper: AsyncClient, path: str) -> None:
    response = await shopper.get(path)
    assert response.status_code == 404
    assert TAG in response.text
    assert response.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize(
    "path", ["/pictures/sofa.svg", "/pictures/fairelane.svg?variant=gold", "/planner?step=x"]
)
async def test_unknown_pictures_and_steps_are_not_found(shopper: AsyncClient, path: str) -> None:
    assert (await shopper.get(path)).status_code == 404


async def test_the_fit_checker_answers(shopper: AsyncClient) -> None:
    assert "Yes, it fits." in (await shopper.get("/fit/fairelane?variant=tan&width=600")).text
    assert "No, not this one." in (await shopper.get("/fit/fairelane?variant=tan&width=590")).text
    assert "Please measure" in (await shopper.get("/fit/fairelane")).text


async def test_the_planner_shows_only_what_fits(shopper: AsyncClient) -> None:
    (event,) = events_of((await shopper.get("/planner?step=fits&width=640&height=1200")).text)
    assert event["ecommerce"]["items"]
    for item in event["ecommerce"]["items"]:
        product = catalogue().product(item["item_id"])
        variant = product.variant(item["item_variant"]) if product else None
        assert variant
        assert variant.width_mm <= 620
        assert variant.height_mm <= 1190


async def test_the_feed_has_every_product_with_absolute_addresses(shopper: AsyncClient) -> None:
    feed = (await shopper.get("/feed.json")).json()
    assert feed["currency"] == "GBP"
    assert len(feed["products"]) == len(catalogue().products)
    for product in feed["products"]:
        assert {"item_id", "item_name", "item_category", "item_brand", "price", "description"} <= set(product)
        assert product["item_url"].startswith("http://shop.test/")
        assert product["item_image"].startswith("http://shop.test/pictures/")
        for variant in product["variants"]:
            assert set(variant) == {"item_variant", "price", "stock", "item_image"}
            assert variant["item_image"].startswith("http://shop.test/pictures/")
            assert variant["stock"] >= 0
    assert (await shopper.get("/healthz")).text == "ok\n"


def test_the_policy_speaks_to_a_secure_server_by_a_secure_socket() -> None:
    assert "connect-src 'self' https://help.shop wss://help.shop;" in content_security_policy(
        "https://help.shop/"
    )


@pytest.mark.parametrize("server_url", ["help.shop", "ftp://help.shop", "javascript:1", "http://"])
def test_a_server_address_that_is_none_is_refused(tmp_path: Path, server_url: str) -> None:
    with pytest.raises(ValueError, match="server_url"):
        content_security_policy(server_url)
    shop = create_shop(server_url=server_url, site_key="demo", database=tmp_path / "shop.sqlite3")
    with pytest.raises(ValueError, match="server_url"):
        shop.build_middleware_stack()
