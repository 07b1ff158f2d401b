"""The words of a CEL expression, with their offsets, and what the table of facts has to say about each.

CEL's own parser (the library) decides what is an expression; it gives no positions of names, this does.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from cobrowse.core.rules.facts import FACTS, ROOTS
from cobrowse.core.rules.names import suggestion

FUNCTIONS: Final = frozenset({"size", "has", "int", "double", "string", "duration"})
METHODS: Final = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})
MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})
WORDS: Final = frozenset({"true", "false", "null", "in"})
COMPARISONS: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})

# A visit is not a day long; a bound keeps every timer within the reach of every clock.
MAX_CLOCK_S: Final = 86_400

_TOKEN: Final = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*)
    |(?P<string>(?:[rR][bB]?|[bB][rR])(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')
       |[bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[<>=!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `kind` is string, number, name, fact (a dotted name in FACTS) or sign."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset just after it."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at an offset of a passage (a condition or a text)."""

    offset: int
    message: str


def tokenise(source: str) -> list[Token]:
    """The words of `source`; a dotted name of a fact, written without spaces, is one word."""
    words = [
        Token(match.lastgroup or "sign", match.group(), match.start()) for match in _TOKEN.finditer(source)
    ]
    words = [word for word in words if word.kind != "skip"]
    tokens: list[Token] = []
    for word in words:
        if len(tokens) >= 2 and word.kind == "name":
            root, dot = tokens[-2:]
            dotted = f"{root.text}.{word.text}"
            close = dot.text == "." and root.end == dot.start and dot.end == word.start
            if close and dotted in FACTS and _text(tokens, len(tokens) - 3) != ".":
                tokens[-2:] = [Token("fact", dotted, root.start)]
                continue
        tokens.append(word)
    return tokens


def find_facts(tokens: list[Token]) -> tuple[str, ...]:
    """The facts that the words speak of, each once, in the order of their first mention."""
    return tuple(dict.fromkeys(token.text for token in tokens if token.kind == "fact"))


def check_names(tokens: list[Token]) -> list[Problem]:
    """A problem for every unknown name, and for every fact compared with what it can never be."""
    bound, macros = _bound(tokens)
    # Each macro may walk over the whole cart for each step of the one around it.
    too_many = f"expected at most 2 of {', '.join(sorted(MACROS))} in one condition"
    problems = [Problem(token.start, too_many) for token in macros[2:]]
    problems += [
        Problem(name.start, f"{name.text} is the name of facts: choose another name here")
        for name in bound
        if name.text in ROOTS
    ]
    local = {name.text for name in bound}
    for index, token in enumerate(tokens):
        before, after = _text(tokens, index - 1), _text(tokens, index + 1)
        if token.kind == "fact":
            if after == "." and _text(tokens, index + 3) != "(":
                problems.append(
                    Problem(token.start, f"{token.text} has no parts: it is {FACTS[token.text].type}")
                )
            problems += _check_comparison(tokens, index)
        elif token.kind != "name" or token.text in WORDS:
            continue
        elif before == ".":
            if after == "(" and token.text not in METHODS | MACROS:
                problems.append(
                    Problem(
                        token.start,
                        f"unknown function {token.text}; {suggestion(token.text, METHODS | MACROS)}",
                    )
                )
        elif after == "(":
            if token.text not in FUNCTIONS:
                problems.append(
                    Problem(
                        token.start, f"unknown function {token.text}; {suggestion(token.text, FUNCTIONS)}"
                    )
                )
        elif token.text not in local:
            dotted = token.text + (f".{_text(tokens, index + 2)}" if after == "." else "")
            problems.append(Problem(token.start, f"unknown fact {dotted}; {suggestion(dotted, FACTS)}"))
    return problems


def thresholds(tokens: list[Token]) -> tuple[set[tuple[str, int]], list[Problem]]:
    """The whole seconds at which each clock fact may change the answer; a problem for each other use of one.

    A comparison of a clock fact with n can only turn when the count reaches ceil(n) or floor(n) + 1.
    """
    clocks: set[tuple[str, int]] = set()
    problems: list[Problem] = []
    for index, token in enumerate(tokens):
        if token.kind != "fact" or not FACTS[token.text].clock:
            continue
        before, after = _text(tokens, index - 1), _text(tokens, index + 1)
        number = None
        if after in COMPARISONS and before in _EDGES and _text(tokens, index + 3) in _EDGES:
            number = _number(tokens, index + 2)
        elif before in COMPARISONS and after in _EDGES and _text(tokens, index - 3) in _EDGES:
            number = _number(tokens, index - 2)
        if number is None or number > MAX_CLOCK_S:
            expected = (
                f"expected it compared with a number of seconds up to {MAX_CLOCK_S}, as in {token.text} > 60"
            )
            problems.append(Problem(token.start, f"{token.text} grows by itself: {expected}"))
        else:
            clocks |= {(token.text, math.ceil(number)), (token.text, math.floor(number) + 1)}
    return clocks, problems


_EDGES: Final = frozenset({"", "(", ")", "[", "]", "&&", "||", "!", "?", ":", ","})
_LITERALS: Final = {"string": "string", "number": "number"}


def _bound(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """The names that macros bind (the i of `cart.items.exists(i, ...)`), and the macros themselves."""
    bound: list[Token] = []
    macros: list[Token] = []
    for index, token in enumerate(tokens):
        if token.text in MACROS and _text(tokens, index - 1) == "." and _text(tokens, index + 1) == "(":
            macros.append(token)
            if index + 2 < len(tokens) and tokens[index + 2].kind in ("name", "fact"):
                bound.append(tokens[index + 2])
    return bound, macros


def _check_comparison(tokens: list[Token], index: int) -> list[Problem]:
    """A problem for each literal of another type that the fact is compared with, or one it never equals."""
    fact = FACTS[tokens[index].text]
    problems: list[Problem] = []
    for literal in _compared(tokens, index):
        kind = "bool" if literal.text in ("true", "false") else _LITERALS.get(literal.kind)
        expected = "number" if fact.type in ("int", "double") else fact.type
        if kind is not None and kind != expected:
            problems.append(
                Problem(
                    literal.start, f"{tokens[index].text} is {fact.type}: expected a {expected}, got a {kind}"
                )
            )
        elif kind == "string" and fact.values and literal.text[1:-1] not in fact.values:
            message = (
                f"{tokens[index].text} is never {literal.text}; {suggestion(literal.text[1:-1], fact.values)}"
            )
            problems.append(Problem(literal.start, message))
    return problems


def _compared(tokens: list[Token], index: int) -> list[Token]:
    """The tokens that the fact is compared with directly: by a comparison, or in a list after `in`."""
    if _text(tokens, index + 1) == "in" and _text(tokens, index + 2) == "[":
        end = index + 3
        while end < len(tokens) and tokens[end].text != "]":
            end += 1
        return tokens[index + 3 : end]
    found: list[Token] = []
    if _text(tokens, index + 1) in COMPARISONS and _text(tokens, index + 3) in _EDGES:
        found += tokens[index + 2 : index + 3]
    if _text(tokens, index - 1) in COMPARISONS and _text(tokens, index - 3) in _EDGES and index >= 2:
        found.append(tokens[index - 2])
    return found


def _number(tokens: list[Token], index: int) -> float | None:
    token = tokens[index] if 0 <= index < len(tokens) else None
    if token is None or token.kind != "number":
        return None
    text = token.text.rstrip("uU")
    return float(int(text, 16)) if text[:2] in ("0x", "0X") else float(text)


def _text(tokens: list[Token], index: int) -> str:
    """The word at `index`, "" outside the expression."""
    return tokens[index].text if 0 <= index < len(tokens) else ""
