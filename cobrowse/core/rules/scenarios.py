"""Scenarios kept beside rules: what a visitor does, and when the rule must fire or why it must not.

A step is a time and a few words ("40 s add rug 80"), so is an expectation ("130 s fires", "60 s idle 30 s to go").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace as replaced
from types import MappingProxyType
from typing import Final

import yaml

from cobrowse.core.messages import Known
from cobrowse.core.rules.document import Document
from cobrowse.core.rules.engine import Book
from cobrowse.core.rules.explain import explain
from cobrowse.core.rules.facts import PAGE_KINDS
from cobrowse.core.rules.limits import Cause, Limits, Staff
from cobrowse.core.rules.names import suggestion
from cobrowse.core.rules.replay import Moment, Replay
from cobrowse.core.rules.rule import Mistake, Place, Rule
from cobrowse.core.rules.track import Line

MAX_SCENARIOS: Final = 50
MAX_STEPS: Final = 100
MAX_STEP_CHARS: Final = 300
BEGIN: Final = 1_800_000_000.0

_FILE_KEYS: Final = MappingProxyType({"rule": True, "scenarios": True})
_KEYS: Final = MappingProxyType({"title": True, "steps": True, "expect": True})
_UNIT_S: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_TIMED: Final = re.compile(r"(\d{1,8}(?:\.\d{1,3})?) ?(s|min|h|d) +(\S.*)")
STEPS: Final[dict[str, str]] = {
    "page": rf"page ({'|'.join(PAGE_KINDS)})(?: (/\S*))?",
    "view": r"view (\S+)(?: (.+))?",
    "add": r"add (\S+)(?: (\d+(?:\.\d\d)?))?(?: (.+))?",
    "csa-add": r"csa-add (\S+)(?: (\d+(?:\.\d\d)?))?(?: (.+))?",
    "remove": r"remove (\S+)",
    "csa-remove": r"csa-remove (\S+)",
    "event": r"event ([A-Za-z][A-Za-z0-9_.-]{0,39})",
    "chat": r"chat (opens|closes)",
    "scroll": r"scroll (\d{1,3})",
    "identify": r"identify(?: (\d{1,5}))?(?: (\S.*))?",
    "csas": r"csas (\d{1,3})",
    "dismiss": r"dismiss",
}
_CAUSES: Final = tuple(str(cause) for cause in Cause)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens, `at_s` seconds after the scenario begins."""

    at_s: float
    verb: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The rule's cause at that time; None for "never fires"."""

    at_s: float | None
    cause: str
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class Scenario:
    """One visitor's story, and what the rule has to make of it."""

    rule: str
    title: str
    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...]
    place: Place


def parse_scenarios(text: str, file: str) -> list[Scenario]:
    """The scenarios that `text` holds. Raises RuleError with all mistakes found."""
    document = Document(text, file)
    keys = document.entries(document.root, _FILE_KEYS)
    rule = document.text(keys["rule"], "rule", 64) if "rule" in keys else None
    found: list[Scenario] = []
    if "scenarios" in keys:
        for node in document.sequence(keys["scenarios"], "scenarios", MAX_SCENARIOS):
            entries = document.entries(node, _KEYS)
            title = document.text(entries["title"], "title", 200) if "title" in entries else None
            steps: list[Step] = []
            expect: list[Expectation] = []
            for place, line in _lines(document, entries, "steps"):
                step = _step(line)
                if isinstance(step, str):
                    document.note(place, f"steps: {step}")
                elif steps and step.at_s < steps[-1].at_s:
                    document.note(place, "steps: expected times that do not go back")
                else:
                    steps.append(step)
            for place, line in _lines(document, entries, "expect"):
                wanted = _expectation(line, document.place(place))
                if isinstance(wanted, str):
                    document.note(place, f"expect: {wanted}")
                else:
                    expect.append(wanted)
            if rule is not None and title is not None:
                at = document.place(node.start_mark.index)
                found.append(Scenario(rule.value, title.value, tuple(steps), tuple(expect), at))
    document.finish()
    return found


def run(scenario: Scenario, rule: Rule) -> list[Mistake]:
    """Where the rule does otherwise than expected. It is tried alone, with one CSA free, and nobody held out."""
    moments: list[Moment] = []
    book = Book([replaced(rule, holdout=0.0, enabled=True)], Limits())
    replay = Replay(book, 1, moments.append)
    mistakes: list[Mistake] = []
    asked = sorted(
        (want for want in scenario.expect if want.at_s is not None and want.cause != "fires"),
        key=lambda want: want.at_s or 0.0,
    )
    replay.at(BEGIN, scenario.rule)
    for at_s, step, want in _in_order(scenario.steps, asked):
        track, at = replay.at(BEGIN + at_s, scenario.rule)
        if step is not None:
            _take(replay, step, at)
        elif want is not None:
            replay.look()
            verdict = explain(book, track.visitor, Staff(), at)[0]
            if verdict.cause != want.cause or want.reason not in verdict.reason:
                words = f"{want.cause} {want.reason}".strip()
                got = f"{verdict.cause}: {verdict.reason}"
                mistakes.append(
                    Mistake(want.place, f"{scenario.title}: expected {words} at {at_s:g} s, got {got}")
                )
    replay.finish()
    fired = [moment.at - BEGIN for moment in moments if moment.cause is Cause.FIRES]
    wanted = {want.at_s: want for want in scenario.expect if want.cause == "fires" and want.at_s is not None}
    for at_s in sorted(set(wanted) - set(fired)):
        got_words = ", ".join(f"{s:g} s" for s in fired) or "never"
        message = f"{scenario.title}: expected it to fire at {at_s:g} s, it fires: {got_words}"
        mistakes.append(Mistake(wanted[at_s].place, message))
    mistakes += [
        Mistake(scenario.place, f"{scenario.title}: it fires at {at_s:g} s, which is not expected")
        for at_s in fired
        if at_s not in wanted
    ]
    return mistakes


def _in_order(
    steps: Iterable[Step], asked: Iterable[Expectation]
) -> list[tuple[float, Step | None, Expectation | None]]:
    """Steps and questions by time; what happens at an instant comes before what is asked about it."""
    both: list[tuple[float, Step | None, Expectation | None]] = [(step.at_s, step, None) for step in steps]
    both += [(want.at_s or 0.0, None, want) for want in asked]
    return sorted(both, key=lambda each: (each[0], each[1] is None))


def _take(replay: Replay, step: Step, at: float) -> None:
    track = next(iter(replay.tracks.values()))
    first, second, third = (*step.words, "", "", "")[:3]
    match step.verb:
        case "page":
            track.event(at, "page_view", page=(first, second or "/"))
        case "view":
            track.event(at, "page_view", page=("product", f"/{first}"))
            track.event(at, "view_item")
            track.view(second)
        case "add":
            track.event(at, "add_to_cart")
            track.add(at, first, Line(1, round(float(second or 0) * 100), first, third))
        case "remove":
            track.event(at, "remove_from_cart")
            track.remove(at, first)
        case "csa-add":
            line = Line(1, round(float(second or 0) * 100), first, third)
            track.add(at, first, line, by_shopper=False)
        case "csa-remove":
            track.remove(at, first, by_shopper=False)
        case "event":
            track.event(at, first)
        case "chat":
            track.chat(at, opens=first == "opens")
        case "scroll":
            track.event(at, "scroll", params={"percent_scrolled": int(first)})
        case "identify":
            track.identified(Known("someone", orders=int(first or 0), labels=[second] if second else []))
        case "csas":
            replay.csas = int(first)
            replay.staff(track)
        case "dismiss":
            track.dismissed()


def _lines(document: Document, entries: dict[str, yaml.Node], name: str) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    if (node := entries.get(name)) is not None:
        for item in document.sequence(node, name, MAX_STEPS):
            found = document.text(item, name, MAX_STEP_CHARS)
            if found is not None:
                lines.append((found.start_mark.index, " ".join(found.value.split())))
    return lines


def _step(line: str) -> Step | str:
    """The step, or what is wrong with it."""
    match = _TIMED.fullmatch(line)
    if match is None:
        return 'expected a time and what happens, as in "40 s add rug 80"'
    at_s, words = float(match[1]) * _UNIT_S[match[2]], match[3]
    verb = words.split()[0]
    if verb not in STEPS:
        return f"unknown step {verb[:40]}; {suggestion(verb, STEPS)}"
    found = re.fullmatch(STEPS[verb], words)
    if found is None:
        return f"{verb}: expected {STEPS[verb]}"
    return Step(at_s, verb, tuple(group or "" for group in found.groups()))


def _expectation(line: str, place: Place) -> Expectation | str:
    if line == "never fires":
        return Expectation(None, "fires", "", place)
    match = _TIMED.fullmatch(line)
    if match is None:
        return 'expected a time and a cause, as in "130 s fires", or "never fires"'
    cause, _, reason = match[3].partition(" ")
    if cause not in _CAUSES:
        return f"unknown cause {cause[:40]}; {suggestion(cause, _CAUSES)}"
    return Expectation(float(match[1]) * _UNIT_S[match[2]], cause, reason, place)
