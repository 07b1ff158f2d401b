"""Who is in which arm of a rule's experiment: by hash, so that it never changes and needs no table. SPEC rule.12."""

from __future__ import annotations

import hashlib
from typing import Final

from cobrowse.core.rules.rule import Rule

CONTROL: Final = "control"
CONTROL_ALL: Final = "control-all"


def share(*parts: str) -> float:
    """A number from 0 to 1, evenly spread, always the same for these parts."""
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / 2**53


def arm_of(rule: Rule, contact: str, holdout_of_all: float) -> str:
    """The contact's arm: `control-all`, `control`, or the name of the wording that they get."""
    if share("all", contact) < holdout_of_all:
        return CONTROL_ALL
    if share("rule", rule.id, contact) < rule.holdout:
        return CONTROL
    return rule.variants[int(share("text", rule.id, contact) * len(rule.variants))]
