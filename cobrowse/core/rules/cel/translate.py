"""A tree to typed Python: every name and type is settled here, so that evaluation meets no surprise.

CEL never converts by itself: 1 + 1.5 is refused. Only comparisons take whole numbers and doubles together, and
compare exactly. What the compiler knows cannot fail becomes plain `and` and `or`; the rest calls `runtime`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cobrowse.core.rules.cel import tree
from cobrowse.core.rules.cel.code import MAX_CLOCK_S, Code, Variable, any_fails, clock_use, reached
from cobrowse.core.rules.cel.lexer import CelError, Problem
from cobrowse.core.rules.cel.macros import walk
from cobrowse.core.rules.cel.overloads import (
    ARITHMETIC,
    FUNCTIONS,
    METHODS,
    NUMBERS,
    ORDERED,
    Type,
    comparable,
    fits,
    shown,
    wider,
)
from cobrowse.core.rules.cel.pattern import PatternError, compile_pattern
from cobrowse.core.rules.names import suggestion

MAX_MACROS: Final = 2
"""Each may walk over the whole cart for each step of the one around it."""


@dataclass(slots=True)
class Translator:
    """Translates expressions over these variables; collects problems, and what the expressions speak of."""

    variables: Mapping[str, Variable]
    names: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)
    clocks: set[tuple[str, int]] = field(default_factory=set)
    _bound: dict[str, tuple[str, Type]] = field(default_factory=dict)
    _macros: int = 0

    def condition(self, node: tree.Node) -> Code | None:
        """The code of an expression that is true or false; None after noting problems."""
        code = self._try(node)
        if code is not None and code.type != "bool":
            self.problems.append(Problem(node.start, f"expected true or false, got {shown(code.type)}"))
            return None
        return code

    def _try(self, node: tree.Node) -> Code | None:
        """The code, None after noting what is wrong; both sides of an operator are looked at."""
        try:
            return self._code(node)
        except CelError as error:
            self.problems.append(error.problem)
            return None

    def _all(self, *nodes: tree.Node) -> list[Code]:
        """The code of each; raises the last problem after noting those before it."""
        codes: list[Code] = []
        last: CelError | None = None
        for node in nodes:
            try:
                codes.append(self._code(node))
            except CelError as error:
                if last is not None:
                    self.problems.append(last.problem)
                last = error
        if last is not None:
            raise last
        return codes

    def _code(self, node: tree.Node) -> Code:
        match node:
            case tree.Literal(value=None):
                raise CelError(node.start, "null is not supported: every fact has a value")
            case tree.Literal(value=value):
                kind = {bool: "bool", int: "int", float: "double", str: "string"}[type(value)]
                return Code(f"({value!r})", kind)
            case tree.Name() | tree.Select():
                return self._name(node)
            case tree.Unary():
                return self._unary(node)
            case tree.Binary():
                return self._binary(node)
            case tree.Ternary():
                return self._ternary(node)
            case tree.Index():
                return self._index(node)
            case tree.Items(items=items):
                codes = self._all(*items)
                source = f"[{', '.join(code.source for code in codes)}]"
                return Code(source, ("list", _one_type(items, codes)), any_fails(*codes))
            case tree.Pairs(pairs=pairs):
                return self._pairs(pairs)
            case tree.Call():
                return self._call(node)
            case tree.Macro():
                return self._macro(node)
        raise AssertionError(node)

    # Names

    def _name(self, node: tree.Name | tree.Select) -> Code:
        if isinstance(node, tree.Name) and node.name in self._bound:
            return Code(*self._bound[node.name])
        dotted = tree.dotted(node)
        if dotted is not None and dotted.partition(".")[0] not in self._bound and not self._in_map(dotted):
            variable = self._variable(node, dotted)
            if variable.clock:
                raise CelError(node.start, clock_use(dotted))
            return Code(variable.source, variable.type)
        assert isinstance(node, tree.Select)
        of = self._code(node.of)
        if of.type[0] == "map":
            if of.type[1] != "string":
                raise CelError(node.start, "expected a map whose keys are texts")
            return Code(f"runtime.entry({of.source}, {node.part!r})", of.type[2], fails=True)
        raise CelError(node.start, f"{shown(of.type)} has no parts")

    def _in_map(self, dotted: str) -> bool:
        """Whether the name is a part of a variable that is a map."""
        known = self.variables.get(dotted.rpartition(".")[0])
        return known is not None and known.type[0] == "map"

    def _variable(self, node: tree.Node, dotted: str) -> Variable:
        if (variable := self.variables.get(dotted)) is not None:
            self.used[dotted] = None
            return variable
        parent = dotted.rpartition(".")[0]
        if (known := self.variables.get(parent)) is not None:
            raise CelError(node.start, f"{parent} has no parts: it is {shown(known.type)}")
        raise CelError(node.start, f"unknown fact {dotted[:80]}; {suggestion(dotted, self.variables)}")

    # Operators

    def _unary(self, node: tree.Unary) -> Code:
        of = self._code(node.of)
        if node.sign == "!" and of.type == "bool":
            return Code(f"(not {of.source})", "bool", of.fails)
        if node.sign == "-" and of.type == "int":
            return Code(f"runtime.whole(-{of.source})", "int", fails=True)
        if node.sign == "-" and of.type == "double":
            return Code(f"(-{of.source})", "double", of.fails)
        wanted = "true or false" if node.sign == "!" else "a number"
        raise CelError(node.of.start, f"expected {wanted} after {node.sign}, got {shown(of.type)}")

    def _binary(self, node: tree.Binary) -> Code:
        if node.sign in ("&&", "||"):
            left, right = (self._bool(node, code) for code in self._all(node.left, node.right))
            if left.fails:
                name = "both" if node.sign == "&&" else "either"
                source = f"runtime.{name}(lambda: {left.source}, lambda: {right.source})"
                return Code(source, "bool", fails=True)
            word = "and" if node.sign == "&&" else "or"
            return Code(f"({left.source} {word} {right.source})", "bool", right.fails)
        if node.sign in tree.RELATIONS and (clock := self._clock(node)) is not None:
            return clock
        left, right = self._all(node.left, node.right)
        fails = any_fails(left, right)
        if node.sign == "in":
            return self._membership(node, left, right)
        if node.sign in tree.RELATIONS:
            self._check_comparison(node, left, right)
            return Code(f"({left.source} {node.sign} {right.source})", "bool", fails)
        if (found := ARITHMETIC.get((node.sign, left.type, right.type))) is not None:
            kind, template, may_fail = found
            return Code(template.format(left.source, right.source), kind, fails or may_fail)
        if node.sign == "+" and left.type[0] == right.type[0] == "list" and fits(left.type, right.type):
            return Code(f"({left.source} + {right.source})", wider(left.type, right.type), fails)
        numbers = {left.type, right.type} == {"int", "double"}
        hint = "; CEL never converts: write 1.0 or double(...)" if numbers else ""
        raise CelError(
            node.start,
            f"types that do not go together: {shown(left.type)} {node.sign} {shown(right.type)}{hint}",
        )

    def _bool(self, node: tree.Node, code: Code) -> Code:
        if code.type != "bool":
            raise CelError(node.start, f"expected true or false on both sides, got {shown(code.type)}")
        return code

    def _membership(self, node: tree.Binary, left: Code, right: Code) -> Code:
        if right.type[0] not in ("list", "map"):
            raise CelError(node.right.start, f"expected a list or a map after in, got {shown(right.type)}")
        if not comparable(left.type, right.type[1]):
            raise CelError(
                node.right.start, f"a list of {shown(right.type[1])} never holds a {shown(left.type)}"
            )
        if isinstance(node.right, tree.Items):
            for item in node.right.items:
                self._check_values(node.left, item)
        return Code(f"({left.source} in {right.source})", "bool", any_fails(left, right))

    def _check_comparison(self, node: tree.Binary, left: Code, right: Code) -> None:
        ordered = node.sign not in ("==", "!=")
        if not comparable(left.type, right.type) or (ordered and left.type not in ORDERED):
            for fact, other, code in ((node.left, node.right, right), (node.right, node.left, left)):
                name = tree.dotted(fact)
                if name in self.variables and name is not None:
                    kind = self.variables[name].type
                    wanted = "number" if kind in NUMBERS else shown(kind)
                    message = f"{name} is {shown(kind)}: expected a {wanted}, got a {shown(code.type)}"
                    raise CelError(other.start, message)
            raise CelError(
                node.start,
                f"types that do not go together: {shown(left.type)} {node.sign} {shown(right.type)}",
            )
        self._check_values(node.left, node.right)
        self._check_values(node.right, node.left)

    def _check_values(self, fact: tree.Node, other: tree.Node) -> None:
        """Notes a fact that is compared with a text that it never is."""
        variable = self.variables.get(tree.dotted(fact) or "")
        if variable is not None and variable.values and isinstance(other, tree.Literal):
            value = str(other.value)
            if value not in variable.values:
                message = f'{tree.dotted(fact)} is never "{value[:40]}"; {suggestion(value, variable.values)}'
                self.problems.append(Problem(other.start, message))

    def _ternary(self, node: tree.Ternary) -> Code:
        condition, yes, no = self._all(node.condition, node.yes, node.no)
        self._bool(node.condition, condition)
        if not fits(yes.type, no.type):
            raise CelError(
                node.no.start, f"expected a {shown(yes.type)} as before the colon, got {shown(no.type)}"
            )
        source = f"({yes.source} if {condition.source} else {no.source})"
        return Code(source, wider(yes.type, no.type), any_fails(condition, yes, no))

    def _clock(self, node: tree.Binary) -> Code | None:
        """A comparison of a clock with a number: since + n <= now, for whole n. None if there is no clock in it."""
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        for fact, other, sign in (
            (node.left, node.right, node.sign),
            (node.right, node.left, mirrored.get(node.sign, node.sign)),
        ):
            name = tree.dotted(fact)
            variable = self.variables.get(name or "")
            if variable is None or not variable.clock or name is None:
                continue
            number = other.value if isinstance(other, tree.Literal) else None
            if isinstance(number, bool) or not isinstance(number, int | float) or sign == "in":
                raise CelError(fact.start, clock_use(name))
            if not abs(number) <= MAX_CLOCK_S:
                raise CelError(fact.start, clock_use(name))
            self.used[name] = None
            low, high = math.ceil(number), math.floor(number) + 1
            self.clocks |= {(name, low), (name, high)}
            at_least, above = reached(variable, low), reached(variable, high)
            equal = f"({at_least} and not {above})" if low == number else "(False)"
            source = {
                ">=": at_least,
                ">": above,
                "<": f"(not {at_least})",
                "<=": f"(not {above})",
                "==": equal,
                "!=": f"(not {equal})",
            }[sign]
            return Code(source, "bool")
        return None

    # Parts, calls, macros

    def _index(self, node: tree.Index) -> Code:
        of, key = self._all(node.of, node.key)
        if of.type[0] == "list" and key.type == "int":
            return Code(f"runtime.element({of.source}, {key.source})", of.type[1], fails=True)
        if of.type[0] == "map" and comparable(of.type[1], key.type):
            return Code(f"runtime.entry({of.source}, {key.source})", of.type[2], fails=True)
        raise CelError(node.key.start, f"{shown(of.type)} has no part at a {shown(key.type)}")

    def _pairs(self, pairs: tuple[tuple[tree.Node, tree.Node], ...]) -> Code:
        keys = self._all(*(key for key, _ in pairs))
        values = self._all(*(value for _, value in pairs))
        key_type = _one_type([key for key, _ in pairs], keys)
        if key_type not in ("any", "string", "int", "bool"):
            raise CelError(pairs[0][0].start, f"a {shown(key_type)} cannot be the key of a map")
        content = ", ".join(f"({k.source}, {v.source})" for k, v in zip(keys, values, strict=True))
        kind: Type = ("map", key_type, _one_type([value for _, value in pairs], values))
        return Code(f"runtime.pairs({content})", kind, len(pairs) > 1 or any_fails(*keys, *values))

    def _call(self, node: tree.Call) -> Code:
        if node.of is None and node.name == "has":
            return self._has(node)
        table = FUNCTIONS if node.of is None else METHODS
        if node.name not in table:
            valid = {*table, "has"} if node.of is None else {*table, *tree.MACROS}
            raise CelError(node.at, f"unknown function {node.name[:40]}; {suggestion(node.name, valid)}")
        if node.name == "matches" and node.of is not None:
            return self._matches(node, node.of)
        codes = self._all(*([node.of] if node.of is not None else []), *node.args)
        for kinds, result, template, may_fail in table[node.name]:
            if len(kinds) == len(codes) and all(
                code.type == kind or (isinstance(code.type, tuple) and code.type[0] == kind)
                for kind, code in zip(kinds, codes, strict=True)
            ):
                source = template.format(*(code.source for code in codes))
                return Code(source, result, may_fail or any_fails(*codes))
        got = ", ".join(shown(code.type) for code in codes) or "nothing"
        wanted = " or ".join(f"({', '.join(kinds)})" for kinds, *_ in table[node.name])
        raise CelError(node.at, f"{node.name}: expected {wanted}, got ({got})")

    def _has(self, node: tree.Call) -> Code:
        if len(node.args) != 1 or not isinstance(node.args[0], tree.Select):
            raise CelError(node.at, "has: expected a name with a dot, as in has(cart.value)")
        select = node.args[0]
        dotted = tree.dotted(select)
        if dotted is not None and dotted.partition(".")[0] not in self._bound and not self._in_map(dotted):
            self._variable(select, dotted)
            return Code("(True)", "bool")
        of = self._code(select.of)
        if of.type[0] != "map":
            raise CelError(select.start, f"{shown(of.type)} has no parts")
        return Code(f"({select.part!r} in {of.source})", "bool", of.fails)

    def _matches(self, node: tree.Call, of: tree.Node) -> Code:
        text = self._code(of)
        pattern = node.args[0] if len(node.args) == 1 else None
        if (
            text.type != "string"
            or not isinstance(pattern, tree.Literal)
            or not isinstance(pattern.value, str)
        ):
            raise CelError(
                node.at, 'matches: expected a text, and a pattern in quotes, as in page.path.matches("^/p/")'
            )
        try:
            found = compile_pattern(pattern.value)
        except PatternError as error:
            raise CelError(pattern.start, f"matches: {error}") from None
        name = f"pattern_{hashlib.sha256(pattern.value.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
        self.names[name] = found
        return Code(f"{name}.search({text.source})", "bool", text.fails)

    def _macro(self, node: tree.Macro) -> Code:
        self._macros += 1
        if self._macros > MAX_MACROS:
            raise CelError(
                node.at, f"expected at most {MAX_MACROS} of {', '.join(tree.MACROS)} in one condition"
            )
        if any(name.partition(".")[0] == node.variable for name in self.variables):
            raise CelError(node.at, f"{node.variable} is the name of facts: choose another name here")
        items = self._code(node.of)
        if items.type[0] not in ("list", "map"):
            raise CelError(node.of.start, f"{node.name}: expected a list or a map, got {shown(items.type)}")
        before = self._bound.get(node.variable)
        name = f"v{self._macros}"
        self._bound[node.variable] = (name, items.type[1])
        try:
            inner = self._all(*([node.test] if node.test is not None else []), node.body)
        finally:
            if before is None:
                del self._bound[node.variable]
            else:
                self._bound[node.variable] = before
        test, body = inner[0], inner[-1]
        if (node.name != "map" or node.test is not None) and test.type != "bool":
            raise CelError(node.body.start, f"{node.name}: expected true or false, got {shown(test.type)}")
        return walk(node, items, test, body, name)


def _one_type(nodes: tuple[tree.Node, ...] | list[tree.Node], codes: list[Code]) -> Type:
    kind: Type = "any"
    for node, code in zip(nodes, codes, strict=True):
        if not fits(kind, code.type):
            raise CelError(node.start, f"expected a {shown(kind)} as before it, got {shown(code.type)}")
        kind = wider(kind, code.type)
    return kind
