"""Patterns for `matches`, in RE2's spirit: no backtracking, so that no address of a page takes long to look at.

A pattern becomes a set of states that walk over the text together (Thompson 1968), at most `MAX_STATES` of them a
character. Known: literals, `.`, classes, `\\d \\w \\s` and their opposites, `^ $`, groups, `|`, `* + ? {m,n}`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_STATES: Final = 200
MAX_TEXT: Final = 2_000

Test = Callable[[str], bool]


class PatternError(Exception):
    """A pattern that cannot be used; the message says what was expected."""


@dataclass(slots=True)
class _State:
    """A step: a character that passes `test`, or freely on (`begin` and `end` only at the text's ends)."""

    test: Test | None = None
    where: str = ""
    to: tuple[int, ...] = ()


class Pattern:
    """Finds out whether a text contains a match."""

    def __init__(self, states: list[_State], first: int, last: int) -> None:
        self._states = states
        self._first = first
        self._last = last

    def search(self, text: str) -> bool:
        """Whether a part of the text (its first MAX_TEXT characters) matches, in time linear in its length."""
        text = text[:MAX_TEXT]
        active: set[int] = set()
        for position in range(len(text) + 1):
            active = self._spread(active | {self._first}, position == 0, position == len(text))
            if self._last in active:
                return True
            if position < len(text):
                character = text[position]
                steps = (self._states[number] for number in active)
                active = {step.to[0] for step in steps if step.test is not None and step.test(character)}
        return False

    def _spread(self, numbers: set[int], begin: bool, end: bool) -> set[int]:
        """The states and all that they lead to without a character."""
        found, waiting = set(numbers), list(numbers)
        while waiting:
            state = self._states[waiting.pop()]
            passes = not state.where or (begin if state.where == "^" else end)
            if state.test is None and passes:
                fresh = [number for number in state.to if number not in found]
                found.update(fresh)
                waiting += fresh
        return found


def compile_pattern(source: str) -> Pattern:
    """The pattern. Raises PatternError."""
    builder = _Builder(source)
    first, last = builder.choice()
    if builder.rest:
        raise PatternError(f"expected the end of the pattern, got {builder.rest[0]!r}")
    return Pattern(builder.states, first, last)


_CLASSES: Final[dict[str, Test]] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: c.isascii() and (c.isalnum() or c == "_"),
    "s": lambda c: c in "\t\n\f\r ",
}


def _opposite(test: Test) -> Test:
    return lambda c: not test(c)


class _Builder:
    def __init__(self, source: str) -> None:
        self.rest = source
        self.states: list[_State] = []
        self._depth = 0

    def _take(self, *texts: str) -> str:
        for text in texts:
            if self.rest.startswith(text):
                self.rest = self.rest[len(text) :]
                return text
        return ""

    def _state(self, test: Test | None = None, where: str = "", *to: int) -> int:
        if len(self.states) >= MAX_STATES:
            raise PatternError(f"expected a shorter pattern: at most {MAX_STATES} steps")
        self.states.append(_State(test, where, to))
        return len(self.states) - 1

    def choice(self) -> tuple[int, int]:
        self._depth += 1
        if self._depth > 10:
            raise PatternError("expected something simpler: nested too deeply")
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        self._depth -= 1
        if len(branches) == 1:
            return branches[0]
        last = self._state()
        for _, end in branches:
            self.states[end].to += (last,)
        return self._state(None, "", *(first for first, _ in branches)), last

    def _sequence(self) -> tuple[int, int]:
        first = last = self._state()
        while self.rest and self.rest[0] not in "|)":
            before = self.rest
            begin, end = self._atom()
            atom = before[: len(before) - len(self.rest)]
            begin, end = self._repeat(atom, begin, end)
            self.states[last].to += (begin,)
            last = end
        return first, last

    def _repeat(self, atom: str, begin: int, end: int) -> tuple[int, int]:
        sign = self._take("*", "+", "?", "{")
        if sign == "{":
            low, high = self._counts()
            copies = [(begin, end), *(self._again(atom) for _ in range(max(low, high or low + 1) - 1))]
            first = last = self._state()
            for index, (copy, copy_end) in enumerate(copies):
                self.states[last].to += (copy,)
                if index >= low:
                    self.states[last].to += (copies[-1][1],)
                last = copy_end
            if high is None:
                self.states[last].to += (copies[-1][0],)
            begin, end = first, last
        elif sign:
            last = self._state()
            first = self._state(None, "", begin, *(() if sign == "+" else (last,)))
            self.states[end].to += (last,) if sign == "?" else (last, begin)
            begin, end = first, last
        if self._take("?"):
            pass  # the shortest match is a match as well
        if self.rest[:1] in ("*", "+", "{") and self.rest:
            raise PatternError(f"expected one sign of repetition, got {self.rest[0]!r} after another")
        return begin, end

    def _again(self, atom: str) -> tuple[int, int]:
        rest, self.rest = self.rest, atom
        copy = self._atom()
        self.rest = rest
        return copy

    def _counts(self) -> tuple[int, int | None]:
        inside, close, self.rest = self.rest.partition("}")
        low, comma, high = inside.partition(",")
        if not close or not low.isdecimal() or (high and not high.isdecimal()):
            raise PatternError("expected {n}, {n,} or {n,m}")
        found = (int(low), int(high) if high else None if comma else int(low))
        if found[0] > MAX_STATES or (found[1] is not None and not max(1, found[0]) <= found[1] <= MAX_STATES):
            raise PatternError(f"expected counts from 1 to {MAX_STATES}, the smaller first")
        return found

    def _atom(self) -> tuple[int, int]:
        if self._take("(?:", "("):
            if self.rest.startswith("?"):
                raise PatternError("looking ahead, names and flags of groups are not supported")
            group = self.choice()
            if not self._take(")"):
                raise PatternError("expected ) at the end of a group")
            return group
        where = self._take("^", "$")
        end = self._state()
        return self._state(None, where, end) if where else self._state(self._one(), "", end), end

    def _one(self) -> Test:
        if self._take("["):
            return self._class()
        if self._take("."):
            return lambda c: c != "\n"
        if self.rest[:1] in ("*", "+", "?", "{"):
            raise PatternError(f"expected something to repeat before {self.rest[0]!r}")
        return self._character()

    def _character(self) -> Test:
        test = self._escaped()
        return test if callable(test) else lambda c: c == test

    def _escaped(self) -> Test | str:
        character, self.rest = self.rest[:1], self.rest[1:]
        if character != "\\":
            return character
        character, self.rest = self.rest[:1], self.rest[1:]
        if character.lower() in _CLASSES and character:
            test = _CLASSES[character.lower()]
            return test if character.islower() else _opposite(test)
        if not character or character.isalnum():
            known = {"n": "\n", "t": "\t", "r": "\r"}
            if character in known:
                return known[character]
            raise PatternError("a backslash stands only before signs and d w s D W S n t r")
        return character

    def _class(self) -> Test:
        negated = bool(self._take("^"))
        tests: list[Test] = []
        singles: set[str] = set()
        first = True  # a ] that comes first is one of the class
        while first or not self._take("]"):
            first = False
            if not self.rest:
                raise PatternError("expected ] at the end of a class")
            low = self._escaped()
            if callable(low):
                tests.append(low)
            elif self.rest.startswith("-") and self.rest[1:2] not in ("]", ""):
                self.rest = self.rest[1:]
                tests.append(self._range(low))
            else:
                singles.add(low)
        found = lambda c: c in singles or any(test(c) for test in tests)  # noqa: E731
        return _opposite(found) if negated else found

    def _range(self, low: str) -> Test:
        high = self._escaped()
        if callable(high) or high < low:
            raise PatternError("expected a range such as a-z, the smaller first")
        return lambda c: low <= c <= high
