"""Several visitors and few CSAs: who gets the places, by a slow and obvious count. SPEC rule.8 to rule.10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cobrowse.core.rules.engine import Book
from cobrowse.core.rules.limits import Cause, Limits
from cobrowse.core.rules.replay import Moment, Replay
from cobrowse.core.rules.rule import Rule
from tests.core.rules.drafts import rule

BEGIN = 1_700_000_000.0
EXPIRES_S, CHANCE_S, COOLDOWN_S = 6.0, 4.0, 3.0
WANTED = {"a-first": ("x", 500), "b-second": ("y", 300), "c-last": ("z", 300)}
"""Each rule: the event after which it is true, and its priority."""

RULES: list[Rule] = [
    replace(
        rule(
            rule_id=name,
            when="visit.pages >= 0",
            idle="",
            more=f"priority: {priority}\nchance: {CHANCE_S:g} s\nafter:\n  - events: {event}\n    unless: gone\n",
        ),
        expires_s=EXPIRES_S,
    )
    for name, (event, priority) in WANTED.items()
]
CONTACTS = ("ann", "bob", "cid", "dee", "eve", "fay", "gus")

Happening = tuple[float, str, str]
"""When (never falling), to whom, and what."""


@dataclass
class Seen:
    """What is known of one contact, written down plainly."""

    since: dict[str, float] = field(default_factory=dict)
    offered: dict[str, float] = field(default_factory=dict)
    open_rule: str = ""
    expires_at: float = 0.0


def true_rules(past: Sequence[Happening], who: str) -> list[str]:
    """The rules that are true for a contact, in the order in which they are asked."""
    names = [what for _, contact, what in past if contact == who]
    since_gone = names[len(names) - names[::-1].index("gone") :] if "gone" in names else names
    return [name for name, (event, _) in WANTED.items() if event in since_gone]


def oracle(history: list[Happening], csas: int) -> list[tuple[float, str, str]]:
    """Looks at a contact when something happens to them, or their offer is over; everybody of one instant together."""
    seen = {who: Seen() for who in CONTACTS}
    fired: list[tuple[float, str, str]] = []
    instants = {at for at, _, _ in history}
    while instants:
        now = min(instants)
        instants.discard(now)
        past = [each for each in history if each[0] <= now]
        looked_at = {who for at, who, _ in history if at == now}
        looked_at |= {who for who in CONTACTS if seen[who].open_rule and seen[who].expires_at == now}
        looked_at |= {
            who
            for who in CONTACTS
            for at in seen[who].offered.values()
            if at + COOLDOWN_S == now and waits_for_cooldown(seen[who], now)
        }
        for who in looked_at:
            each, true = seen[who], true_rules(past, who)
            each.since = {name: each.since.get(name, now) for name in true}
            if each.open_rule and (each.expires_at <= now or each.open_rule not in true):
                each.open_rule = ""
        on_show = sum(bool(each.open_rule) for each in seen.values())
        able = [(who, name) for who in looked_at if (name := first_able(seen[who], now, on_show, csas))]
        order = list(WANTED)
        for who, name in sorted(able, key=lambda each: (order.index(each[1]), each[0])):
            on_show = sum(bool(each.open_rule) for each in seen.values())
            if not has_room(on_show, csas):
                continue
            each = seen[who]
            each.open_rule, each.expires_at = name, now + EXPIRES_S
            each.offered[name] = now
            instants |= {now + EXPIRES_S, now + COOLDOWN_S}
            fired.append((now, who, name))
    return fired


def waits_for_cooldown(each: Seen, now: float) -> bool:
    """Whether only the rest after the last offer holds back a rule of this contact, so that its timer is set."""
    return not each.open_rule and any(
        name not in each.offered and now <= since + CHANCE_S for name, since in each.since.items()
    )


def first_able(each: Seen, now: float, on_show: int, csas: int) -> str:
    """The first rule that could fire for a contact, "" for none."""
    for name in WANTED:
        since = each.since.get(name)
        if since is None or not since <= now <= since + CHANCE_S or each.open_rule or name in each.offered:
            continue
        if any(now < at + COOLDOWN_S for at in each.offered.values()):
            continue
        if has_room(on_show, csas):
            return name
    return ""


def has_room(on_show: int, csas: int) -> bool:
    """A quarter of the offers is expected to be taken; one may always be on show while somebody is free."""
    return csas > 0 and (on_show == 0 or on_show / 4 + 1 / 4 <= csas)


happenings = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from(CONTACTS), st.sampled_from(["x", "y", "z", "x", "y", "gone"])
    ),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(happenings, st.integers(0, 2))
def test_rule10_places_go_to_the_rule_that_comes_first_over_all_visitors(
    steps: list[tuple[int, str, str]], csas: int
) -> None:
    now = BEGIN
    history: list[Happening] = []
    moments: list[Moment] = []
    replay = Replay(Book(RULES, Limits(cooldown_s=COOLDOWN_S, cap=0)), csas, moments.append)
    for later, who, what in steps:
        now += later // 2  # many things happen at one instant
        history.append((now, who, what))
        track, at = replay.at(now, who)
        track.event(at, what)
    replay.finish()
    found = [(each.at, each.contact, each.rule) for each in moments if each.cause is Cause.FIRES]
    assert sorted(found) == sorted(oracle(history, csas))
