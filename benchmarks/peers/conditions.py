"""Asks one condition of many carts with each of the peers, as each one's own docs say. Prints JSON: {name: ns a time}.

The condition is that of the basket rule; the answers are checked against the expected ones before anything is timed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import cel
import celpy
import rule_engine
from json_logic import jsonLogic

CEL = 'cart.distinct_items >= 3 && page.kind != "checkout"'
RULE_ENGINE = 'cart.distinct_items >= 3 and page.kind != "checkout"'
JSON_LOGIC = {
    "and": [{">=": [{"var": "cart.distinct_items"}, 3]}, {"!=": [{"var": "page.kind"}, "checkout"]}]
}

RUNS = 5

Ask = Callable[[dict[str, Any]], Any]


def rust() -> Ask:
    """common-expression-language: compile once, execute with a dict each time."""
    return cel.compile(CEL).execute


def prepared() -> Ask:
    """The same with a Context that was made before: as if facts never changed. The least that it can cost."""
    program, made = cel.compile(CEL), {}

    def ask(facts: dict[str, Any]) -> Any:
        context = made.get(id(facts))
        if context is None:
            context = made[id(facts)] = cel.Context(variables=facts)
        return program.execute(context)

    return ask


def updated() -> Ask:
    """The same with one Context, updated with the facts each time: what a program in a hurry would write."""
    program, context = cel.compile(CEL), cel.Context()

    def ask(facts: dict[str, Any]) -> Any:
        context.update(facts)
        return program.execute(context)

    return ask


def cel_python() -> Ask:
    """cel-python: an activation of json_to_cel's values each time, as the facts are new each time."""
    environment = celpy.Environment()
    program = environment.program(environment.compile(CEL))
    return lambda facts: program.evaluate({name: celpy.json_to_cel(value) for name, value in facts.items()})


def rules() -> Ask:
    """rule-engine: one Rule, matches() each time."""
    context = rule_engine.Context(resolver=rule_engine.resolve_item)
    return rule_engine.Rule(RULE_ENGINE, context=context).matches


def logic() -> Ask:
    """json-logic, in the fork that runs on Python 3: the rule and the data."""
    return lambda facts: jsonLogic(JSON_LOGIC, facts)


PEERS: dict[str, tuple[Callable[[], Ask], int]] = {
    "common-expression-language": (rust, 100_000),
    "common-expression-language, context made before": (prepared, 200_000),
    "common-expression-language, one context updated": (updated, 100_000),
    "rule-engine": (rules, 20_000),
    "json-logic": (logic, 20_000),
    "cel-python": (cel_python, 2_000),
}


def _once(ask: Ask, carts: list[dict[str, Any]], rounds: int) -> float:
    """Processor time of one asking, in ns: what else the machine does counts for nobody."""
    begun = time.process_time_ns()
    for _ in range(rounds):
        for each in carts:
            ask(each)
    return (time.process_time_ns() - begun) / (rounds * len(carts))


def main() -> None:
    carts = [
        {"cart": {"distinct_items": n % 6}, "page": {"kind": ("cart", "product", "checkout")[n % 3]}}
        for n in range(12)
    ]
    expected = [each["cart"]["distinct_items"] >= 3 and each["page"]["kind"] != "checkout" for each in carts]
    share = float(sys.argv[1])
    found = {}
    for name, (make, asks) in PEERS.items():
        ask = make()
        answers = [bool(ask(each)) for each in carts]
        if answers != expected:
            raise SystemExit(f"{name} answers {answers}, expected {expected}")
        rounds = max(int(asks * share) // len(carts), 1)
        found[name] = min(_once(ask, carts, rounds) for _ in range(RUNS))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
