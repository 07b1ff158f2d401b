"""From the text of a rule file to a Rule, or to every mistake in it."""

from __future__ import annotations

import hashlib
import re
from types import MappingProxyType
from typing import Final

import yaml
from jinja2 import Template

from cobrowse.core.rules.conditions import MAX_CONDITION_CHARS, Condition, compile_condition
from cobrowse.core.rules.document import Document
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.text import FALLBACK_LOCALE, MAX_TEMPLATE_CHARS, Texts, compile_text

# The keys of a rule and of its offer; True for those that must be there.
RULE_KEYS: Final = MappingProxyType(
    {
        "id": True,
        "title": True,
        "when": True,
        "idle": False,
        "offer": True,
        "priority": False,
        "enabled": False,
    }
)
OFFER_KEYS: Final = MappingProxyType({"text": True, "expires": False, "team": False})

DEFAULT_PRIORITY: Final = 100
DEFAULT_EXPIRES_S: Final = 600.0
MAX_IDLE_S: Final = 86_400.0
MIN_EXPIRES_S: Final = 10.0
MAX_EXPIRES_S: Final = 3_600.0
MAX_TITLE_CHARS: Final = 120
MAX_NAME_CHARS: Final = 64

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def parse(text: str, file: str) -> Rule:
    """The rule that `text` holds; `file` is only what its mistakes are named after.

    Raises RuleError with all mistakes found, each with its place, what was expected and the nearest name.
    """
    document = Document(text, file)
    keys = document.entries(document.root, RULE_KEYS)
    rule_id = _name(document, keys.get("id"), "id")
    title = document.text(keys["title"], "title", MAX_TITLE_CHARS) if "title" in keys else None
    when = _condition(document, keys.get("when"))
    idle_s = document.duration(keys["idle"], "idle", 1, MAX_IDLE_S) if "idle" in keys else 0.0
    priority = (
        document.whole(keys["priority"], "priority", 0, 1_000) if "priority" in keys else DEFAULT_PRIORITY
    )
    enabled = document.flag(keys["enabled"], "enabled") if "enabled" in keys else True
    offer = document.entries(keys["offer"], OFFER_KEYS) if "offer" in keys else {}
    team = _name(document, offer.get("team"), "team")
    texts = _texts(document, offer.get("text"))
    expires_s: float | None = DEFAULT_EXPIRES_S
    if "expires" in offer:
        expires_s = document.duration(offer["expires"], "expires", MIN_EXPIRES_S, MAX_EXPIRES_S)
    document.finish()
    # Each None above has left a mistake behind, so that finish() has raised by now.
    if not (rule_id and title and when and texts):
        raise AssertionError
    if idle_s is None or expires_s is None or priority is None or enabled is None:
        raise AssertionError
    return Rule(
        id=rule_id,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        title=title.value.strip(),
        when=when,
        idle_s=idle_s,
        texts=texts,
        expires_s=expires_s,
        priority=priority,
        team=team,
        enabled=enabled,
        place=document.place(keys["id"].start_mark.index),
    )


def _name(document: Document, node: yaml.Node | None, name: str) -> str | None:
    """A short name in small letters, figures and hyphens."""
    found = document.text(node, name, MAX_NAME_CHARS) if node is not None else None
    if found is None:
        return None
    if not _NAME.fullmatch(found.value):
        document.note_at(
            found, f"{name}: expected small letters, figures and single hyphens, as in abandoned-basket"
        )
    return str(found.value)


def _condition(document: Document, node: yaml.Node | None) -> Condition | None:
    found = document.text(node, "when", MAX_CONDITION_CHARS) if node is not None else None
    if found is None:
        return None
    condition, problems = compile_condition(found.value)
    for problem in problems:
        document.note_in(found, problem.offset, f"when: {problem.message}")
    return condition


def _texts(document: Document, node: yaml.Node | None) -> Texts | None:
    """The texts by locale; a locale that is only another spelling of one before it is a mistake."""
    if node is None:
        return None
    templates: dict[str, Template] = {}
    sources: dict[str, str] = {}
    for locale, value in document.entries(node, None).items():
        tag = locale.lower()
        if not _LOCALE.fullmatch(locale):
            document.note_at(value, f"text: expected a locale such as en or de-AT, got {locale[:20]}")
        elif tag in sources:
            document.note_at(value, f"text: the locale {tag} is there twice")
        found = document.text(value, f"text, {tag}"[:40], MAX_TEMPLATE_CHARS)
        sources[tag] = found.value if found else ""
        template, problems = compile_text(found.value) if found else (None, [])
        for problem in problems:
            if found:
                document.note_in(found, problem.offset, f"text, {tag}: {problem.message}")
        if template is not None:
            templates[tag] = template
    if FALLBACK_LOCALE not in sources:
        document.note_at(
            node, f"text: the locale {FALLBACK_LOCALE} is missing; it is what every other falls back to"
        )
    return Texts(tuple(sources.items()), MappingProxyType(templates))
