"""The carts that a file says: plain counting, on purpose without a line of the cart's own code.

`add_to_cart` adds one; `remove_from_cart` takes the whole line away, since a row says which product, not how many;
`purchase` empties the cart; everything else leaves it alone, and so does a row without a product. A cart goes on over a
shopper's sessions.
"""

from __future__ import annotations

from collections.abc import Iterable

from cobrowse.simulate.stream import Event

LINES_CAP = 200
QUANTITY_CAP = 999
"""A cart holds no more than this: what a shopper adds beyond it is refused, so it is not counted here either."""

IdealCart = dict[str, int]


def ideal_carts(events: Iterable[Event]) -> dict[str, IdealCart]:
    """Each shopper's cart after the last of these events: pieces by product number, nothing for what is not in it."""
    carts: dict[str, IdealCart] = {}
    for event in events:
        cart = carts.setdefault(event.shopper, {})
        if event.name == "purchase":
            cart.clear()
        elif event.name == "remove_from_cart":
            cart.pop(event.item, None)
        elif event.name == "add_to_cart" and event.item:
            held = cart.get(event.item, 0)
            if held < QUANTITY_CAP and (held or len(cart) < LINES_CAP):
                cart[event.item] = held + 1
    return carts
