"""The macros of CEL as Python: a list that is walked, with a name for each of its items."""

from __future__ import annotations

from cobrowse.core.rules.cel import tree
from cobrowse.core.rules.cel.code import Code, any_fails


def walk(node: tree.Macro, items: Code, test: Code, body: Code, name: str) -> Code:
    """Python for a macro over `items`, each of which is called `name` in the test and in the body."""
    loop = f"for {name} in {items.source}"
    fails = any_fails(items, test, body)
    match node.name:
        case "all" | "exists":
            quick, patient = ("all", "every") if node.name == "all" else ("any", "some")
            if body.fails:
                return Code(
                    f"runtime.{patient}({items.source}, lambda {name}: {body.source})", "bool", fails=True
                )
            return Code(f"{quick}([{body.source} {loop}])", "bool", fails)
        case "exists_one":
            return Code(f"(sum([1 {loop} if {body.source}]) == 1)", "bool", fails)
        case "filter":
            return Code(f"[{name} {loop} if {body.source}]", ("list", items.type[1]), fails)
        case _:
            only = f" if {test.source}" if node.test is not None else ""
            return Code(f"[{body.source} {loop}{only}]", ("list", body.type), fails)
