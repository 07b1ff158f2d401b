"""Writes the vectors that both languages run: what the Python core says, from fixed seeds.

`python -m tests.vectors.generate` writes them anew; a test checks that they are what this would write.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from cobrowse.core import cart as carts
from cobrowse.core.cart import Cart
from cobrowse.core.errors import Refusal
from cobrowse.core.line import line_id, parse_line_id
from tests.vectors.canonical import dump, plain
from tests.vectors.every_fact import every_fact, view_after
from tests.vectors.frames import client_frames, server_frames
from tests.vectors.histories import AUTHORS, cart_script, mutate, room_history, run_cart_script, seen_by

FOLDER = Path(__file__).parent

LINE = "fairelane?colour=tan"


def cart_join() -> list[Any]:
    """Pairs of carts and deltas, and what they make together."""
    cases = []
    for seed in range(24):
        a, b, c = run_cart_script(cart_script(Random(seed), 8 + seed))
        cases.append({"name": f"seed {seed}: two replicas", "a": a, "b": b, "joined": carts.join(a, b)})
        late = mutate(c, {"k": "increment", "line": LINE, "n": 2}, "3.900", 60)
        cases.append({"name": f"seed {seed}: a late delta", "a": b, "b": late, "joined": carts.join(b, late)})
    return cases


def cart_mutations() -> dict[str, Any]:
    return {"mutations": _mutations(), "concurrent": [_concurrent(*row) for row in _TABLE]}


def _mutations() -> list[Any]:
    """Each mutation on random carts: its delta, and the cart after it."""
    cases = []
    for seed in range(40):
        random = Random(f"mutations {seed}")
        cart = run_cart_script(cart_script(random, 20))[seed % 3]
        steps = [step for step in cart_script(random, 12) if step["do"] == "mutate"]
        for index, step in enumerate(steps[:2]):
            dot = carts.make_dot(9, index + 1)
            delta = mutate(cart, step["op"], dot, step["ts"])
            after = carts.join(cart, delta)
            cases.append(
                {
                    "cart": plain(cart),
                    "op": step["op"],
                    "dot": dot,
                    "ts": step["ts"],
                    "delta": delta,
                    "after": plain(after),
                    "holds": carts.project(after),
                }
            )
            cart = after
    return cases


_Change = Callable[[Cart, str, float], Cart]


def _add(n: int) -> _Change:
    return lambda cart, dot, ts: carts.increment(cart, LINE, n, dot, ts)


def _set(n: int) -> _Change:
    return lambda cart, dot, ts: carts.set_quantity(cart, LINE, n, cart.lines.get(LINE, {}), dot, ts)


_TABLE: list[tuple[str, list[_Change], _Change | None, int]] = [
    ("+1 and +1", [_add(1), _add(1)], None, 5),
    ("remove and +1", [_set(0), _add(1)], None, 1),
    ("set 5 and set 2, the second later", [_set(5), _set(2)], None, 2),
    ("set 2 and set 5, the second later", [_set(2), _set(5)], None, 5),
    ("set 5 and +1", [_set(5), _add(1)], None, 6),
    ("remove and set 2", [_set(0), _set(2)], None, 2),
    ("remove and remove", [_set(0), _set(0)], None, 0),
    ("-2 and -2, then +1: no hidden debt", [_add(-2), _add(-2)], _add(1), 1),
    ("-3 and +1", [_add(-3), _add(1)], None, 1),
    ("+98 and +98 and +99, the clamp is high", [_add(98), _add(98), _add(99)], None, 298),
]


def _concurrent(name: str, changes: list[_Change], then: _Change | None, quantity: int) -> dict[str, Any]:
    """Changes that several people make at once of a line with 3, and one made after all of them."""
    base = carts.increment(Cart(), LINE, 3, "1.1", 1)
    deltas = [change(base, f"{replica}.1", replica) for replica, change in enumerate(changes, start=2)]
    joined = base
    for delta in deltas:
        joined = carts.join(joined, delta)
    if then is not None:
        deltas.append(then(joined, "9.1", 9))
        joined = carts.join(joined, deltas[-1])
    if carts.quantity(joined.lines.get(LINE, {})) != quantity:
        raise AssertionError(f"{name}: expected {quantity}, got {carts.project(joined)}")
    return {
        "name": name,
        "base": base,
        "deltas": deltas,
        "joined": joined,
        "line": LINE,
        "quantity": quantity,
    }


def line_ids() -> dict[str, Any]:
    valid: list[tuple[str, dict[str, str], str]] = [
        ("7", {}, ""),
        ("fairelane", {"size": "60 cm", "colour": "tan"}, ""),
        ("a/b?c#d&e=f%g+h", {"k?=&#": "v?=&#"}, "to: me & you?"),
        ("it's (new)!*~-_.", {"it's": "(new)!*"}, "'()!*"),
        ("Möbel", {"größe": "60″", "Größe": "1"}, "Zoë"),
        ("書棚", {"色": "赤"}, "名前"),
        ("lamp", {"👋": "wave", "\ufb01": "ligature", "z": "z", "\ue000": "private"}, "👨‍👩‍👧"),
        ("tee", {"a": "1", "aa": "2", "A": "3", "": "empty name", "1": "", "10": "x", "9": "y"}, ""),
        ("tab\there\nthere\u0000", {}, " "),
        ("constructor", {"toString": "valueOf"}, "__proto__"),
    ]
    texts = [
        "",
        "?a=b",
        "#x",
        "a b",
        "a?b=2&a=1",
        "a?b",
        "a%2",
        "a%zz",
        "a%ff",
        "a%2f",
        "it's",
        "a?",
        "a#",
        "a?b=1&b=1",
    ]
    texts += [
        "a?b=1?c",
        "a#b#c",
        "a%41",
        "ä",
        "x" * 513,
        "a?" + "&".join(f"{n:02}=x" for n in range(13)),
        "a?b=c=d",
    ]
    return {
        "valid": [
            {
                "sku": sku,
                "options": options,
                "personalisation": personal,
                "id": line_id(sku, options, personal),
            }
            for sku, options, personal in valid
        ],
        "invalid": [text for text in texts if _is_refused(text)],
    }


def _is_refused(text: str) -> bool:
    try:
        parse_line_id(text)
    except Refusal:
        return True
    raise AssertionError(f"expected a refusal of {text!r}")


def room_histories() -> list[Any]:
    """Rooms from some moment on: view, entries and view after, for each side."""
    cases = []
    for seed in range(8):
        history = room_history(Random(f"rooms {seed}"), 60)
        for role, replica in (("shopper", 2), ("csa", 3)):
            cases.append(
                {
                    "name": f"seed {seed}, {role}",
                    "view": history.before[role],
                    "entries": history.seen_by(replica),
                    "after": history.after[role],
                }
            )
    log = every_fact()
    for begins in (0, len(log) // 2):
        for replica in (2, 3):
            role = AUTHORS[replica - 1].role
            cases.append(
                {
                    "name": f"every kind of fact, from {begins}, {role}",
                    "view": view_after(log[:begins], role),
                    "entries": seen_by(log[begins:], replica),
                    "after": view_after(log, role),
                }
            )
    return cases


def frames() -> dict[str, Any]:
    """One frame of each kind, and more, as bytes and as JSON."""
    return {
        "client": [{"frame": frame, "hex": _bytes(frame).hex()} for frame in client_frames()],
        "server": [{"frame": frame, "hex": _bytes(frame).hex()} for frame in server_frames()],
    }


def _bytes(frame: object) -> bytes:
    """As the codec writes it, but for the order in maps and sets, which differs from run to run."""
    return msgspec.msgpack.encode(frame, order="deterministic")


def documents() -> dict[str, str]:
    """The text of each file of vectors."""
    made = {
        "cart_join.json": cart_join(),
        "cart_mutations.json": cart_mutations(),
        "line_ids.json": line_ids(),
        "room_histories.json": room_histories(),
        "frames.json": frames(),
    }
    return {name: _lines(content) for name, content in made.items()}


def _lines(content: object) -> str:
    """JSON with one case a line, so that a change shows as the cases that it changes."""
    if isinstance(content, list):
        return "[\n" + ",\n".join(dump(case) for case in content) + "\n]\n"
    parts = (f"{json.dumps(key)}: {_lines(part).rstrip()}" for key, part in plain_items(content))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def plain_items(content: object) -> list[tuple[str, list[Any]]]:
    return list(msgspec.convert(plain(content), dict[str, list[Any]]).items())


if __name__ == "__main__":
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
