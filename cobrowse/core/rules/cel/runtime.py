"""What compiled conditions call: CEL's arithmetic, its patient && and ||, its conversions.

Values are Python's: int, float, str, bool, list, dict; durations and timestamps are whole nanoseconds. Whatever has
no value raises `NoValue`; the compiler knows which parts can.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from cobrowse.core.rules.cel.lexer import INT_MAX, INT_MIN

SECOND: Final = 1_000_000_000
MAX_DURATION: Final = 315_576_000_000 * SECOND
MIN_TIMESTAMP: Final = -62_135_596_800 * SECOND
MAX_TIMESTAMP: Final = 253_402_300_800 * SECOND - 1


class NoValue(Exception):
    """An expression that has no value for these facts; the message names the kind of fault, never a value."""


def whole(value: int) -> int:
    """The value, if it fits into 64 bits."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise NoValue("a whole number beyond 64 bits")


def divide(a: int, b: int) -> int:
    """CEL's a / b of whole numbers: rounded towards zero."""
    if b == 0:
        raise NoValue("division by zero")
    quotient = abs(a) // abs(b)
    return whole(quotient if (a < 0) == (b < 0) else -quotient)


def modulo(a: int, b: int) -> int:
    """CEL's a % b: its sign is that of a."""
    if b == 0:
        raise NoValue("division by zero")
    if a == INT_MIN and b == -1:
        raise NoValue("a whole number beyond 64 bits")
    return abs(a) % abs(b) * (-1 if a < 0 else 1)


def ratio(a: float, b: float) -> float:
    """a / b as IEEE 754 has it: division by zero gives an infinity or NaN."""
    if b:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def both(left: Callable[[], bool], right: Callable[[], bool]) -> bool:
    """left && right: false if either is, whatever the other does."""
    try:
        if not left():
            return False
    except NoValue:
        if not right():
            return False
        raise
    return right()


def either(left: Callable[[], bool], right: Callable[[], bool]) -> bool:
    """left || right: true if either is, whatever the other does."""
    try:
        if left():
            return True
    except NoValue:
        if right():
            return True
        raise
    return right()


def every(items: Iterable[Any], test: Callable[[Any], bool]) -> bool:
    """CEL's all: && over the items."""
    fault: NoValue | None = None
    for item in items:
        try:
            if not test(item):
                return False
        except NoValue as error:
            fault = fault or error
    if fault is not None:
        raise fault
    return True


def some(items: Iterable[Any], test: Callable[[Any], bool]) -> bool:
    """CEL's exists: || over the items."""
    fault: NoValue | None = None
    for item in items:
        try:
            if test(item):
                return True
        except NoValue as error:
            fault = fault or error
    if fault is not None:
        raise fault
    return False


def element(items: Sequence[Any], index: int) -> Any:
    """The item at an index from 0; there are no others."""
    if 0 <= index < len(items):
        return items[index]
    raise NoValue("a list has no item there")


def entry(pairs: dict[Any, Any], key: object) -> Any:
    """The value of a key."""
    try:
        return pairs[key]
    except KeyError:
        raise NoValue("a map has no such key") from None


def pairs(*found: tuple[Any, Any]) -> dict[Any, Any]:
    """A map; a key that is there twice has no value."""
    made = dict(found)
    if len(made) != len(found):
        raise NoValue("a key is there twice")
    return made


def truncate(value: float) -> int:
    """int(double): towards zero, if it fits."""
    if math.isfinite(value) and INT_MIN < value < INT_MAX:
        return int(value)
    raise NoValue("a number that is no whole number of 64 bits")


def read_int(text: str) -> int:
    """int(string)."""
    if re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        return whole(int(text))
    raise NoValue("a text that is no whole number")


def read_double(text: str) -> float:
    """double(string)."""
    if re.fullmatch(
        r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:inf|infinity)|(?i:nan)", text, re.ASCII
    ):
        return float(text)
    raise NoValue("a text that is no number")


_UNITS: Final = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}


def read_duration(text: str) -> int:
    """duration(string), such as "90s" or "1h30m": nanoseconds."""
    match = re.fullmatch(r"([+-]?)((?:\d+(?:\.\d*)?(?:h|ms|us|ns|m|s))+|0)", text, re.ASCII)
    if match is None or len(text) > 60:
        raise NoValue('a text that is no duration: expected one such as "90s" or "1h30m"')
    total = 0
    for number, unit in re.findall(r"(\d+(?:\.\d*)?)(h|ms|us|ns|m|s)", match[2]):
        whole_part, _, fraction = number.partition(".")
        total += int(whole_part) * _UNITS[unit]
        total += int(fraction or 0) * _UNITS[unit] // 10 ** len(fraction)
    return span(-total if match[1] == "-" else total)


def span(nanoseconds: int) -> int:
    """The duration, if it is one that CEL has."""
    if -MAX_DURATION <= nanoseconds <= MAX_DURATION:
        return nanoseconds
    raise NoValue("a duration of more than 10,000 years")


def read_timestamp(text: str) -> int:
    """timestamp(string), RFC 3339: nanoseconds since the Unix epoch."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", text, re.ASCII)
    try:
        if match is None:
            raise ValueError
        moment = datetime.fromisoformat(match[1] + match[3])
    except ValueError:
        raise NoValue('a text that is no time: expected one such as "2026-11-27T09:00:00Z"') from None
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return moment_at(seconds * SECOND + int((match[2] or "0").ljust(9, "0")))


def moment_at(nanoseconds: int) -> int:
    """The timestamp, if it is one of the years 1 to 9999."""
    if MIN_TIMESTAMP <= nanoseconds <= MAX_TIMESTAMP:
        return nanoseconds
    raise NoValue("a time outside the years 1 to 9999")


def read_zone(text: str) -> timezone:
    """A zone such as "UTC" or "+01:00"."""
    if text in ("UTC", "Z", ""):
        return UTC
    if not (match := re.fullmatch(r"([+-]?)(\d\d):([0-5]\d)", text, re.ASCII)) or int(match[2]) > 23:
        raise NoValue('a text that is no zone: expected "UTC" or one such as "+01:00"')
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def calendar(nanoseconds: int, part: str, zone: timezone = UTC) -> int:
    """A part of a timestamp, counted as CEL does: months, days and days of the week from 0, Sunday first."""
    try:
        moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=nanoseconds // SECOND)).astimezone(
            zone
        )
    except OverflowError:
        raise NoValue("a time outside the years 1 to 9999") from None
    match part:
        case "getFullYear":
            return moment.year
        case "getMonth":
            return moment.month - 1
        case "getDate":
            return moment.day
        case "getDayOfMonth":
            return moment.day - 1
        case "getDayOfWeek":
            return moment.isoweekday() % 7
        case "getDayOfYear":
            return moment.timetuple().tm_yday - 1
        case "getHours":
            return moment.hour
        case "getMinutes":
            return moment.minute
        case "getSeconds":
            return moment.second
        case _:
            return nanoseconds % SECOND // 10**6


def spent(nanoseconds: int, part: str) -> int:
    """A duration as whole hours, minutes, seconds; its milliseconds are what the seconds leave."""
    if part == "getMilliseconds":
        return modulo(nanoseconds, SECOND) // 10**6
    return divide(nanoseconds, {"getHours": 3600, "getMinutes": 60, "getSeconds": 1}[part] * SECOND)
