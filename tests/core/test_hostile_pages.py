"""Hostile pages at the server: what it lets through names nothing that runs, loads or leads away. SPEC mirror.4."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from cobrowse.core.mirror import Checked, MirrorRefused, check
from tests.core.hostile_nodes import FOREIGN, RUN, changes, deep
from tests.core.hostile_pages import Batch, bent, crafted, ground, real, whole

BENT = 150

RUNS = re.compile(
    "(?:script|noscript|template|object|embed|applet|frame|frameset|base|meta|portal|fencedframe|math|annotation-xml"
    "|animate|set|xmp|plaintext|selectedcontent|mglyph)$"
)
ADDRESS = re.compile(r"https?://|#|\Z|data:image/(?:png|jpeg|gif|webp|avif);base64,", re.IGNORECASE)
ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?|/\*.*?\*/", re.IGNORECASE | re.DOTALL)
CSS_HARM = re.compile(r"@import|expression\(|javascript:|</style|-moz-binding|behavior:\s*url", re.IGNORECASE)


def through_server(batch: Batch) -> str | None:
    """The batch as the server hands it on; None where it refuses it."""
    try:
        checked = check(json.dumps(batch).encode("utf-8", "surrogatepass"), deflated=False)
    except MirrorRefused:
        return None
    return unpacked(checked)


def unpacked(checked: Checked) -> str:
    return (zlib.decompress(checked.body, -15) if checked.deflated else checked.body).decode()


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from dicts(inner)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def faults(passed: str) -> list[str]:
    """What is wrong with a batch that the server let through, weighed by other means than its own."""
    found: list[str] = []
    for each in dicts(json.loads(passed)):
        tag = str(each.get("tagName", "")).lower()
        if RUNS.match(tag) or (each.get("type") == 4 and "textContent" in each):
            found.append(f"element {tag}")
        found += [
            f"node {child['type']} in {tag}"
            for child in each.get("childNodes") or []
            if child["type"] == 0 or (tag == "style" and child["type"] != 3)
        ]
        attributes = each.get("attributes")
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            if re.match(
                r"on|srcdoc|srcset|ping|target|action|formaction|http-equiv|is$|rr_data|rr_media|rr_src",
                name,
                re.IGNORECASE,
            ):
                found.append(f"attribute {name}")
            is_address = name.lower() in ("href", "src", "poster", "xlink:href") and isinstance(value, str)
            if is_address and (tag == "iframe" or not ADDRESS.match(value)):
                found.append(f"address {name}={value[:40]}")
            if name.lower() in ("style", "_csstext"):
                found += [f"css {css[:60]}" for css in texts(value) if harmful(css)]
        if tag == "style" or each.get("isStyle"):
            found += [f"css {css[:60]}" for css in texts(each.get("textContent", "")) if harmful(css)]
        for name in ("rule", "replace", "replaceSync"):
            if isinstance(each.get(name), str) and harmful(each[name]):
                found.append(f"css {each[name][:60]}")
    return found


def harmful(css: str) -> bool:
    plain = ESCAPE.sub(lambda found: chr(int(found[1], 16) % 0x110000) if found[1] else "", css)
    return CSS_HARM.search(css) is not None or CSS_HARM.search(plain) is not None


def test_mirror4_nothing_that_harms_passes_the_server() -> None:
    seen = refused = 0
    for name, batches in crafted():
        for batch in batches:
            passed = through_server(batch)
            seen += 1
            refused += passed is None
            if passed is not None:
                assert faults(passed) == [], name
                assert through_server(json.loads(passed)) == passed, f"{name}: passes as it is from then on"
    assert seen > 900
    assert 20 < refused < seen / 10, "most of these lose what harms, and the rest of the page stays"


def test_mirror4_real_pages_pass_whole_and_bent_ones_without_harm() -> None:
    pages = real()
    for batch in pages:
        passed = through_server(batch)
        assert passed is not None
        assert faults(passed) == []
    refused = 0
    for seed in range(BENT):
        for batch in bent(seed, pages):
            passed = through_server(batch)
            refused += passed is None
            if passed is not None:
                assert faults(passed) == [], f"seed {seed}"
                assert through_server(json.loads(passed)) == passed, f"seed {seed}"
    assert BENT / 10 < refused < BENT, "the seeds bend neither too little nor too much"


def test_mirror4_the_oracle_knows_harm() -> None:
    hostile = [batch for _, batches in crafted() for batch in batches]
    assert len([batch for batch in hostile if faults(json.dumps(batch))]) > 400


@pytest.mark.parametrize("levels", [10_000, 100_000])
def test_mirror4_a_page_of_endless_depth_is_refused(levels: int) -> None:
    text = json.dumps(whole()).replace(
        '"id": 3',
        '"id": 3, "childNodes": ' + '[{"type":2,"id":9,"childNodes":' * levels + "[]" + "}]" * levels,
        1,
    )
    with pytest.raises(MirrorRefused):
        check(text.encode(), deflated=False)
    assert through_server([*ground(), *whole(deep(100))]) is not None


def test_mirror4_keys_of_the_language_are_only_words() -> None:
    passed = through_server([change for change in changes() if "__proto__" in change])
    assert passed is not None
    assert "polluted" not in passed
    assert RUN not in (through_server(whole({"type": 3, "textContent": "x", "onload": RUN})) or "")
    assert FOREIGN not in (through_server([{**whole()[1], "source": FOREIGN}]) or "")
