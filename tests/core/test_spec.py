"""The specification and the tests name each other; every word of the wire stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cobrowse.core import cart, protocol, room
from cobrowse.core.errors import Close, Refused
from cobrowse.core.messages import (
    MAX_FRAME_BYTES,
    MAX_OPERATION_BYTES,
    AnyClientFrame,
    AnyFact,
    AnyOperation,
    AnyServerFrame,
)

ROOT = Path(__file__).resolve().parents[2]
SPEC = (ROOT / "docs" / "SPEC.md").read_text(encoding="utf-8")
RULES = re.findall(r"^- \*\*([a-z]+\.\d+)\*\*", SPEC, re.MULTILINE)


def rule_text(rule: str) -> str:
    return SPEC.partition(f"**{rule}**")[2].partition("\n- **")[0]


def tags(union: object) -> set[str]:
    return {str(kind.__struct_config__.tag) for kind in getattr(union, "__args__", ())}


def named_rules() -> set[str]:
    """Every rule that the name of a test carries: test_cart3_..., or `cart.3 ...` in TypeScript."""
    named: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"(?:def|class) ([Tt]est\w+)", path.read_text(encoding="utf-8")):
            named |= {f"{a.lower()}.{n}" for a, n in re.findall(r"([A-Za-z]+?)(\d+)", name.replace("_", " "))}
    for folder in ("web", "agent_ui"):
        for path in (ROOT / folder).rglob("*.test.ts*"):
            if "node_modules" not in path.parts:
                for title in re.findall(
                    r"(?:test|it|describe)[\w.]*\(\s*['\"`](.*)", path.read_text(encoding="utf-8")
                ):
                    named |= {f"{a}.{n}" for a, n in re.findall(r"\b([a-z]+)\.?(\d+)\b", title)}
    return named


NAMED = named_rules()


def test_rules_are_numbered_without_a_gap() -> None:
    assert len(RULES) == len(set(RULES))
    areas = {rule.partition(".")[0] for rule in RULES}
    for area in areas:
        numbers = [int(rule.partition(".")[2]) for rule in RULES if rule.startswith(f"{area}.")]
        assert numbers == list(range(1, len(numbers) + 1)), area


@pytest.mark.parametrize("rule", RULES)
def test_a_test_names_each_rule(rule: str) -> None:
    assert rule in NAMED, f"no test in tests/ or web/ names {rule} (test_{rule.replace('.', '')}_...)"


def test_each_rule_that_a_docstring_cites_exists() -> None:
    for path in (ROOT / "cobrowse").rglob("*.py"):
        for cited in re.findall(r"SPEC ((?:[a-z]+\.\d+(?:, )?)+)", path.read_text(encoding="utf-8")):
            for rule in cited.strip(", ").split(", "):
                assert rule in RULES, f"{path.relative_to(ROOT)} cites {rule}, which is not in docs/SPEC.md"


@pytest.mark.parametrize(
    ("rule", "union"),
    [("wire.1", AnyClientFrame), ("wire.1", AnyServerFrame), ("room.3", AnyOperation), ("room.3", AnyFact)],
)
def test_every_frame_operation_and_fact_is_named(rule: str, union: object) -> None:
    assert tags(union)
    missing = {tag for tag in tags(union) if f"`{tag}`" not in rule_text(rule)}
    assert not missing


def test_room5_the_table_names_every_operation() -> None:
    assert {tag for tag in tags(AnyOperation) if f"`{tag}`" not in rule_text("room.5")} == set()


def test_wire9_the_table_is_exactly_the_close_codes() -> None:
    rows = re.findall(r"^\| (\d{4}) \| (\w+) \|", SPEC, re.MULTILINE)
    assert [(int(code), name) for code, name in rows] == [(code.value, code.name) for code in Close]


def test_room4_the_table_is_exactly_the_refusal_codes() -> None:
    assert re.findall(r"^\| `(\w+)` \|", rule_text("room.4"), re.MULTILINE) == [
        code.value for code in Refused
    ]


def test_the_numbers_are_the_codes() -> None:
    bounds = re.findall(r"[\d,]+", rule_text("cart.8"))
    for number in (
        cart.MAX_STEP,
        cart.MAX_QUANTITY,
        cart.MAX_LINES,
        cart.MAX_DOTS,
        cart.MAX_COUPONS,
        cart.MAX_NOTES,
        cart.MAX_NOTE_CHARS,
        cart.MAX_OPEN_PROPOSALS,
        cart.FOLD_AT_DOTS,
    ):
        assert f"{number:,}" in {text.strip(",") for text in bounds}, number
    for number in (MAX_FRAME_BYTES, MAX_OPERATION_BYTES):
        assert f"{number:,}" in rule_text("wire.2")
    limits = protocol.Limits()
    assert f"within {limits.hello_within_s:g} s" in rule_text("wire.3")
    rate = f"{limits.frames_per_s:g} frames a second, {limits.burst_frames:,.0f} in a burst"
    assert rate in " ".join(rule_text("wire.3").split())
    assert f"({limits.heartbeat_s:g} s)" in rule_text("wire.4")
    assert f"{cart.MAX_PROPOSALS} proposals" in rule_text("room.11")
    assert f"{room.MAX_CHANGES_IN_VIEW} changes" in rule_text("room.11")
