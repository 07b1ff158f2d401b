"""The shop's products, read once from the TOML files in `products/`."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

CURRENCY = "GBP"
BRAND = "Alcove & Oak"
ALCOVE_CLEARANCE_MM = 20  # a centimetre on either side: old walls are not parallel
USUAL_STOCK = 14


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be bought: a product in one finish, width and pack."""

    item_variant: str
    options: tuple[str, ...]
    finish: str
    width_mm: int
    height_mm: int
    depth_mm: int
    price_minor: int
    opening_stock: int

    @property
    def fits_alcove_from_mm(self) -> int:
        """The narrowest alcove, in millimetres, that takes this variant."""
        return self.width_mm + ALCOVE_CLEARANCE_MM


@dataclass(frozen=True, slots=True)
class Category:
    category_id: str
    title: str
    intro: str
    for_alcoves: bool


@dataclass(frozen=True, slots=True)
class Product:
    item_id: str
    name: str
    category: Category
    description: str
    piece: str
    axes: tuple[tuple[str, tuple[str, ...]], ...]
    variants: tuple[Variant, ...]
    traits: Mapping[str, int] = field(hash=False)

    @property
    def first(self) -> Variant:
        """The variant that is shown when none is asked for."""
        return self.variants[0]

    @property
    def from_minor(self) -> int:
        """The lowest price of all variants, in pence."""
        return min(variant.price_minor for variant in self.variants)

    def variant(self, item_variant: str) -> Variant | None:
        """The variant of that name, or None."""
        return next((each for each in self.variants if each.item_variant == item_variant), None)

    def url(self, variant: Variant | None = None) -> str:
        """The path of the product's page, opened at `variant` if there is one."""
        path = f"/{self.category.category_id}/{self.item_id}"
        return f"{path}?{urlencode({'variant': variant.item_variant})}" if variant else path


@dataclass(frozen=True, slots=True)
class Catalogue:
    categories: tuple[Category, ...]
    products: tuple[Product, ...]

    def product(self, item_id: str) -> Product | None:
        """The product of that id, or None."""
        return next((each for each in self.products if each.item_id == item_id), None)

    def category(self, category_id: str) -> Category | None:
        """The category of that id, or None."""
        return next((each for each in self.categories if each.category_id == category_id), None)

    def within(self, category: Category) -> list[Product]:
        """The products of one category, in the order of its file."""
        return [product for product in self.products if product.category == category]

    def finishes(self) -> list[str]:
        """The name of every finish in the shop, in order of first appearance."""
        return list(dict.fromkeys(v.finish for product in self.products for v in product.variants))


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The whole catalogue. Raises ValueError when a file contradicts itself."""
    categories: list[Category] = []
    products: list[Product] = []
    for file in sorted((Path(__file__).parent / "products").glob("*.toml")):
        table = tomllib.loads(file.read_text("utf-8"))
        category = Category(table["id"], table["title"], table["intro"], table["alcove"])
        categories.append(category)
        products.extend(_product(category, entry) for entry in table["product"])
    return Catalogue(tuple(categories), tuple(products))


def _product(category: Category, entry: Mapping[str, Any]) -> Product:
    width_mm, height_mm, depth_mm = entry["size"]
    finishes: dict[str, int] = entry["finishes"]
    widths: dict[str, int] = entry.get("widths", {str(width_mm): 0})
    packs: dict[str, int] = entry.get("packs", {"": 0})
    stock: dict[str, int] = entry.get("stock", {})
    variants = []
    for finish, width, pack in itertools.product(finishes, widths, packs):
        options = (finish, *([f"{width} mm"] if len(widths) > 1 else []), *([pack] if pack else []))
        price_pounds = entry["price"] + finishes[finish] + widths[width] + packs[pack]
        name = ", ".join(options)
        variants.append(
            Variant(
                item_variant=name,
                options=options,
                finish=finish,
                width_mm=int(width),
                height_mm=height_mm,
                depth_mm=depth_mm,
                price_minor=round(price_pounds * 100),
                opening_stock=stock.get(name, USUAL_STOCK),
            )
        )
    if unknown := set(stock) - {variant.item_variant for variant in variants}:
        raise ValueError(f"{entry['id']}: stock is given for {sorted(unknown)}, which are not variants")
    axes = [("Finish", tuple(finishes))]
    if len(widths) > 1:
        axes.append(("Width", tuple(f"{width} mm" for width in widths)))
    if len(packs) > 1:
        axes.append(("Pack", tuple(packs)))
    return Product(
        item_id=entry["id"],
        name=entry["name"],
        category=category,
        description=entry["description"],
        piece=entry["piece"],
        axes=tuple(axes),
        variants=tuple(variants),
        traits=entry.get("traits", {}),
    )


def ga4_item(product: Product, variant: Variant, quantity: int | None = None) -> dict[str, Any]:
    """One item with GA4's field names; price in pounds, item_url and item_image as paths."""
    item: dict[str, Any] = {
        "item_id": product.item_id,
        "item_name": product.name,
        "item_variant": variant.item_variant,
        "item_category": product.category.title,
        "item_brand": BRAND,
        "price": variant.price_minor / 100,
        "item_url": product.url(variant),
        "item_image": picture_url(product, variant),
    }
    return item if quantity is None else {**item, "quantity": quantity}


def picture_url(product: Product, variant: Variant) -> str:
    """The path of the variant's picture."""
    return f"/pictures/{product.item_id}.svg?{urlencode({'variant': variant.item_variant})}"
