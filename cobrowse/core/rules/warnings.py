"""What is allowed, but can hardly be meant: a rule that never fires, or never before another does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from cobrowse.core.rules.cel import tree
from cobrowse.core.rules.conditions import Condition
from cobrowse.core.rules.facts import FACTS
from cobrowse.core.rules.names import nearest
from cobrowse.core.rules.rule import Mistake, Rule, by_rank

_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LEAST: Final = {"visit.number": 1.0}


def find(rules: Iterable[Rule], paths: Collection[str] = ()) -> list[Mistake]:
    """A warning for each rule that can never fire, is always preceded by another, or names a path not in `paths`.

    `paths`: those the site has, such as were seen in visits; none are asked about if there are none.
    """
    ranked = sorted((rule for rule in rules if rule.enabled), key=by_rank)
    found: list[Mistake] = []
    for index, rule in enumerate(ranked):
        reasons = [never(rule), _shadowed(rule, ranked[:index])]
        reasons += [_unknown_path(path, paths) for path in _paths(rule.when)] if paths else []
        found += [Mistake(rule.place, f"{rule.id} {reason}") for reason in reasons if reason]
    return found


def never(rule: Rule) -> str:
    """Why the rule can never fire, "" if it may."""
    ranges: dict[str, list[float]] = {}
    texts: dict[str, set[str]] = {}
    for sign, name, value in _comparisons(rule.when):
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            low, high = ranges.setdefault(name, [_LEAST.get(name, 0.0), float("inf")])
            step = 1 if FACTS[name].type == "int" and isinstance(value, int) else 0
            if sign in (">", ">=", "=="):
                low = max(low, value + (step if sign == ">" else 0))
            if sign in ("<", "<=", "=="):
                high = min(high, value - (step if sign == "<" else 0))
            ranges[name] = [low, high]
            if low > high or (sign == "<" and value <= 0):
                return f"never fires: no {name} is at once all that the condition asks"
        elif isinstance(value, frozenset):
            known = texts.setdefault(name, set(value))
            known &= value
            if not known:
                return f"never fires: no {name} is at once all that the condition asks"
    if texts.get("page.kind") == {"checkout"} and not rule.at_checkout:
        return "never fires: nothing is offered at checkout, but for rules with at_checkout: true"
    if texts.get("visit.checkout") == {"payment"} and texts.get("page.kind") == {"checkout"}:
        return "never fires: nobody is spoken to at payment"
    for pattern in rule.after:
        if pattern.within_s is not None and pattern.within_s <= rule.hold_s:
            return "never fires: what it looks back at is over before its wait is"
    return ""


def _shadowed(rule: Rule, before: Sequence[Rule]) -> str:
    """Whether an earlier rule asks for no more than this one, and so always speaks first."""
    parts = {_spelled(operand.source) for operand in rule.when.operands} - {"true"}
    for other in before:
        wanted = {_spelled(operand.source) for operand in other.when.operands} - {"true"}
        same_time = (other.idle_s, other.hold_s) == (rule.idle_s, rule.hold_s)
        as_free = not other.holdout and not other.again_s and other.at_checkout >= rule.at_checkout
        if wanted <= parts and set(other.after) <= set(rule.after) and same_time and as_free:
            return f"is shadowed: whenever it could fire {other.id} does, which comes first"
    return ""


def _spelled(source: str) -> str:
    return "".join(source.split())


def _comparisons(condition: Condition) -> list[tuple[str, str, float | frozenset[str]]]:
    """Each operand that compares a fact with literals: sign, fact, and the number or the texts."""
    found: list[tuple[str, str, float | frozenset[str]]] = []
    for operand in condition.operands:
        node = tree.parse(operand.source)
        if not isinstance(node, tree.Binary):
            continue
        for fact, other, sign in (
            (node.left, node.right, node.sign),
            (node.right, node.left, _MIRRORED.get(node.sign, node.sign)),
        ):
            name = tree.dotted(fact)
            if name is None or name not in condition.facts:
                continue
            if isinstance(other, tree.Literal) and isinstance(other.value, int | float):
                found.append((sign, name, other.value))
            elif isinstance(other, tree.Literal) and isinstance(other.value, str) and sign == "==":
                found.append((sign, name, frozenset({other.value})))
            elif isinstance(other, tree.Items) and sign == "in" and fact is node.left:
                texts = [item.value for item in other.items if isinstance(item, tree.Literal)]
                found.append((sign, name, frozenset(text for text in texts if isinstance(text, str))))
    return found


def _paths(condition: Condition) -> list[tuple[str, str]]:
    """Each path that the condition asks page.path for, with how: ==, startsWith, endsWith, contains."""
    found: list[tuple[str, str]] = []
    for operand in condition.operands:
        match tree.parse(operand.source):
            case tree.Binary(sign="==", left=left, right=tree.Literal(value=str(path))) if (
                tree.dotted(left) == "page.path"
            ):
                found.append(("==", path))
            case tree.Call(of=tree.Node() as of, name=name, args=(tree.Literal(value=str(path)),)) if (
                tree.dotted(of) == "page.path" and name in _TESTS
            ):
                found.append((name, path))
    return found


_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "==": lambda path, wanted: path == wanted,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda path, wanted: wanted in path,
}


def _unknown_path(asked: tuple[str, str], paths: Collection[str]) -> str:
    how, wanted = asked
    if any(_TESTS[how](path, wanted) for path in paths):
        return ""
    near = nearest(wanted, paths)
    hint = f"did you mean {near}?" if near else f"none of the {len(paths):,} paths seen is like it"
    return f"asks for a path that the site does not have, {wanted[:80]}; {hint}"
