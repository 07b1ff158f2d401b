"""A YAML document read with care: bounded, no aliases, no repeated keys; each mistake has its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final, NoReturn

import yaml
from yaml.reader import ReaderError

from cobrowse.core.rules.names import suggestion
from cobrowse.core.rules.rule import Mistake, Place, RuleError

MAX_FILE_BYTES: Final = 65_536
MAX_DEPTH: Final = 4

_DURATION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?(s|min|h|d)")
_UNIT_S: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,2})?) ?%")
_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
)


class Document:
    """One file's root mapping, and the mistakes met so far. Reading returns None after noting a mistake."""

    def __init__(self, text: str, file: str) -> None:
        """Raises RuleError if the text is too large, is not YAML, or is not a mapping."""
        self._text = text
        self._file = file
        self._mistakes: list[Mistake] = []
        self.root = self._compose()

    def note(self, offset: int, message: str) -> None:
        """Keep a mistake at an offset of the text."""
        self._mistakes.append(Mistake(self.place(offset), message))

    def note_at(self, node: yaml.Node, message: str) -> None:
        """Keep a mistake at the beginning of `node`."""
        self.note(node.start_mark.index, message)

    def note_in(self, node: yaml.ScalarNode, offset: int, message: str) -> None:
        """Keep a mistake at an offset of the value of `node`, undoing what folding and quoting have moved."""
        self.note(self._source_offset(node, offset), message)

    def finish(self) -> None:
        """Raises RuleError if a mistake was met."""
        if self._mistakes:
            raise RuleError(tuple(sorted(set(self._mistakes))))

    def place(self, offset: int) -> Place:
        """Line and column of an offset of the text."""
        line = self._text.count("\n", 0, offset) + 1
        return Place(self._file, line, offset - self._text.rfind("\n", 0, offset))

    def entries(self, node: yaml.Node, allowed: Mapping[str, bool] | None) -> dict[str, yaml.Node]:
        """The values of a mapping by key. `allowed` says which keys there are and which are required."""
        if not isinstance(node, yaml.MappingNode):
            self.note_at(
                node, f"expected keys with values ({', '.join(allowed or ('en: text',))}), got {_kind(node)}"
            )
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.note_at(key, f"expected a name as key, got {_kind(key)}")
            elif key.value in found:
                self.note_at(key, f"the key {key.value} is there twice")
            elif allowed is not None and key.value not in allowed:
                self.note_at(key, f"unknown key {key.value[:60]}; {suggestion(key.value, allowed)}")
            else:
                found[key.value] = value
        for name in (name for name, needed in (allowed or {}).items() if needed and name not in found):
            self.note_at(node, f"the key {name} is missing")
        return found

    def text(self, node: yaml.Node, name: str, max_chars: int) -> yaml.ScalarNode | None:
        """The node of a text that is neither empty nor longer than `max_chars`."""
        if not isinstance(node, yaml.ScalarNode):
            self.note_at(node, f"{name}: expected a text, got {_kind(node)}")
        elif node.tag not in _PLAIN_TAGS:
            self.note_at(
                node, f'{name}: a text that begins with ! needs quotes, or ">-" and a line of its own'
            )
        elif not node.value.strip():
            self.note_at(node, f"{name}: expected a text, got nothing")
        elif len(node.value) > max_chars:
            self.note_at(node, f"{name}: expected at most {max_chars} characters, got {len(node.value)}")
        else:
            return node
        return None

    def whole(self, node: yaml.Node, name: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        if isinstance(node, yaml.ScalarNode) and re.fullmatch(r"-?\d{1,9}", node.value):
            number = int(node.value)
            if low <= number <= high:
                return number
        self.note_at(node, f"{name}: expected a whole number from {low} to {high}, got {_kind(node)}")
        return None

    def one_of(self, node: yaml.Node, name: str, valid: Collection[str]) -> str | None:
        """One of the words that there are."""
        if isinstance(node, yaml.ScalarNode) and node.value in valid:
            return str(node.value)
        got = str(node.value)[:40] if isinstance(node, yaml.ScalarNode) else _kind(node)
        self.note_at(node, f"{name}: unknown value {got}; {suggestion(got, valid)}")
        return None

    def flag(self, node: yaml.Node, name: str) -> bool | None:
        """True or false."""
        if isinstance(node, yaml.ScalarNode) and node.value in ("true", "false") and not node.style:
            return bool(node.value == "true")
        self.note_at(node, f"{name}: expected true or false, got {_kind(node)}")
        return None

    def duration(self, node: yaml.Node, name: str, low_s: float, high_s: float) -> float | None:
        """Seconds, from a text such as "90 s", "10 min", "1.5 h"."""
        match = _DURATION.fullmatch(node.value.strip()) if isinstance(node, yaml.ScalarNode) else None
        if match is None:
            self.note_at(
                node, f'{name}: expected a duration such as "90 s", "10 min" or "2 h", got {_kind(node)}'
            )
            return None
        seconds = float(match[1]) * _UNIT_S[match[2]]
        if low_s <= seconds <= high_s:
            return seconds
        self.note_at(node, f"{name}: expected {low_s:g} s to {high_s:g} s, got {seconds:g} s")
        return None

    def percent(self, node: yaml.Node, name: str, high: float) -> float | None:
        """A share from 0 to 1, from a text such as "10 %"."""
        match = _PERCENT.fullmatch(node.value.strip()) if isinstance(node, yaml.ScalarNode) else None
        if match is not None and float(match[1]) <= high:
            return float(match[1]) / 100
        self.note_at(node, f'{name}: expected a share such as "10 %", at most {high:g} %, got {_kind(node)}')
        return None

    def sequence(self, node: yaml.Node, name: str, max_items: int) -> list[yaml.Node]:
        """The items of a list that is neither empty nor longer than `max_items`."""
        if isinstance(node, yaml.SequenceNode) and 1 <= len(node.value) <= max_items:
            return list(node.value)
        self.note_at(node, f"{name}: expected a list of 1 to {max_items} items, got {_kind(node)}")
        return []

    def one_or_more(self, node: yaml.Node, name: str, max_items: int) -> list[yaml.Node]:
        """The items of a list, or the one that stands there alone."""
        return [node] if isinstance(node, yaml.ScalarNode) else self.sequence(node, name, max_items)

    def _compose(self) -> yaml.Node:
        size = len(self._text.encode("utf-8", "surrogatepass"))
        if size > MAX_FILE_BYTES:
            self._refuse(0, f"expected at most {MAX_FILE_BYTES} bytes, got {size}")
        try:
            self._check_shape()
            root = yaml.compose(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse(mark.index if mark else 0, f"not YAML: {error.problem or error.context}")
        except ReaderError as error:
            self._refuse(error.position, "not YAML: a character that cannot be printed")
        if root is None:
            self._refuse(0, "expected a rule, got an empty file")
        return root

    def _check_shape(self) -> None:
        """Refuse aliases and deep nesting before anything recursive sees them."""
        depth = 0
        event: yaml.Event
        for event in yaml.parse(self._text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                self._refuse(_offset(event), f"expected at most {MAX_DEPTH} levels, got more")
            if isinstance(event, yaml.AliasEvent):
                self._refuse(_offset(event), "aliases (*name) are not allowed in a rule")

    def _refuse(self, offset: int, message: str) -> NoReturn:
        raise RuleError((Mistake(self.place(offset), message),))

    def _source_offset(self, node: yaml.ScalarNode, offset: int) -> int:
        """Where a character of a value stands in the file: the same order as there, only spaces differ."""
        position = node.start_mark.index
        if node.style in ("|", ">"):
            position = self._text.find("\n", position) + 1
        elif node.style:
            position += 1
        end = node.end_mark.index
        for character in node.value[:offset]:
            if not character.isspace():
                found = self._text.find(character, position, end)
                position = found + 1 if found >= 0 else position
        while position < end and self._text[position].isspace():
            position += 1
        return min(position, len(self._text))


def _offset(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _kind(node: yaml.Node) -> str:
    """What came, in a few words."""
    match node:
        case yaml.ScalarNode():
            return f'"{node.value[:40]}"'
        case yaml.SequenceNode():
            return "a list"
        case _:
            return "keys with values"
