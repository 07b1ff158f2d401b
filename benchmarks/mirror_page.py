"""The shop pages that the mirror is measured on: a listing of products, as large as asked for, and its style sheet."""

from __future__ import annotations

import math

NODES_A_CARD = 21
RULES = 420

_CARD = """<article class="card u{u}" id="card-{n}"><a class="card-link" href="/p/{n}?from=list">\
<img class="card-picture" src="/dot.png" width="96" height="96" alt="Shelf {n}">\
<h3 class="card-name">Alcove shelf {n}</h3>\
</a><p class="card-words muted">Solid oak, oiled, {n} cm deep. Made to measure.</p><p class="card-price">£{n}.00</p>\
<ul class="chips"><li class="chip">Oak</li><li class="chip">Ash</li><li class="chip">Walnut</li></ul>\
<label class="pick">How many <input type="number" name="quantity" value="1"></label>\
<button type="button" class="button add">Add to basket</button></article>"""


def style_sheet(rules: int = RULES) -> str:
    """About as much CSS as a shop has: `rules` rules of utility classes after those of the cards."""
    own = """
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 12px; padding: 16px }
.card { border: 1px solid #d8d2c4; border-radius: 8px; padding: 10px; font: 14px/1.4 "Liberation Sans", sans-serif }
.card-name { font-size: 16px; margin: 4px 0 } .card-price { font-weight: 700; color: #2a5748 }
.card.is-new { outline: 2px solid #2a5748 } .card.is-low .card-price { color: #a03a2a } .muted { color: #6b665c }
.chips { display: flex; gap: 4px; padding: 0; list-style: none } .chip { border: 1px solid #ccc; padding: 0 6px }
.button { background: #2a5748; color: #fff; border: 0; border-radius: 6px; padding: 6px 12px }
.button:hover { opacity: .9 }
"""
    return own + "\n".join(
        f".u{number} {{ margin-block: {number % 7}px; letter-spacing: {number % 3 / 100}em;"
        f" background-color: rgb({number % 256} {number * 7 % 256} {number * 13 % 256} / 4%) }}"
        f" @media (min-width: {400 + number}px) {{ .u{number}:hover > .card-name {{ opacity: .{number % 9 + 1} }} }}"
        for number in range(rules)
    )


def page(nodes: int, head: str = "") -> str:
    """A listing with at least this many nodes, texts included; `head` is put into its head."""
    cards = "".join(
        _CARD.format(n=number, u=number % RULES) for number in range(1, math.ceil(nodes / NODES_A_CARD) + 1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shelves</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/shop.css">{head}</head><body><header class="top"><h1>Shelves</h1>'
        '<form><label>Search <input type="search" name="q"></label></form></header>'
        f'<main class="grid" id="grid">{cards}</main>'
        '<footer class="muted"><p class="price" id="mark">£0</p></footer></body></html>'
    )
