"""docs/scaling.md says what its model says, and the model what a simulation and the bench say."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scaling_model", DOCS / "scaling.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


model = load()
PAGE = (DOCS / "scaling.md").read_text("utf-8")
FOUND = model.read_words(PAGE)


def test_the_page_has_the_models_numbers() -> None:
    assert PAGE.partition(model.BEGIN)[2].partition(model.END)[0] == model.table(FOUND)


def test_the_page_stands_on_what_the_bench_measured() -> None:
    """Within a factor of two, which is what a plan keeps in hand; further off, write the table anew."""
    measured = model.measured(json.loads((DOCS / "benchmarks.json").read_text("utf-8")))
    assert FOUND.operations_per_s <= 2 * measured.operations_per_s
    assert FOUND.shopper_kib >= measured.shopper_kib / 2
    assert FOUND.idle_share >= measured.idle_share / 2


@pytest.mark.parametrize("shoppers", [10_000, 100_000, 200_000])
def test_the_simulation_has_the_formulas_slopes(shoppers: int) -> None:
    rate, worst = model.simulate(shoppers, FOUND, 30, random.Random(shoppers))
    assert rate == pytest.approx(model.plan(shoppers, FOUND).operations_per_s, rel=0.02)
    # The busiest node's worst second is within what the plan keeps free.
    assert worst < 0.75


def test_cost_and_nodes_grow_with_the_shoppers_and_not_faster() -> None:
    plans = [model.plan(shoppers, FOUND) for shoppers in (100_000, 200_000, 400_000, 800_000)]
    for half, whole in pairwise(plans):
        assert half.nodes < whole.nodes <= 2 * half.nodes
        assert half.eur_a_month < whole.eur_a_month <= 2 * half.eur_a_month
        assert whole.nodes_gib == pytest.approx(2 * half.nodes_gib, rel=0.2)
