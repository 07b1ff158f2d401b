"""Rule files for tests, written from their parts."""

from __future__ import annotations

from cobrowse.core.rules.rule import Mistake, Rule, RuleError
from cobrowse.core.rules.syntax import parse


def draft(
    *, rule_id: str = "a-rule", when: str = "cart.distinct_items >= 3", idle: str = "90 s", more: str = ""
) -> str:
    """A rule file that is right, but for what the arguments make of it."""
    idle_line = f"idle: {idle}\n" if idle else ""
    return (
        f"id: {rule_id}\ntitle: A rule\n{idle_line}{more}when: >-\n  {when}\n"
        "offer:\n  text:\n    en: Can I help with your {{ cart.distinct_items }} items?\n"
    )


def rule(**parts: str) -> Rule:
    """The rule of such a file."""
    return parse(draft(**parts), "draft.yaml")


def mistakes(text: str) -> list[Mistake]:
    """What is wrong with a text; none if it is a rule."""
    try:
        parse(text, "draft.yaml")
    except RuleError as error:
        return list(error.mistakes)
    return []
