"""The pages that lead to a product and the product's own: full navigations, rendered here."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from .catalogue import BRAND, CURRENCY, Product, Variant, ga4_item, picture_url
from .fit import fit, parse_alcove
from .listing import SORTS, Hit, Query, find_products, read_query
from .pictures import picture
from .views import Event, ga4, page, shop_of, stock_of

_ON_THE_FRONT_PAGE = ("fairelane", "base-and-shelves", "heath-armchair", "glow-table")
_PICTURE_MAX_AGE_S = 30 * 24 * 3600


def list_event(list_name: str, hits: tuple[Hit, ...]) -> Event:
    """GA4's view_item_list for the products shown."""
    return ga4("view_item_list", [ga4_item(h.product, h.variant) for h in hits], item_list_name=list_name)


async def home(request: Request) -> Response:
    """The front page."""
    shop = shop_of(request)
    stock = await stock_of(request)
    found = {hit.product.item_id: hit for hit in _everything(request, stock)}
    favourites = tuple(found[item_id] for item_id in _ON_THE_FRONT_PAGE)
    covers = [(category, shop.catalogue.within(category)[0]) for category in shop.catalogue.categories]
    return await page(
        request,
        "home.html",
        kind="home",
        title="Furniture that fits the gap you have",
        events=[list_event("Favourites", favourites)],
        favourites=favourites,
        covers=covers,
        hero=found["fairelane"],
    )


def _everything(request: Request, stock: dict[tuple[str, str], int]) -> list[Hit]:
    return [
        Hit(product, product.first, stock.get((product.item_id, product.first.item_variant), 0))
        for product in shop_of(request).catalogue.products
    ]


async def category_page(request: Request) -> Response:
    """One category, filtered and sorted by its address."""
    shop = shop_of(request)
    category = shop.catalogue.category(request.path_params["category"])
    if category is None:
        raise HTTPException(404)
    query = read_query(shop.catalogue, request.query_params, category=category.category_id)
    listing = find_products(shop.catalogue, await stock_of(request), query)
    finishes = dict.fromkeys(v.finish for p in shop.catalogue.within(category) for v in p.variants)
    return await page(
        request,
        "category.html",
        kind="category",
        title=category.title,
        events=[list_event(category.title, listing.hits)],
        category=category,
        listing=listing,
        finishes=list(finishes),
        sorts=SORTS,
    )


async def product_page(request: Request) -> Response:
    """One product, opened at the variant in its address."""
    product, variant = _product_of(request)
    stock = await stock_of(request)
    left = {v.item_variant: stock.get((product.item_id, v.item_variant), 0) for v in product.variants}
    alcove, errors = parse_alcove(request.query_params)
    others = find_products(
        shop_of(request).catalogue, stock, Query(category=product.category.category_id, in_stock=True)
    )
    return await page(
        request,
        "product.html",
        kind="product",
        title=f"{product.name} in {variant.item_variant}",
        events=[
            ga4("view_item", [ga4_item(product, variant)]),
            *([] if left[variant.item_variant] else [ga4("out_of_stock", [ga4_item(product, variant)])]),
        ],
        product=product,
        variant=variant,
        left=left,
        fit=fit(variant, alcove) if alcove else None,
        errors=errors,
        typed={name: request.query_params.get(name, "") for name in ("width", "height", "depth")},
        others=tuple(hit for hit in others.hits if hit.product != product)[:4],
        variants_json=[_variant_json(product, each, left[each.item_variant]) for each in product.variants],
    )


def _variant_json(product: Product, variant: Variant, left: int) -> dict[str, object]:
    return {
        **ga4_item(product, variant),
        "options": variant.options,
        "left": left,
        "width_mm": variant.width_mm,
        "height_mm": variant.height_mm,
        "depth_mm": variant.depth_mm,
        "fits_alcove_from_mm": variant.fits_alcove_from_mm,
    }


def _product_of(request: Request) -> tuple[Product, Variant]:
    product = shop_of(request).catalogue.product(request.path_params["item_id"])
    if product is None or product.category.category_id != request.path_params.get(
        "category", product.category.category_id
    ):
        raise HTTPException(404)
    return product, product.variant(request.query_params.get("variant", "")) or product.first


async def fit_answer(request: Request) -> Response:
    """The fit checker's answer alone, as a piece of HTML."""
    product, variant = _product_of(request)
    alcove, errors = parse_alcove(request.query_params)
    if alcove is None and not errors:
        errors["width"] = "Please measure the alcove's width."
    return await page(
        request,
        "_fit.html",
        kind="product",
        title=product.name,
        product=product,
        variant=variant,
        fit=fit(variant, alcove) if alcove else None,
        errors=errors,
    )


async def delivery(request: Request) -> Response:
    """Delivery and returns."""
    return await page(request, "delivery.html", kind="content", title="Delivery and returns")


async def contact(request: Request) -> Response:
    """How to reach the shop."""
    return await page(request, "contact.html", kind="content", title="Contact")


async def picture_file(request: Request) -> Response:
    """The drawing of a variant; other sites may show it, as the advisor's console does."""
    product, variant = _product_of(request)
    wanted = request.query_params.get("variant", variant.item_variant)
    svg = picture(product.item_id, wanted)
    if svg is None:
        raise HTTPException(404)
    headers = {
        "cache-control": f"public, max-age={_PICTURE_MAX_AGE_S}",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Response(svg, media_type="image/svg+xml", headers=headers)


async def feed(request: Request) -> Response:
    """The product feed: what a search over the shop's goods needs, with absolute addresses."""
    stock = await stock_of(request)
    origin = str(request.base_url).rstrip("/")
    products = []
    for product in shop_of(request).catalogue.products:
        item = ga4_item(product, product.first)
        del item["item_variant"]
        products.append(
            {
                **item,
                "item_url": origin + product.url(),
                "item_image": origin + item["item_image"],
                "description": product.description,
                "variants": [
                    {
                        "item_variant": v.item_variant,
                        "price": v.price_minor / 100,
                        "stock": stock.get((product.item_id, v.item_variant), 0),
                        "item_image": origin + picture_url(product, v),
                    }
                    for v in product.variants
                ],
            }
        )
    return JSONResponse({"currency": CURRENCY, "brand": BRAND, "products": products})


async def health(request: Request) -> Response:
    """200 when the ledger can be read."""
    await stock_of(request)
    return PlainTextResponse("ok\n")


ROUTES = [
    Route("/", home),
    Route("/delivery", delivery),
    Route("/contact", contact),
    Route("/feed.json", feed),
    Route("/healthz", health),
    Route("/pictures/{item_id}.svg", picture_file),
    Route("/fit/{item_id}", fit_answer),
    Route("/{category}", category_page),
    Route("/{category}/{item_id}", product_page),
]
