"""CEL's grammar: words to a tree. The productions are those of the CEL specification, "Syntax"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cobrowse.core.rules.cel.lexer import INT_MAX, CelError, Token, tokenise

MAX_DEPTH: Final = 32
MACROS: Final = ("all", "exists", "exists_one", "filter", "map")
RELATIONS: Final = ("<", "<=", ">", ">=", "==", "!=", "in")
RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)


@dataclass(frozen=True, slots=True)
class Node:
    """Any expression; `start` and `end` are where it stands in the source."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Select(Node):
    of: Node
    part: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    of: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function, or a method of `of`."""

    of: Node | None
    name: str
    args: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Unary(Node):
    sign: str
    of: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    sign: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Items(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pairs(Node):
    pairs: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Macro(Node):
    """`of.name(variable, [test,] body)`."""

    of: Node
    name: str
    variable: str
    test: Node | None
    body: Node
    at: int


def parse(source: str) -> Node:
    """The tree of an expression. Raises CelError."""
    return _Parser(source).whole()


def conjuncts(node: Node) -> list[Node]:
    """The parts that top-level && joins, from left to right."""
    if isinstance(node, Binary) and node.sign == "&&":
        return conjuncts(node.left) + conjuncts(node.right)
    return [node]


def dotted(node: Node) -> str | None:
    """The name with dots that an expression is, None for any other."""
    match node:
        case Name(name=name):
            return name
        case Select(of=of, part=part):
            return f"{root}.{part}" if (root := dotted(of)) is not None else None
    return None


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = tokenise(source)
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression()
        self._end("end")
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> Token | None:
        """The next word if it is one of these signs (or the word `in`)."""
        token = self._token
        if token.kind in ("sign", "name") and token.text in texts:
            self._next += 1
            return token
        return None

    def _need(self, text: str) -> Token:
        return self._take(text) or self._wrong(f"expected {text}")

    def _end(self, kind: str) -> None:
        if self._token.kind != kind:
            self._wrong("expected && or || or the end")

    def _wrong(self, expected: str) -> Token:
        raise CelError(self._token.start, f"not a CEL expression: {expected}, got {self._token.text[:40]}")

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CelError(self._token.start, "expected something simpler: nested too deeply")
        condition = self._binary(0)
        if self._take("?"):
            yes = self._binary(0)
            self._need(":")
            no = self._expression()
            condition = Ternary(condition.start, no.end, condition, yes, no)
        self._depth -= 1
        return condition

    _LEVELS: Final = (("||",), ("&&",), RELATIONS, ("+", "-"), ("*", "/", "%"))

    def _binary(self, level: int) -> Node:
        if level == len(self._LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        terms = 1
        while sign := self._take(*self._LEVELS[level]):
            right = self._binary(level + 1)
            left = Binary(left.start, right.end, sign.text, left, right, sign.start)
            terms += 1
            if terms > 4 * MAX_DEPTH:
                raise CelError(sign.start, f"expected at most {4 * MAX_DEPTH} terms in a row")
        return left

    def _unary(self) -> Node:
        sign = self._take("-", "!")
        if sign is None:
            return self._member()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CelError(sign.start, "expected something simpler: nested too deeply")
        if sign.text == "-" and self._token.kind in ("int", "double"):
            token = self._token
            self._next += 1
            assert not isinstance(token.value, str)
            node: Node = Literal(sign.start, token.end, -token.value)
            node = self._tail(node)
        else:
            of = self._unary()
            node = Unary(sign.start, of.end, sign.text, of)
        self._depth -= 1
        return node

    def _member(self) -> Node:
        return self._tail(self._primary())

    def _tail(self, node: Node) -> Node:
        while True:
            if self._take("."):
                name = self._name()
                call = self._take("(")
                part = Select(node.start, name.end, node, name.text)
                node = part if call is None else self._call(node, name)
            elif self._take("["):
                key = self._expression()
                close = self._need("]")
                node = Index(node.start, close.end, node, key)
            else:
                return node

    def _name(self) -> Token:
        token = self._token
        if token.kind != "name" or token.text in RESERVED | {"true", "false", "null", "in"}:
            self._wrong("expected a name")
        self._next += 1
        return token

    def _call(self, of: Node | None, name: Token) -> Node:
        args, close = self._list(")")
        start = of.start if of is not None else name.start
        if of is not None and name.text in MACROS:
            wanted = (2, 3) if name.text == "map" else (2,)
            if len(args) not in wanted or not isinstance(args[0], Name):
                raise CelError(
                    name.start, f"{name.text}: expected a name and an expression, as in (i, i != 1)"
                )
            test = args[1] if len(args) == 3 else None
            return Macro(start, close.end, of, name.text, args[0].name, test, args[-1], name.start)
        return Call(start, close.end, of, name.text, args, name.start)

    def _list(self, closing: str) -> tuple[tuple[Node, ...], Token]:
        items: list[Node] = []
        while not (close := self._take(closing)):
            items.append(self._expression())
            if not self._take(","):
                close = self._need(closing)
                break
        return tuple(items), close

    def _primary(self) -> Node:
        token = self._token
        if token.kind in ("string", "double", "int"):
            self._next += 1
            if token.kind == "int" and isinstance(token.value, int) and token.value > INT_MAX:
                raise CelError(token.start, "expected a whole number of at most 64 bits")
            return Literal(token.start, token.end, token.value)
        if word := self._take("true", "false", "null"):
            return Literal(word.start, word.end, {"true": True, "false": False}.get(word.text))
        if bracket := self._take("("):
            node = self._expression()
            return replace(node, start=bracket.start, end=self._need(")").end)
        if opening := self._take("["):
            items, close = self._list("]")
            return Items(opening.start, close.end, items)
        if opening := self._take("{"):
            return self._pairs(opening)
        name = self._name()
        if self._take("("):
            return self._call(None, name)
        return Name(name.start, name.end, name.text)

    def _pairs(self, opening: Token) -> Node:
        pairs: list[tuple[Node, Node]] = []
        while not (close := self._take("}")):
            key = self._expression()
            self._need(":")
            pairs.append((key, self._expression()))
            if not self._take(","):
                close = self._need("}")
                break
        return Pairs(opening.start, close.end, tuple(pairs))
