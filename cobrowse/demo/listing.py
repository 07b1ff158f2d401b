"""Finding products: words, filters, order and pages, for the category pages and the search alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from .catalogue import Catalogue, Product, Variant
from .fit import Alcove, fit, parse_alcove

PAGE_SIZE = 12
MAX_WORDS_LENGTH = 80
SORTS = {
    "best": "Best match",
    "price": "Price, low to high",
    "price-down": "Price, high to low",
    "narrow": "Narrowest first",
    "name": "Name",
}
StockLevels = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Query:
    """What a shopper asks for. Unknown values are dropped when it is read, so that any link works."""

    words: str = ""
    category: str = ""
    finish: str = ""
    width: str = ""  # of an alcove, as it was typed
    in_stock: bool = False
    sort: str = "best"
    page: int = 1

    def link(self, path: str, **changes: object) -> str:
        """The address of this query at `path` with `changes` made; defaults are left out."""
        asked = replace(self, **changes)  # type: ignore[arg-type]
        fields = {
            "q": asked.words,
            "category": asked.category,
            "finish": asked.finish,
            "width": asked.width,
            "in_stock": "1" if asked.in_stock else "",
            "sort": asked.sort if asked.sort != "best" else "",
            "page": str(asked.page) if asked.page > 1 else "",
        }
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Hit:
    product: Product
    variant: Variant  # the one that answers the query best
    left: int


@dataclass(frozen=True, slots=True)
class Listing:
    query: Query
    hits: tuple[Hit, ...]
    total: int
    pages: int


def read_query(catalogue: Catalogue, fields: Mapping[str, str], *, category: str = "") -> Query:
    """The query in an address's fields."""
    page = fields.get("page", "1")
    asked = category or fields.get("category", "")
    alcove, _ = parse_alcove({"width": fields.get("width", "")})
    return Query(
        words=" ".join(fields.get("q", "")[:MAX_WORDS_LENGTH].split()),
        category=asked if catalogue.category(asked) else "",
        finish=fields.get("finish", "") if fields.get("finish", "") in catalogue.finishes() else "",
        width=str(alcove.width_mm) if alcove else "",
        in_stock=fields.get("in_stock") == "1",
        sort=fields.get("sort", "best") if fields.get("sort", "best") in SORTS else "best",
        page=int(page) if page.isdecimal() and 0 < len(page) < 4 and int(page) else 1,
    )


def find_products(catalogue: Catalogue, stock: StockLevels, query: Query) -> Listing:
    """One page of the products that match, best first; the last page when the one asked for lies beyond it."""
    ranked: list[tuple[int, Hit]] = []
    for product in catalogue.products:
        if query.category and product.category.category_id != query.category:
            continue
        score = _score(product, query.words)
        hit = _best_variant(product, stock, query) if score else None
        if hit:
            ranked.append((score, hit))
    hits = [hit for _, hit in _sorted(ranked, query.sort)]
    pages = max(1, -(-len(hits) // PAGE_SIZE))
    page = min(query.page, pages)
    shown = tuple(hits[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    return Listing(replace(query, page=page), shown, len(hits), pages)


def _score(product: Product, words: str) -> int:
    """0 when a word is found nowhere; otherwise higher the nearer to the name the words are found."""
    if not words:
        return 1
    places = (
        (8, product.name),
        (4, product.category.title),
        (3, " ".join(variant.item_variant for variant in product.variants)),
        (1, product.description),
    )
    total = 0
    for word in re.findall(r"\w+", words.lower()):
        stem = word.removesuffix("s") if len(word) > 3 else word
        best = max(
            weight if re.search(rf"\b{re.escape(stem)}", text.lower()) else 0 for weight, text in places
        )
        if not best:
            return 0
        total += best
    return total


def _best_variant(product: Product, stock: StockLevels, query: Query) -> Hit | None:
    wanted = [variant for variant in product.variants if not query.finish or variant.finish == query.finish]
    if query.width:
        if not product.category.for_alcoves:
            return None
        alcove = Alcove(int(query.width))
        wanted = sorted((v for v in wanted if fit(v, alcove).fits), key=lambda v: -v.width_mm)
    hits = [
        Hit(product, variant, stock.get((product.item_id, variant.item_variant), 0)) for variant in wanted
    ]
    if query.in_stock:
        hits = [hit for hit in hits if hit.left]
    return next((hit for hit in hits if hit.left), hits[0]) if hits else None


def _sorted(ranked: list[tuple[int, Hit]], sort: str) -> list[tuple[int, Hit]]:
    match sort:
        case "price":
            return sorted(ranked, key=lambda each: each[1].variant.price_minor)
        case "price-down":
            return sorted(ranked, key=lambda each: -each[1].variant.price_minor)
        case "narrow":
            return sorted(ranked, key=lambda each: each[1].variant.width_mm)
        case "name":
            return sorted(ranked, key=lambda each: each[1].product.name)
        case _:
            return sorted(ranked, key=lambda each: -each[0])
