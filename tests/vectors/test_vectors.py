"""The Python core runs the vectors that the browser's code runs too."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from cobrowse.core import cart as carts
from cobrowse.core.cart import Cart
from cobrowse.core.codec import decode_client, decode_server
from cobrowse.core.errors import Refusal
from cobrowse.core.line import line_id, parse_line_id
from tests.vectors.canonical import dump
from tests.vectors.generate import FOLDER, documents
from tests.vectors.histories import mutate


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def cart_of(value: object) -> Cart:
    return msgspec.convert(value, Cart)


def test_wire2_vectors_are_what_the_core_says_today() -> None:
    for name, text in documents().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            f"{name} differs: run python -m tests.vectors.generate, and say in the commit why the wire changed"
        )


def test_cart1_join_vectors_either_way_round() -> None:
    for case in read("cart_join.json"):
        a, b = cart_of(case["a"]), cart_of(case["b"])
        assert dump(carts.join(a, b)) == dump(carts.join(b, a)) == dump(case["joined"]), case["name"]


def test_cart3_concurrent_changes_of_a_line_with_three() -> None:
    for case in read("cart_mutations.json")["concurrent"]:
        cart = cart_of(case["base"])
        for delta in reversed(case["deltas"]):
            carts.absorb(cart, cart_of(delta))
        assert dump(cart) == dump(case["joined"]), case["name"]
        assert carts.quantity(cart.lines.get(case["line"], {})) == case["quantity"], case["name"]


def test_cart1_mutation_vectors() -> None:
    for case in read("cart_mutations.json")["mutations"]:
        cart = cart_of(case["cart"])
        delta = mutate(cart, case["op"], case["dot"], case["ts"])
        assert dump(delta) == dump(case["delta"])
        carts.absorb(cart, delta)
        assert dump(cart) == dump(case["after"])
        assert carts.project(cart) == case["holds"]


def test_cart2_line_id_vectors() -> None:
    vectors = read("line_ids.json")
    for case in vectors["valid"]:
        line = (case["sku"], case["options"], case["personalisation"])
        assert line_id(*line) == case["id"]
        assert parse_line_id(case["id"]) == line
    for text in vectors["invalid"]:
        with pytest.raises(Refusal):
            parse_line_id(text)


def test_wire2_frame_vectors() -> None:
    vectors = read("frames.json")
    for decode, side in ((decode_client, "client"), (decode_server, "server")):
        for case in vectors[side]:
            assert dump(decode(bytes.fromhex(case["hex"]))) == dump(case["frame"])
