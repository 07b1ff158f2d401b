"""What an offer says: a small part of Jinja2, one text a locale, shown as plain text.

Two fences: only the constructs listed here are let in at all, and what is left runs in Jinja2's sandbox. No
loops, calls or arithmetic, so a text can neither be slow nor long, and one that has rendered with example
facts cannot fail later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from cobrowse.core.rules.cel.lexer import Problem
from cobrowse.core.rules.facts import EXAMPLES, EXAMPLES_NOW, FACTS, Facts, as_cel
from cobrowse.core.rules.names import suggestion

MAX_TEXT_CHARS: Final = 500
MAX_TEMPLATE_CHARS: Final = 1_000
FALLBACK_LOCALE: Final = "en"

_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)


def money(value: float) -> str:
    """An amount in major units with its two decimals, such as 1,249.00."""
    return f"{value:,.2f}"


def join(names: list[str], separator: str = ", ") -> str:
    """The names, one after the other."""
    return separator.join(names)


FILTERS: Final[dict[str, Callable[..., str]]] = {"money": money, "join": join}

_FILTER_NAMES: Final = ", ".join(FILTERS)


class _Environment(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        """The fact first: `cart.items` is the list of names, not the method of a dict."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


# No escaping: the offer is shown as text, never as HTML.
_ENVIRONMENT: Final = _Environment(undefined=StrictUndefined, autoescape=False)
_ENVIRONMENT.filters = dict(FILTERS)
_ENVIRONMENT.tests = {}
_ENVIRONMENT.globals = {}


@dataclass(frozen=True, slots=True)
class Texts:
    """The checked texts of an offer by locale (lower case, as in "de-at"); "en" is always there."""

    sources: tuple[tuple[str, str], ...]
    templates: Mapping[str, Template] = field(compare=False, repr=False)

    def render(self, locale: str, facts: Facts, now: float) -> tuple[str, str]:
        """The locale found (de-at, else de, else en) and the text in it, at most MAX_TEXT_CHARS long."""
        found = locale.replace("_", "-").lower()
        while found not in self.templates:
            found = found.rpartition("-")[0] or FALLBACK_LOCALE
        return found, _shorten(_render(self.templates[found], facts, now))


def compile_text(source: str) -> tuple[Template | None, list[Problem]]:
    """The template, or None and every problem found in it (offsets count characters of `source`)."""
    if len(source) > MAX_TEMPLATE_CHARS:
        return None, [Problem(0, f"expected at most {MAX_TEMPLATE_CHARS} characters, got {len(source)}")]
    try:
        tree = _ENVIRONMENT.parse(source)
        problems = _check(tree, source)
        if problems:
            return None, sorted(set(problems))
        template = _ENVIRONMENT.from_string(source)
    except TemplateSyntaxError as error:
        return None, [Problem(_offset(source, error.lineno, "{"), f"not a Jinja2 text: {error.message}")]
    except RecursionError:
        return None, [Problem(0, "expected something simpler: nested too deeply")]
    return (template, []) if not (problem := _trial(template)) else (None, [Problem(0, problem)])


def _trial(template: Template) -> str | None:
    """What is wrong with a text, found by rendering it for example visitors."""
    lengths = []
    for facts in EXAMPLES:
        try:
            lengths.append(len(_render(template, facts, EXAMPLES_NOW)))
        except (TypeError, ValueError, AttributeError, UndefinedError):
            return "cannot be rendered: a filter or a comparison got a value of another type than it takes"
    if lengths[0] == 0:
        return "expected a text, got an empty one for an ordinary basket of three items"
    if lengths[0] > MAX_TEXT_CHARS:
        return f"expected at most {MAX_TEXT_CHARS} characters, got {lengths[0]} for a basket of three items"
    return None


def _check(tree: nodes.Template, source: str) -> list[Problem]:
    """A problem for each construct that is not allowed and each unknown name, without recursion."""
    problems: list[Problem] = []
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case nodes.Getattr(node=nodes.Name(name=root), attr=part):
                name = f"{root}.{part}"
                if name not in FACTS:
                    message = f"unknown fact {name}; {suggestion(name, FACTS)}"
                    problems.append(Problem(_offset(source, node.lineno, name), message))
            case nodes.Name(name=name):
                message = f"unknown fact {name}; {suggestion(name, FACTS)}"
                problems.append(Problem(_offset(source, node.lineno, name), message))
            case nodes.Filter(name=name):
                problems += _check_filter(node, source)
                waiting += node.iter_child_nodes()
            case _ if isinstance(node, _ALLOWED):
                waiting += node.iter_child_nodes()
            case _:
                kind = type(node).__name__.lower()
                message = f"{kind} is not allowed in a text; expected facts, {_FILTER_NAMES}, if, comparisons"
                problems.append(Problem(_offset(source, node.lineno, "{"), message))
    return problems


def _check_filter(node: nodes.Filter, source: str) -> list[Problem]:
    offset = _offset(source, node.lineno, node.name)
    if node.name not in FILTERS:
        return [Problem(offset, f"unknown filter {node.name}; {suggestion(node.name, FILTERS)}")]
    if node.name == "join":
        # Of a list only: joining what was joined would make a short template a very long text.
        match node.node:
            case nodes.Getattr(node=nodes.Name(name=root), attr=part) if (
                fact := FACTS.get(f"{root}.{part}")
            ) is None or isinstance(fact.type, tuple):
                return []
            case _:
                return [Problem(offset, "join takes a list of names, as in cart.items | join")]
    return []


def _offset(source: str, line: int, needle: str) -> int:
    """Where `needle` stands in that line (from 1), else where the line begins: Jinja2 keeps no columns."""
    lines = source.split("\n")[:line]
    start = sum(len(text) + 1 for text in lines[:-1])
    return start + max(lines[-1].find(needle), 0) if lines else 0


def _render(template: Template, facts: Facts, now: float) -> str:
    return " ".join(template.render(as_cel(facts, now)).split())


def _shorten(text: str) -> str:
    """The text, cut after a whole word if it is too long (a cart may hold 200 long names)."""
    if len(text) <= MAX_TEXT_CHARS:
        return text
    cut = text[: MAX_TEXT_CHARS - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"
