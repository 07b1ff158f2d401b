"""A picture of every variant, drawn from what the catalogue says about it."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from random import Random

from .casework import CASEWORK, Order
from .catalogue import Product, Variant, catalogue
from .drawing import paint
from .finishes import FINISHES
from .joinery import JOINERY

PIECES = CASEWORK | JOINERY
_HANGING = frozenset(
    {"alcove", "nook", "corner", "board", "bracketed", "ledge", "pendant", "lightbar", "walllamp"}
)


@lru_cache(maxsize=256)
def picture(item_id: str, item_variant: str) -> str | None:
    """The SVG of one variant, the same for ever; None when there is no such variant."""
    product = catalogue().product(item_id)
    variant = product.variant(item_variant) if product else None
    if product is None or variant is None:
        return None
    return draw(product, variant)


def draw(product: Product, variant: Variant) -> str:
    """The SVG of `variant`. The seed is the product's alone: another finish keeps the books on its shelves."""
    order = Order(
        w=variant.width_mm,
        h=variant.height_mm,
        d=variant.depth_mm,
        finish=FINISHES[variant.finish],
        traits=dict(product.traits),
        random=Random(product.item_id),
    )
    solids = PIECES[product.piece](order)
    title = escape(f"{product.name} in {variant.item_variant}")
    return paint(
        solids,
        title=title,
        seed=product.item_id,
        hangs=product.piece in _HANGING | {"pegs", "knob", "handle", "hook"},
    )
