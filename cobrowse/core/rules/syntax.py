"""From the text of a rule file to a Rule, or to every mistake in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cobrowse.core.messages import OfferChannel
from cobrowse.core.rules.document import Document
from cobrowse.core.rules.pieces import read_after, read_condition, read_name, read_wordings
from cobrowse.core.rules.rule import Rule

# The keys of a rule and of its offer; True for those that must be there.
RULE_KEYS: Final = MappingProxyType(
    {
        "id": True,
        "title": True,
        "when": True,
        "after": False,
        "idle": False,
        "hold": False,
        "chance": False,
        "again": False,
        "at_checkout": False,
        "holdout": False,
        "offer": True,
        "priority": False,
        "enabled": False,
    }
)
OFFER_KEYS: Final = MappingProxyType(
    {"text": True, "variants": False, "expires": False, "team": False, "channel": False}
)
CHANNELS: Final[Mapping[str, OfferChannel]] = MappingProxyType({"chat": "chat", "phone": "phone"})

DEFAULT_PRIORITY: Final = 100
DEFAULT_EXPIRES_S: Final = 600.0
DEFAULT_CHANCE_S: Final = 60.0
MAX_IDLE_S: Final = 86_400.0
MAX_CHANCE_S: Final = 3_600.0
MAX_AGAIN_S: Final = 90 * 86_400.0
MIN_EXPIRES_S: Final = 10.0
MAX_EXPIRES_S: Final = 3_600.0
MAX_HOLDOUT_PERCENT: Final = 50.0
MAX_TITLE_CHARS: Final = 120

# The keys that are a length of time: the shortest and the longest, and what holds without them.
_LENGTHS_S: Final = MappingProxyType(
    {
        "idle": (1.0, MAX_IDLE_S, 0.0),
        "hold": (1.0, MAX_IDLE_S, 0.0),
        "chance": (1.0, MAX_CHANCE_S, DEFAULT_CHANCE_S),
        "again": (1.0, MAX_AGAIN_S, 0.0),
    }
)


def parse(text: str, file: str) -> Rule:
    """The rule that `text` holds; `file` is only what its mistakes are named after.

    Raises RuleError with all mistakes found, each with its place, what was expected and the nearest name.
    """
    document = Document(text, file)
    keys = document.entries(document.root, RULE_KEYS)
    rule_id = read_name(document, keys.get("id"), "id")
    title = document.text(keys["title"], "title", MAX_TITLE_CHARS) if "title" in keys else None
    when = read_condition(document, keys.get("when"))
    after = read_after(document, keys.get("after"))
    lengths = {
        name: document.duration(keys[name], name, low, high) if name in keys else default
        for name, (low, high, default) in _LENGTHS_S.items()
    }
    priority: int | None = DEFAULT_PRIORITY
    if "priority" in keys:
        priority = document.whole(keys["priority"], "priority", 0, 1_000)
    enabled = document.flag(keys["enabled"], "enabled") if "enabled" in keys else True
    at_checkout = document.flag(keys["at_checkout"], "at_checkout") if "at_checkout" in keys else False
    holdout: float | None = 0.0
    if "holdout" in keys:
        holdout = document.percent(keys["holdout"], "holdout", MAX_HOLDOUT_PERCENT)
    offer = document.entries(keys["offer"], OFFER_KEYS) if "offer" in keys else {}
    team = read_name(document, offer.get("team"), "team")
    channel = document.one_of(offer["channel"], "channel", CHANNELS) if "channel" in offer else "chat"
    wordings = read_wordings(document, offer)
    expires_s: float | None = DEFAULT_EXPIRES_S
    if "expires" in offer:
        expires_s = document.duration(offer["expires"], "expires", MIN_EXPIRES_S, MAX_EXPIRES_S)
    document.finish()
    # Each None above has left a mistake behind, so that finish() has raised by now.
    known = {name: length_s for name, length_s in lengths.items() if length_s is not None}
    if not (rule_id and title and when and wordings and channel) or len(known) != len(lengths):
        raise AssertionError
    if expires_s is None or priority is None or enabled is None or at_checkout is None or holdout is None:
        raise AssertionError
    return Rule(
        id=rule_id,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        title=title.value.strip(),
        when=when,
        after=after,
        idle_s=known["idle"],
        hold_s=known["hold"],
        chance_s=known["chance"],
        again_s=known["again"],
        at_checkout=at_checkout,
        holdout=holdout,
        wordings=MappingProxyType(wordings),
        expires_s=expires_s,
        priority=priority,
        team=team,
        channel=CHANNELS[channel],
        enabled=enabled,
        source=text,
        place=document.place(keys["id"].start_mark.index),
    )
