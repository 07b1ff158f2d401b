"""Pages that mean harm, as batches of a mirror: made by hand, and real ones that a seed has bent."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.core.hostile_nodes import (
    ADDRESSES,
    EVENTS,
    MARKUP,
    ODD_KEYS,
    RUN,
    STYLES,
    Event,
    changes,
    deep,
    el,
    mutation,
    nodes,
    numbered,
    text,
)

Batch = list[Event]
NODES = nodes()


def whole(*body: Event, head: tuple[Event, ...] = (), **more: Any) -> Batch:
    """A page with this in it: document 1, html 2, head 3, body 4."""
    root = el("html", {**el("head", *head), "id": 3}, {**el("body", *body), "id": 4})
    document = {
        "type": 0,
        "id": 1,
        "childNodes": [{"type": 1, "name": "html", "id": 5}, {**root, "id": 2}],
        **more,
    }
    numbered(document, 10)
    size = {"href": "", "width": 1200, "height": 800}
    return [{"type": 4, "timestamp": 1, "data": size}, snapshot(document)]


def snapshot(node: Event) -> Event:
    return {
        "type": 2,
        "timestamp": 1,
        "data": {"node": node, "initialOffset": {"top": 0, "left": 0}},
    }


def add(node: Event, parent: int = 4, **more: Any) -> Event:
    numbered(node, 5000)
    return mutation(adds=[{"parentId": parent, "nextId": None, "node": node, **more}])


def ground() -> Batch:
    """The page that `changes` are about."""
    return whole(
        {**el("p", {**text("a paragraph"), "id": 11}), "id": 10},
        {**el("style", {**text("p { color: red }", isStyle=True), "id": 13}), "id": 12},
        {**el("iframe"), "id": 14},
        {**el("canvas"), "id": 15},
    )


def copy_of(node: Event) -> Event:
    copied: Event = json.loads(json.dumps(node))
    return copied


def crafted() -> Iterator[tuple[str, list[Batch]]]:
    """Each with its name: the batches of one page, of which the last means harm."""
    for place, node in enumerate(NODES):
        name = f"{place} {node.get('tagName', node['type'])} {json.dumps(node.get('attributes', ''))[:60]}"
        yield f"page {name}", [whole(copy_of(node), text("beside"), head=(copy_of(node),))]
        both = [*add(copy_of(node))["data"]["adds"], *add(copy_of(node), 14)["data"]["adds"]]
        yield f"added {name}", [ground(), [mutation(adds=both)]]
        if node.get("attributes"):
            to = [{"id": each, "attributes": node["attributes"]} for each in (4, 10, 12, 14, 15)]
            yield f"attributes {name}", [ground(), [mutation(attributes=to)]]
    for place, each in enumerate(changes()):
        yield f"change {place} {json.dumps(each)[:80]}", [ground(), [each]]
        yield f"change {place} first", [[each]]
    yield (
        "quirks without a child",
        [[snapshot({"type": 0, "id": 1, "compatMode": "BackCompat", "childNodes": []})]],
    )
    yield "a page that is a text", [[snapshot({"type": 3, "id": 1, "textContent": RUN})]]
    yield "one id for all", [whole(*({**el("p", {**text("x"), "id": 7}), "id": 7} for _ in range(50)))]
    yield (
        "documents in documents",
        [whole({"type": 0, "childNodes": [{"type": 0, "childNodes": [el("script", text(RUN))]}]})],
    )
    yield "two pages at once", [whole(text("one")) + whole(text("two"))]
    yield "deep", [whole(deep(400))]
    yield "deep, added", [ground(), [add(deep(400))]]


def real() -> list[Batch]:
    """Batches of two pages as the recorder sent them: a product's, and one that has everything that a page can have."""
    file = Path(__file__).parents[1] / "vectors" / "page_batches.json.gz"
    pages = json.loads(gzip.decompress(file.read_bytes()))
    return [batch for name in ("product", "everything") for batch in pages[name]]


SCALARS: list[Any] = [
    *(None, True, False, 0, -1, -2, -3, 1, 4, 2**31, 2**53 + 1, -1e308, 1e308, "", "x", [], {}, [[]]),
    *(RUN, MARKUP, *ADDRESSES, *STYLES[:-2]),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in the value with one of its keys."""
    pairs = list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    )
    for key, inner in pairs:
        yield value, key
        yield from places(inner)


def bend(chance: random.Random, events: Batch) -> Batch:
    """A copy with a few things wrong: what they are is the chance's."""
    bent: Batch = json.loads(json.dumps(events))
    for _ in range(chance.randint(1, 6)):
        where = list(places(bent))
        if not where:
            return bent
        holder, key = chance.choice(where)
        found = [held[at] for held, at in where if isinstance(held[at], dict) and "tagName" in held[at]]
        node = chance.choice(found) if found else el("p")
        hostile = numbered_copy(chance)
        match chance.randrange(10):
            case 0:
                holder[key] = chance.choice(SCALARS)
            case 1 if isinstance(holder, dict):
                del holder[key]
            case 2:
                node.setdefault("childNodes", []).insert(0, hostile)
            case 3:
                node.setdefault("attributes", {})[
                    chance.choice(
                        [
                            *EVENTS,
                            *ODD_KEYS,
                            "src",
                            "href",
                            "style",
                            "srcdoc",
                            "_cssText",
                            "class",
                            "xlink:href",
                            "data-cobrowse-picture",
                            "rr_dataURL",
                        ]
                    )
                ] = chance.choice(SCALARS)
            case 4:
                node["tagName"] = chance.choice(NODES[:60]).get("tagName", "div")
            case 5:
                node["id"] = chance.choice(
                    [0, -1, 1, 2, 4, 2**31 - 1, *(each.get("id", 9) for each in found[:9])]
                )
            case 6:
                node[
                    chance.choice(
                        ["isSVG", "isShadow", "isShadowHost", "isCustom", "isStyle", "rootId", "type"]
                    )
                ] = chance.choice([True, False, 0, 1, 2, 3, 4, 5])
            case 7:
                other = copy_of(chance.choice(found or [el("p")]))
                node.setdefault("childNodes", []).append(other)
            case 8:
                bent.insert(chance.randrange(len(bent) + 1), chance.choice(changes()))
            case _:
                if isinstance(holder, list):
                    chance.shuffle(holder)
                else:
                    holder[chance.choice(ODD_KEYS)] = holder[key]
    return bent


def numbered_copy(chance: random.Random) -> Event:
    node = copy_of(chance.choice(NODES))
    numbered(node, chance.choice([1, 10, 7000]))
    return node


def bent(seed: int, pages: list[Batch]) -> list[Batch]:
    """One bent page, or a bent batch after a whole page."""
    chance = random.Random(seed)
    snapshots = [batch for batch in pages if any(event["type"] == 2 for event in batch)]
    page = chance.choice([*snapshots, ground()])
    if chance.random() < 0.5:
        return [bend(chance, page)]
    return [page, bend(chance, chance.choice([*pages, [chance.choice(changes())]]))]
