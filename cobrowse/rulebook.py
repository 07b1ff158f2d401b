"""The rules of a folder, read from disk: for the server at its start and for `cobrowse rules check`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from cobrowse.core.rules.document import MAX_FILE_BYTES
from cobrowse.core.rules.rule import Mistake, Place, Rule, RuleError, by_rank
from cobrowse.core.rules.scenarios import Scenario, parse_scenarios
from cobrowse.core.rules.syntax import parse

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
