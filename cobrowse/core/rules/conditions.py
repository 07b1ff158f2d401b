"""CEL conditions: compiled once, checked against the facts' table, evaluated without surprises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cobrowse.core.rules.cel import tree
from cobrowse.core.rules.cel.code import Code, compile_code
from cobrowse.core.rules.cel.lexer import CelError, Problem
from cobrowse.core.rules.cel.runtime import NoValue
from cobrowse.core.rules.cel.translate import Translator
from cobrowse.core.rules.facts import FACTS, VARIABLES, Facts, FactValue, field_of, value_of

MAX_CONDITION_CHARS: Final = 2_000

Test = Callable[[Facts, float], bool]
"""Whether an expression holds for facts at a time. Raises NoValue."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One of the parts that top-level && joins, with the facts it speaks of."""

    source: str
    facts: tuple[str, ...]
    test: Test = field(compare=False, repr=False)

    def values(self, facts: Facts, now: float) -> tuple[tuple[str, str], ...]:
        """Its facts with their values, in words."""
        return tuple((name, _shown(value_of(facts, name, now))) for name in self.facts)

    def describe(self, facts: Facts, now: float) -> str:
        """Why this operand said no: its facts with their values, such as "cart.distinct_items is 2"."""
        if not self.facts:
            return f"{self.source} is false"
        return ", ".join(
            f"{name} {'has' if isinstance(FACTS[name].type, tuple) else 'is'} {value}"
            for name, value in self.values(facts, now)
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was checked; `clocks` are the counts (fact, s) at which it can change alone.

    `code` is its Python over the fields of `Facts` as local names, `names` what else that speaks of. Where nothing
    can fail, `still` is the Python of the operands without a clock: while that is false, time changes nothing.
    """

    source: str
    operands: tuple[Operand, ...]
    clocks: tuple[tuple[str, int], ...]
    facts: frozenset[str]
    code: Code = field(compare=False, repr=False)
    still: str = field(compare=False, repr=False)
    names: Mapping[str, object] = field(compare=False, repr=False)

    def failing(self, facts: Facts, now: float) -> Operand | None:
        """The first operand that is false, None if the condition holds.

        As in CEL a false operand outweighs a fault in another. Raises NoValue if nothing is false but a fault
        stands in the way.
        """
        fault: NoValue | None = None
        for operand in self.operands:
            try:
                if not operand.test(facts, now):
                    return operand
            except NoValue as error:
                fault = fault or error
        if fault is not None:
            raise fault
        return None


def compile_condition(source: str) -> tuple[Condition | None, list[Problem]]:
    """The condition, or None and every problem found in it (offsets count characters of `source`)."""
    if len(source) > MAX_CONDITION_CHARS:
        return None, [Problem(0, f"expected at most {MAX_CONDITION_CHARS} characters, got {len(source)}")]
    whole = Translator(VARIABLES)
    try:
        root = tree.parse(source)
        code = whole.condition(root)
        if code is None or whole.problems:
            return None, sorted(set(whole.problems))
        compile_test(code, whole.used, whole.names)
        parts = [_operand(source, node) for node in tree.conjuncts(root)]
    except CelError as error:
        return None, [error.problem]
    except (RecursionError, SyntaxError, MemoryError):  # what Python says of brackets too deep
        return None, [Problem(0, "expected something simpler: nested too deeply")]
    clocks = tuple(sorted(whole.clocks))
    operands = tuple(operand for operand, _ in parts)
    still = "True" if code.fails else " and ".join(["True", *(python for _, python in parts if python)])
    used = frozenset(whole.used)
    return Condition(source.strip(), operands, clocks, used, code, still, whole.names), []


def _operand(source: str, node: tree.Node) -> tuple[Operand, str]:
    """The operand, and its Python if there is no clock in it."""
    part = Translator(VARIABLES)
    code = part.condition(node)
    assert code is not None  # the whole was translated before its parts
    test = compile_test(code, part.used, part.names)
    python = "" if part.clocks else code.source
    return Operand(source[node.start : node.end], tuple(part.used), test), python


def compile_test(code: Code, used: Mapping[str, None], names: Mapping[str, object]) -> Test:
    """The function that a translated condition is."""
    fields = {field_of(name) for name in used}
    loads = "".join(f"    {name} = facts.{name}\n" for name in sorted(fields))
    return compile_code(names, "test", f"def test(facts, now):\n{loads}    return {code.source}\n")


def _shown(value: FactValue) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list() | dict():
            return str(len(value))
        case str():
            return f'"{value[:60]}"'
        case float():
            return f"{value:.2f}"
        case _:
            return str(value)
