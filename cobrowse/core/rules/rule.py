"""One rule as the rest of the server sees it, and the mistakes that keep a file from becoming one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cobrowse.core.messages import OfferChannel
from cobrowse.core.rules.after import After
from cobrowse.core.rules.conditions import Condition
from cobrowse.core.rules.text import Texts


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a rule file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong at one place: what was expected and what came."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class RuleError(Exception):
    """A file that is not a rule; `mistakes` holds everything that is wrong with it, in the file's order."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was checked: evaluating it can still meet a fault, but never an unknown name.

    `version` is a hash of the file's text, `source`. `idle_s` is how long the shopper must have left the cart alone and
    `hold_s` how long `when` and `after` must have been true, 0 for no such condition; `chance_s` is how long the moment
    lasts that begins then. `again_s` is its rest after an offer, over visits. `expires_s` is how long an offer stays
    open. `holdout` is the share of contacts in its control group. `wordings` has the texts by variant. Higher
    `priority` goes first. `channel` is how help is given. `place` is where its id stands.
    """

    id: str
    version: str
    title: str
    when: Condition
    after: tuple[After, ...]
    idle_s: float
    hold_s: float
    chance_s: float
    again_s: float
    at_checkout: bool
    holdout: float
    wordings: Mapping[str, Texts]
    expires_s: float
    priority: int
    team: str | None
    channel: OfferChannel
    enabled: bool
    source: str = field(repr=False)
    place: Place = field(compare=False)

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its wordings, in the file's order."""
        return tuple(self.wordings)


def by_rank(rule: Rule) -> tuple[int, str]:
    """The sort key under which the rule that is asked first comes first: priority, then id."""
    return (-rule.priority, rule.id)
