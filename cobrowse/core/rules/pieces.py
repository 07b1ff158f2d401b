"""The parts of a rule file, each read with care: names, conditions, patterns of events, wordings."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

import yaml
from jinja2 import Template

from cobrowse.core.rules.after import After
from cobrowse.core.rules.conditions import MAX_CONDITION_CHARS, Condition, compile_condition
from cobrowse.core.rules.document import Document
from cobrowse.core.rules.text import FALLBACK_LOCALE, MAX_TEMPLATE_CHARS, Texts, compile_text

AFTER_KEYS: Final = MappingProxyType({"events": True, "times": False, "within": False, "unless": False})

MAX_NAME_CHARS: Final = 64
MAX_PATTERNS: Final = 5
MAX_RUN: Final = 20
MAX_WITHIN_S: Final = 86_400.0
MAX_VARIANTS: Final = 5
PLAIN_TEXT: Final = "text"
"""The name of the wording that stands under `text`."""

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EVENT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def read_name(document: Document, node: yaml.Node | None, name: str) -> str | None:
    """A short name in small letters, figures and hyphens."""
    found = document.text(node, name, MAX_NAME_CHARS) if node is not None else None
    if found is None:
        return None
    if not _NAME.fullmatch(found.value):
        document.note_at(
            found, f"{name}: expected small letters, figures and single hyphens, as in abandoned-basket"
        )
    return str(found.value)


def read_condition(document: Document, node: yaml.Node | None) -> Condition | None:
    found = document.text(node, "when", MAX_CONDITION_CHARS) if node is not None else None
    if found is None:
        return None
    condition, problems = compile_condition(found.value)
    for problem in problems:
        document.note_in(found, problem.offset, f"when: {problem.message}")
    return condition


def read_after(document: Document, node: yaml.Node | None) -> tuple[After, ...]:
    """The patterns of events; those that are wrong are noted and left out."""
    if node is None:
        return ()
    found = (_pattern(document, item) for item in document.sequence(node, "after", MAX_PATTERNS))
    return tuple(pattern for pattern in found if pattern is not None)


def _pattern(document: Document, node: yaml.Node) -> After | None:
    keys = document.entries(node, AFTER_KEYS)
    events = _events(document, keys.get("events"), "events")
    times = document.whole(keys["times"], "times", 1, MAX_RUN) if "times" in keys else 1
    within_s: float | None = None
    if "within" in keys:
        within_s = document.duration(keys["within"], "within", 1, MAX_WITHIN_S)
    unless = _events(document, keys.get("unless"), "unless")
    if not events or times is None:
        return None
    if len(events) * times > MAX_RUN:
        message = f"events: expected at most {MAX_RUN} in a row, got {len(events)} {times} times"
        document.note_at(keys["events"], message)
    if both := sorted(set(events) & set(unless)):
        document.note_at(keys["unless"], f"unless: {both[0]} is among the events, so this can never be")
    return After(tuple(events) * times, within_s, frozenset(unless))


def _events(document: Document, node: yaml.Node | None, name: str) -> list[str]:
    names: list[str] = []
    for item in document.one_or_more(node, name, MAX_RUN) if node is not None else []:
        found = document.text(item, name, MAX_NAME_CHARS)
        if found is not None and not _EVENT.fullmatch(found.value):
            document.note_at(item, f"{name}: expected an event's name such as add_to_cart")
        elif found is not None:
            names.append(str(found.value))
    return names


def read_wordings(document: Document, offer: dict[str, yaml.Node]) -> dict[str, Texts]:
    """The texts by variant: the plain one first."""
    wordings: dict[str, Texts] = {}
    if "text" in offer and (plain := _texts(document, offer["text"], "text")) is not None:
        wordings[PLAIN_TEXT] = plain
    if "variants" in offer:
        variants = document.entries(offer["variants"], None)
        if len(variants) > MAX_VARIANTS:
            document.note_at(
                offer["variants"], f"variants: expected at most {MAX_VARIANTS}, got {len(variants)}"
            )
        for name, node in variants.items():
            if not _NAME.fullmatch(name) or name in (PLAIN_TEXT, "control", "control-all"):
                document.note_at(
                    node, f"variants: expected a name of its own in small letters, got {name[:40]}"
                )
            elif (texts := _texts(document, node, name)) is not None:
                wordings[name] = texts
    return wordings


def _texts(document: Document, node: yaml.Node, key: str) -> Texts | None:
    """The texts by locale; a locale that is only another spelling of one before it is a mistake."""
    templates: dict[str, Template] = {}
    sources: dict[str, str] = {}
    for locale, value in document.entries(node, None).items():
        tag = locale.lower()
        if not _LOCALE.fullmatch(locale):
            document.note_at(value, f"{key}: expected a locale such as en or de-AT, got {locale[:20]}")
        elif tag in sources:
            document.note_at(value, f"{key}: the locale {tag} is there twice")
        found = document.text(value, f"{key}, {tag}"[:40], MAX_TEMPLATE_CHARS)
        sources[tag] = found.value if found else ""
        template, problems = compile_text(found.value) if found else (None, [])
        for problem in problems:
            if found:
                document.note_in(found, problem.offset, f"{key}, {tag}: {problem.message}")
        if template is not None:
            templates[tag] = template
    if FALLBACK_LOCALE not in sources:
        document.note_at(
            node, f"{key}: the locale {FALLBACK_LOCALE} is missing; it is what every other falls back to"
        )
    return Texts(tuple(sources.items()), MappingProxyType(templates))
