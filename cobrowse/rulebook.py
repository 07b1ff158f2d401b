"""The rules of a folder, read from disk and read again when they change: for the server and for `cobrowse rules`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from pathlib import Path

from cobrowse.core.rules.document import MAX_FILE_BYTES
from cobrowse.core.rules.rule import Mistake, Place, Rule, RuleError, by_rank
from cobrowse.core.rules.scenarios import Scenario, parse_scenarios
from cobrowse.core.rules.syntax import parse

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0

Overlay = Callable[[], tuple[Mapping[str, str], Collection[str]]]
"""The console's texts by rule, and the rules that it switched off."""

Apply = Callable[[Sequence[Rule], Sequence[str]], None]
Stamp = tuple[tuple[str, int, int, int], ...]

_PACKAGE = Path(__file__).parent
SHIPPED = _PACKAGE / "shipped_rules" if (_PACKAGE / "shipped_rules").is_dir() else _PACKAGE.parent / "rules"
"""The rules that come with the product: in the wheel inside the package, in a checkout at its top level."""


def load(folder: Path) -> tuple[list[Rule], list[RuleError]]:
    """The rules in `folder` (*.yaml, *.yml) in the order they are asked, and the errors of the other files.

    An id that an earlier file (by name) has already is an error. What cannot be read is one too.
    """
    rules: dict[str, Rule] = {}
    errors: list[RuleError] = []
    if not folder.is_dir():
        return [], [RuleError((Mistake(Place(str(folder), 1, 1), "expected a folder of rules, found none"),))]
    for path in sorted(chain(folder.glob("*.yaml"), folder.glob("*.yml"))):
        try:
            rule = parse(_read(path), str(path))
        except RuleError as error:
            errors.append(error)
            continue
        if rule.id in rules:
            message = f"the id {rule.id} is taken by {rules[rule.id].place.file}"
            errors.append(RuleError((Mistake(rule.place, message),)))
        else:
            rules[rule.id] = rule
    return sorted(rules.values(), key=by_rank), errors


def scenarios(folder: Path) -> tuple[list[Scenario], list[RuleError]]:
    """The scenarios in the folder `scenarios` beside the rules, and the errors of the files that are none."""
    found: list[Scenario] = []
    errors: list[RuleError] = []
    for path in sorted((folder / "scenarios").glob("*.yaml")):
        try:
            found += parse_scenarios(_read(path), str(path))
        except RuleError as error:
            errors.append(error)
    return found, errors


def render_errors(errors: Iterable[RuleError]) -> str:
    """All mistakes, one a line as file:line:column: message, in the order of the files; "" for none."""
    return "\n".join(str(mistake) for error in errors for mistake in error.mistakes)


def _read(path: Path) -> str:
    """The text of a file. Raises RuleError if it is too large or not readable UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RuleError((Mistake(Place(str(path), 1, 1), f"cannot be read: {error.strerror}"),)) from error
    if len(raw) > MAX_FILE_BYTES:
        message = f"expected at most {MAX_FILE_BYTES} bytes, got more"
        raise RuleError((Mistake(Place(str(path), 1, 1), message),))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        place = Place(str(path), before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise RuleError((Mistake(place, "expected UTF-8, got a byte that is not"),)) from error


def combine(
    rules: Iterable[Rule], edited: Mapping[str, str], off: Collection[str]
) -> tuple[list[Rule], list[RuleError]]:
    """The files' rules with the console's texts in their place or beside them, some switched off, in their order.

    A text that is no rule any more, as after an upgrade, is an error; the file's stays.
    """
    found = {rule.id: rule for rule in rules}
    errors: list[RuleError] = []
    for rule_id, text in edited.items():
        try:
            found[rule_id] = _parsed(text, f"{rule_id} (edited in the console)")
        except RuleError as error:
            errors.append(error)
    switched = [replace(rule, enabled=False) if rule.id in off else rule for rule in found.values()]
    return sorted(switched, key=by_rank), errors


# Every change combines all texts anew, and most are what they were.
_parsed = lru_cache(maxsize=512)(parse)


class Watcher:
    """The rules in force: the files of a folder, read again when one changes, under the console's overlay.

    `files` are the rules as last read without a mistake. `apply` gets the rules whenever they may have changed,
    with the mistakes that keep the latest from being among them, one a line. SPEC rule.15, edit.5.
    """

    def __init__(self, folder: Path | None, files: Iterable[Rule], overlay: Overlay, apply: Apply) -> None:
        """`files` were read before; without a folder nothing is watched."""
        self.files = list(files)
        self._folder = folder
        self._overlay = overlay
        self._apply = apply
        self._stamp: Stamp | None = None
        self._mistakes: list[str] = []

    def refresh(self) -> None:
        """Lays the overlay over the files anew."""
        rules, errors = combine(self.files, *self._overlay())
        self._apply(rules, self._mistakes + [str(mistake) for error in errors for mistake in error.mistakes])

    async def look(self) -> None:
        """Reads the folder again if anything in it has changed. A mistake leaves what was there running."""
        if self._folder is None:
            return
        stamp = await asyncio.to_thread(_stamp, self._folder)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        # Reading and compiling takes tens of milliseconds: too long for the loop that serves everybody.
        files, errors = await asyncio.to_thread(load, self._folder)
        self._mistakes = [str(mistake) for error in errors for mistake in error.mistakes]
        if errors:
            logger.error("the rules have mistakes, those from before go on:\n%s", render_errors(errors))
        elif [rule.version for rule in files] != [rule.version for rule in self.files]:
            logger.info("the rules have changed: %d of them now", len(files))
        if not errors:
            self.files = files
        self.refresh()

    async def run(self) -> None:
        """Looks every two seconds, until it is cancelled."""
        while True:
            try:
                await self.look()
            except Exception:  # the rules that are in force stay so, whatever it is
                logger.exception("the rules could not be looked at, trying again in %g s", LOOK_EVERY_S)
            await asyncio.sleep(LOOK_EVERY_S)


def _stamp(folder: Path) -> Stamp:
    """What changes when a file of the folder does: name, time, size and number of each."""
    found = []
    for path in sorted(chain(folder.glob("*.yaml"), folder.glob("*.yml"))):
        with suppress(OSError):  # gone between the listing and here: its absence is the change
            state = path.stat()
            found.append((path.name, state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(found)
