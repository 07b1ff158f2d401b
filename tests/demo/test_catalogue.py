"""The catalogue keeps its promises, and every variant has a picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cobrowse.demo.catalogue import ALCOVE_CLEARANCE_MM, Product, Variant, catalogue
from cobrowse.demo.drawing import Box, in_painting_order
from cobrowse.demo.finishes import FINISHES, darker, lighter, mix
from cobrowse.demo.fit import Alcove, fit, parse_alcove
from cobrowse.demo.listing import Query, find_products, read_query
from cobrowse.demo.pictures import PIECES, draw, picture

VARIANTS = [(product, variant) for product in catalogue().products for variant in product.variants]
STOCK = {(p.item_id, v.item_variant): v.opening_stock for p, v in VARIANTS}


def variant_of(item_id: str, name: str) -> Variant:
    product = catalogue().product(item_id)
    assert product
    variant = product.variant(name)
    assert variant
    return variant


def test_the_shop_is_large_enough_and_its_ids_are_unique() -> None:
    products = catalogue().products
    assert len(products) >= 42
    assert len({product.item_id for product in products}) == len(products)
    assert len({(p.item_id, v.item_variant) for p, v in VARIANTS}) == len(VARIANTS)


def test_some_variants_are_sold_out_and_some_are_scarce() -> None:
    stock = [variant.opening_stock for _, variant in VARIANTS]
    assert stock.count(0) >= 4
    assert stock.count(2) >= 4
    assert min(stock) == 0


@pytest.mark.parametrize("product", catalogue().products, ids=lambda product: product.item_id)
def test_every_product_is_described_priced_and_measured(product: Product) -> None:
    assert 80 < len(product.description) < 400
    assert product.piece in PIECES
    for variant in product.variants:
        assert variant.price_minor > 0
        assert min(variant.width_mm, variant.height_mm, variant.depth_mm) > 0
        assert variant.fits_alcove_from_mm == variant.width_mm + ALCOVE_CLEARANCE_MM
        assert variant.finish in FINISHES
        assert len(variant.options) == len(product.axes)


@pytest.mark.parametrize(("product", "variant"), VARIANTS, ids=lambda each: getattr(each, "item_id", None))
def test_every_variant_has_a_well_formed_picture(product: Product, variant: Variant) -> None:
    svg = draw(product, variant)
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(list(root)) > 4
    assert "nan" not in svg
    assert len(svg) < 120_000
    assert draw(product, variant) == svg


def test_there_is_no_picture_of_what_is_not_sold() -> None:
    assert picture("fairelane", "gold") is None
    assert picture("sofa", "oak") is None


def test_farther_boxes_are_painted_first() -> None:
    oak = FINISHES["oak"]
    back = Box((0, 100, 0, 100, 50, 60), oak)
    front = Box((0, 100, 0, 100, 0, 10), oak)
    upper = Box((0, 100, 100, 120, 0, 60), oak)
    right = Box((100, 120, 0, 100, 0, 60), oak)
    order = in_painting_order([upper, right, front, back])
    assert order.index(back) < order.index(front) < order.index(upper)
    assert order.index(front) < order.index(right)


def test_colours_mix_in_each_channel() -> None:
    assert mix("#000000", "#ff8000", 0.5) == "#804000"
    assert mix("#123456", "#ffffff", 0) == "#123456"
    assert lighter("#808080", 0.5) > "#808080" > darker("#808080", 0.5)


@pytest.mark.parametrize(
    ("width_mm", "fits"), [(600, True), (599, False), (580, False), (500, False), (900, True)]
)
def test_fairelane_fits_from_sixty_centimetres(width_mm: int, fits: bool) -> None:
    answer = fit(variant_of("fairelane", "tan"), Alcove(width_mm))
    assert answer.fits is fits
    assert answer.spare_mm == width_mm - 580


def test_height_decides_and_depth_only_informs() -> None:
    fairelane = variant_of("fairelane", "tan")
    assert not fit(fairelane, Alcove(700, height_mm=1985)).fits
    shallow = fit(fairelane, Alcove(700, height_mm=1990, depth_mm=200))
    assert shallow.fits
    assert "It stands out 80 mm in front." in shallow.reasons


@pytest.mark.parametrize("width", ["abc", "-5", "1e3", "99", "5001", "123456789", "٦٠٠٠٠"])
def test_sizes_that_are_no_sizes_are_named(width: str) -> None:
    alcove, errors = parse_alcove({"width": width})
    assert alcove is None
    assert set(errors) == {"width"}


def test_search_finds_by_name_finish_and_alcove() -> None:
    goods = catalogue()
    assert find_products(goods, STOCK, Query(words="Fairelane")).hits[0].product.item_id == "fairelane"
    for hit in find_products(goods, STOCK, Query(finish="walnut", width="620")).hits:
        assert hit.variant.finish == "walnut"
        assert hit.variant.width_mm + ALCOVE_CLEARANCE_MM <= 620
    assert find_products(goods, STOCK, Query(words="zebra")).total == 0


def test_pages_share_out_all_products_once() -> None:
    goods = catalogue()
    first = find_products(goods, STOCK, Query(sort="price"))
    pages = [find_products(goods, STOCK, Query(sort="price", page=n + 1)) for n in range(first.pages)]
    hits = [hit for page in pages for hit in page.hits]
    assert [hit.product.item_id for hit in hits] == list(dict.fromkeys(hit.product.item_id for hit in hits))
    assert len(hits) == len(goods.products)
    prices = [hit.variant.price_minor for hit in hits]
    assert prices == sorted(prices)
    assert find_products(goods, STOCK, Query(sort="price", page=999)).query.page == first.pages


def test_in_stock_only_never_shows_what_is_sold_out() -> None:
    listing = find_products(catalogue(), STOCK, Query(in_stock=True, finish="cherry"))
    assert listing.hits
    assert all(hit.left for hit in listing.hits)


def test_a_strange_address_becomes_a_plain_query() -> None:
    fields = {
        "category": "../",
        "finish": "<b>",
        "sort": "x",
        "page": "-1",
        "width": "9",
        "q": "  a \n b " + "x" * 200,
    }
    query = read_query(catalogue(), fields)
    assert query == Query(words=query.words)
    assert query.words.startswith("a b ")
    assert len(query.words) <= 80


def test_a_query_makes_the_address_that_makes_it() -> None:
    query = Query(
        words="low & wide", category="desks", finish="oak", width="900", in_stock=True, sort="price", page=2
    )
    from urllib.parse import parse_qsl, urlsplit

    fields = dict(parse_qsl(urlsplit(query.link("/search")).query))
    assert read_query(catalogue(), fields) == query
