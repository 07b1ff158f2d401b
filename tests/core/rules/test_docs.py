"""docs/rules.md says all there is: every key, fact, function, filter and limit."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from cobrowse.core.rules.cel.overloads import FUNCTIONS, METHODS, shown
from cobrowse.core.rules.cel.tree import MACROS
from cobrowse.core.rules.facts import EXAMPLES, FACTS, as_cel
from cobrowse.core.rules.limits import Cause
from cobrowse.core.rules.pieces import AFTER_KEYS
from cobrowse.core.rules.scenarios import STEPS, parse_scenarios
from cobrowse.core.rules.syntax import OFFER_KEYS, RULE_KEYS, parse
from cobrowse.core.rules.text import FILTERS

ROOT = Path(__file__).parents[3]
DOC = (ROOT / "docs" / "rules.md").read_text()


@pytest.mark.parametrize("name", sorted(FACTS))
def test_every_fact_is_in_the_docs_with_its_type_and_meaning(name: str) -> None:
    assert f"| `{name}` | {shown(FACTS[name].type)} | {FACTS[name].meaning}" in DOC
    for value in filter(None, FACTS[name].values):
        assert f"`{value}`" in DOC


def test_the_docs_name_no_fact_that_there_is_not() -> None:
    assert set(
        re.findall(r"^\| `(\w+\.\w+)` \| (?:int|double|string|bool|list|map) \|", DOC, re.MULTILINE)
    ) == set(FACTS)


@pytest.mark.parametrize(
    "key", [*RULE_KEYS, *(f"offer.{key}" for key in OFFER_KEYS), *(f"after.{key}" for key in AFTER_KEYS)]
)
def test_every_key_is_in_the_docs(key: str) -> None:
    assert f"| `{key}` |" in DOC


@pytest.mark.parametrize("name", sorted({*FUNCTIONS, *METHODS, *MACROS, *FILTERS, "has"}))
def test_every_function_and_filter_is_in_the_docs(name: str) -> None:
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", DOC)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_in_the_docs(cause: Cause) -> None:
    assert f"| `{cause}` |" in DOC


@pytest.mark.parametrize("verb", STEPS)
def test_every_step_of_a_scenario_is_in_the_docs(verb: str) -> None:
    assert f"| `{verb}" in DOC


def test_the_table_of_facts_is_what_conditions_see() -> None:
    python_types = {"int": int, "double": float, "string": str, "bool": bool, "list": list, "map": dict}
    mapping = as_cel(EXAMPLES[0], 0.0)
    seen = {f"{root}.{part}": value for root, parts in mapping.items() for part, value in parts.items()}
    assert set(seen) == set(FACTS)
    assert all(type(seen[name]) is python_types[shown(fact.type)] for name, fact in FACTS.items())


def test_the_examples_in_the_docs_are_rules() -> None:
    examples = [dedent(text) for text in re.findall(r"^ *```yaml\n(.*?)```", DOC, re.DOTALL | re.MULTILINE)]
    assert examples
    for example in examples:
        if example.startswith("rule:"):
            assert parse_scenarios(example, "docs/rules.md")
        else:
            parse(example, "docs/rules.md")
