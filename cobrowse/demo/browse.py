"""The two places that change without a full navigation: the search and the alcove planner.

Each answers twice: as a page, and as the piece of it that the browser swaps in while it writes the history itself.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .catalogue import Catalogue, Product, ga4_item
from .fit import Fit, fit, parse_alcove
from .listing import SORTS, Hit, Query, find_products, read_query
from .pages import list_event
from .views import Event, ga4, page, shop_of, stock_of

_STEPS = ("measure", "style", "fits")
_MOST_SHOWN = 12


async def search(request: Request) -> Response:
    """Search results for the query in the address, with the quick view of a product when `view` names one."""
    shop = shop_of(request)
    query = read_query(shop.catalogue, request.query_params)
    stock = await stock_of(request)
    listing = find_products(shop.catalogue, stock, query)
    viewed = _viewed(request, query, stock)
    events: list[Event]
    if viewed:
        title = viewed.product.name
        events = [ga4("view_item", [ga4_item(viewed.product, viewed.variant)])]
    else:
        title = f"“{query.words}”" if query.words else "Search"
        title += f", page {listing.query.page}" if listing.query.page > 1 else ""
        events = [{"event": "search", "search_term": query.words}] if query.words else []
        events.append(list_event("Search results", listing.hits))
        if query.words and not listing.total:
            events.append({"event": "search_without_result", "search_term": query.words})
    return await page(
        request,
        _template(request, "search"),
        kind="search",
        title=title,
        events=events,
        listing=listing,
        viewed=viewed,
        sorts=SORTS,
        finishes=shop.catalogue.finishes(),
        query=listing.query,
    )


def _template(request: Request, name: str) -> str:
    return f"_{name}.html" if request.url.path.endswith("/fragment") else f"{name}.html"


def _viewed(request: Request, query: Query, stock: dict[tuple[str, str], int]) -> Hit | None:
    product = shop_of(request).catalogue.product(request.query_params.get("view", ""))
    if product is None:
        return None
    variant = next(
        (v for v in product.variants if not query.finish or v.finish == query.finish), product.first
    )
    return Hit(product, variant, stock.get((product.item_id, variant.item_variant), 0))


def _for_alcoves(catalogue: Catalogue) -> list[Product]:
    return [product for product in catalogue.products if product.category.for_alcoves]


async def planner(request: Request) -> Response:
    """One step of the planner: measure the alcove, choose a style, see what fits."""
    shop = shop_of(request)
    step = request.query_params.get("step", _STEPS[0])
    if step not in _STEPS:
        raise HTTPException(404)
    alcove, errors = parse_alcove(request.query_params)
    if step != "measure" and alcove is None:
        step = "measure"
        errors = errors or {"width": "Please measure the alcove's width."}
    finish = request.query_params.get("finish", "")
    found: list[tuple[Hit, Fit]] = []
    events: list[Event] = []
    if step == "fits" and alcove:
        stock = await stock_of(request)
        for product in _for_alcoves(shop.catalogue):
            tried = [(v, fit(v, alcove)) for v in product.variants if not finish or v.finish == finish]
            fitting = sorted((each for each in tried if each[1].fits), key=lambda each: each[1].spare_mm)
            if fitting:
                variant, answer = fitting[0]
                hit = Hit(product, variant, stock.get((product.item_id, variant.item_variant), 0))
                found.append((hit, answer))
        found = sorted(found, key=lambda each: each[1].spare_mm)[:_MOST_SHOWN]
        events = [list_event("Alcove planner", tuple(hit for hit, _ in found))]
    titles = {"measure": "Measure your alcove", "style": "Choose a style", "fits": "What fits"}
    return await page(
        request,
        _template(request, "planner"),
        kind="content",
        title=f"{titles[step]}: alcove planner",
        events=events,
        step=step,
        number=_STEPS.index(step) + 1,
        alcove=alcove,
        errors=errors,
        typed={name: request.query_params.get(name, "")[:8] for name in ("width", "height", "depth")},
        finish=finish,
        finishes=list(dict.fromkeys(v.finish for p in _for_alcoves(shop.catalogue) for v in p.variants)),
        found=found,
    )


ROUTES = [
    Route("/search", search),
    Route("/search/fragment", search),
    Route("/planner", planner),
    Route("/planner/fragment", planner),
]
