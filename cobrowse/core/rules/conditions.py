"""CEL conditions: compiled once, checked against the facts' table, evaluated without surprises.

CEL by common-expression-language. What a rule may use is narrower than CEL, so that every name is known at
load, and so that the instants at which a condition can change by time alone are known too (clock facts
are only compared with numbers).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import cel

from cobrowse.core.rules.facts import (
    EXAMPLES,
    EXAMPLES_NOW,
    FACTS,
    Facts,
    FactValue,
    as_cel,
    clock_start,
)
from cobrowse.core.rules.tokens import Problem, Token, check_names, find_facts, thresholds, tokenise

MAX_CONDITION_CHARS: Final = 2_000

# All that evaluation is known to raise; anything else is our own bug and should be seen.
_EVALUATION_ERRORS: Final = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class ConditionError(Exception):
    """A condition that has no answer for these facts; the message names the kind of fault, never a value."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One of the parts that top-level && joins, with the facts it speaks of."""

    source: str
    facts: tuple[str, ...]
    program: cel.Program = field(compare=False, repr=False)

    def describe(self, mapping: dict[str, dict[str, FactValue]]) -> str:
        """Why this operand said no: its facts with their values, such as "cart.distinct_items is 2"."""
        if not self.facts:
            return f"{self.source} is false"
        return ", ".join(f"{name} {_shown(mapping, name)}" for name in self.facts)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was checked; `clocks` are the counts (fact, s) at which it can change alone."""

    source: str
    operands: tuple[Operand, ...]
    clocks: tuple[tuple[str, int], ...]
    facts: frozenset[str]

    def failing(self, context: cel.Context) -> Operand | None:
        """The first operand that is false, None if the condition holds.

        As in CEL a false operand outweighs a fault in another. Raises ConditionError if nothing is false
        but a fault stands in the way.
        """
        fault: ConditionError | None = None
        for operand in self.operands:
            try:
                answer = operand.program.execute(context)
            except _EVALUATION_ERRORS as error:
                fault = fault or ConditionError(_kind(error))
                continue
            if answer is False:
                return operand
            if answer is not True:
                fault = fault or ConditionError("expected true or false, the condition gave something else")
        if fault is not None:
            raise fault
        return None

    def next_change(self, facts: Facts, now: float) -> float | None:
        """The next instant after `now` at which a clock fact may change the answer, None for never."""
        instants = (
            start + seconds
            for name, seconds in self.clocks
            if (start := clock_start(facts, name)) is not None
        )
        return min((instant for instant in instants if instant > now), default=None)


def make_context(mapping: dict[str, dict[str, FactValue]], conditions: Iterable[Condition]) -> cel.Context:
    """The facts as CEL values for these conditions: only what they speak of, each value costs about 2 us."""
    wanted = frozenset[str]().union(*(condition.facts for condition in conditions))
    return cel.Context(
        variables={
            root: {part: value for part, value in parts.items() if f"{root}.{part}" in wanted}
            for root, parts in mapping.items()
        }
    )


def compile_condition(source: str) -> tuple[Condition | None, list[Problem]]:
    """The condition, or None and every problem found in it (offsets count characters of `source`)."""
    if len(source) > MAX_CONDITION_CHARS:
        return None, [Problem(0, f"expected at most {MAX_CONDITION_CHARS} characters, got {len(source)}")]
    tokens = tokenise(source)
    try:
        cel.compile(source)
    except ValueError as error:
        return None, [_syntax_problem(source, str(error))]
    clocks, problems = thresholds(tokens)
    problems = check_names(tokens) + problems
    if problems:
        return None, sorted(set(problems))
    parts = _operands(tokens)
    operands = tuple(
        Operand(text := source[part[0].start : part[-1].end], find_facts(part), cel.compile(text))
        for part in parts
    )
    for part, operand in zip(parts, operands, strict=True):
        if (trial := _trial(operand)) is not None:
            problems.append(Problem(part[0].start, trial))
    condition = Condition(source.strip(), operands, tuple(sorted(clocks)), frozenset(find_facts(tokens)))
    return (None, problems) if problems else (condition, [])


def _operands(tokens: list[Token]) -> list[list[Token]]:
    """The tokens between top-level &&; all in one if a top-level || or ? binds them more loosely."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 and token.text in ("||", "?"):
            return [tokens]
        if depth == 0 and token.text == "&&":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _trial(operand: Operand) -> str | None:
    """What is wrong with an operand's types, found by trying it on example visitors."""
    for facts in EXAMPLES:
        try:
            answer = operand.program.execute(cel.Context(variables=as_cel(facts, EXAMPLES_NOW)))
        except TypeError:
            return (
                f"types that do not go together ({_types(operand)}); CEL never converts: 1 + 1.5 is refused"
            )
        except (ArithmeticError, LookupError):
            continue  # a division by zero for one visitor is a fault of that moment, not of the rule
        except (RuntimeError, ValueError):
            return "cannot be evaluated: check the arguments of its functions"
        if not isinstance(answer, bool):
            return f"expected true or false, got {type(answer).__name__}"
    return None


def _types(operand: Operand) -> str:
    return ", ".join(f"{name} is {FACTS[name].type}" for name in operand.facts) or "no fact in it"


def _syntax_problem(source: str, report: str) -> Problem:
    """CEL's first complaint ("ERROR: <input>:line:column: Syntax error: ..."), at its offset in `source`."""
    _, _, rest = report.partition("<input>:")
    line, _, rest = rest.partition(":")
    column, _, rest = rest.partition(":")
    if not (line.isdigit() and column.isdigit()):
        return Problem(0, "not a CEL expression")
    reason = (
        rest.splitlines()[0]
        .strip()
        .removeprefix("Syntax error: ")
        .partition(" expecting ")[0]
        .replace("'<EOF>'", "the end")
    )
    before = source.split("\n")[: int(line) - 1]
    offset = sum(len(text) + 1 for text in before) + int(column) - 1
    return Problem(min(offset, len(source)), f"not a CEL expression: {reason}")


def _kind(error: Exception) -> str:
    match error:
        case ZeroDivisionError():
            return "division by zero"
        case KeyError():
            return "a fact is missing"
        case TypeError():
            return "types that do not go together"
        case _:
            return "the condition has no value for this visitor"


def _shown(mapping: dict[str, dict[str, FactValue]], name: str) -> str:
    root, _, part = name.partition(".")
    value = mapping[root][part]
    match value:
        case bool():
            return f"is {str(value).lower()}"
        case list():
            return f"has {len(value)}"
        case str():
            return f'is "{value[:60]}"'
        case float():
            return f"is {value:.2f}"
        case _:
            return f"is {value}"
