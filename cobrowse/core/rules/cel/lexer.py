"""The words of a CEL expression, with their offsets."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

_TOKEN: Final = re.compile(
    r"""
    (?P<skip>[ \t\r\n\f]+|//[^\n]*)
    |(?P<string>(?P<prefix>[rRbB]{0,2})(?P<quote>\"{3}|'{3}|"|'))
    |(?P<double>(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>0[xX][0-9a-fA-F]+|\d+)(?P<unsigned>[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(
    r"""\\(?:(?P<one>[abfnrtv\\?"'`])|[xX](?P<hex>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})
        |U(?P<U>[0-9a-fA-F]{8})|(?P<oct>[0-3][0-7]{2})|(?P<bad>.|\Z))""",
    re.VERBOSE | re.DOTALL,
)
_ONE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Kind = Literal["string", "double", "int", "name", "sign", "end"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at an offset of a passage (a condition or a text)."""

    offset: int
    message: str


class CelError(Exception):
    """An expression that cannot be read; its place and what was expected."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(offset, message)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its kind, as it is written, what it means (for literals), and where it stands."""

    kind: Kind
    text: str
    value: str | int | float
    start: int
    end: int


def tokenise(source: str) -> list[Token]:
    """The words of `source`, an `end` after the last. Raises CelError."""
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise CelError(position, f"not a CEL expression: {source[position]!r} has no meaning here")
        start, position = position, match.end()
        if match["quote"] is not None:
            token = _string(source, start, match)
            position = token.end
            tokens.append(token)
        elif match["double"] is not None:
            if (value := float(match.group())) == math.inf:
                raise CelError(start, "expected a number that a double can hold")
            tokens.append(Token("double", match.group(), value, start, position))
        elif match["int"] is not None:
            tokens.append(_integer(match, start))
        elif match["skip"] is None:
            kind: Kind = "name" if match["name"] is not None else "sign"
            tokens.append(Token(kind, match.group(), match.group(), start, position))
    tokens.append(Token("end", "the end", "", len(source), len(source)))
    return tokens


def _integer(match: re.Match[str], start: int) -> Token:
    text = match["int"]
    if match["unsigned"]:
        raise CelError(start, "unsigned numbers are not supported: write the number without u")
    value = int(text, 16) if text[:2] in ("0x", "0X") else int(text)
    if value > -INT_MIN:  # 2**63 itself may follow a minus
        raise CelError(start, "expected a whole number of at most 64 bits")
    return Token("int", text, value, start, match.end())


def _string(source: str, start: int, match: re.Match[str]) -> Token:
    prefix, quote = match["prefix"].lower(), match["quote"]
    if "b" in prefix:
        raise CelError(start, "bytes are not supported: write the text without b")
    position = match.end()
    while not source.startswith(quote, position):
        if position >= len(source) or (len(quote) == 1 and source[position] == "\n"):
            raise CelError(start, f"not a CEL expression: a text that begins with {quote} and does not end")
        position += 2 if source[position] == "\\" and "r" not in prefix else 1
    content = source[match.end() : position]
    value = content if "r" in prefix else _ESCAPE.sub(lambda found: _unescape(found, start), content)
    end = position + len(quote)
    return Token("string", source[start:end], value, start, end)


def _unescape(found: re.Match[str], start: int) -> str:
    if found["one"]:
        return _ONE.get(found["one"], found["one"])
    digits = found["hex"] or found["u"] or found["U"]
    code = int(digits, 16) if digits else int(found["oct"], 8) if found["oct"] else -1
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise CelError(start, "not a CEL expression: a backslash before what it cannot stand before")
    return chr(code)
