"""Recorded click-streams: a CSV file (gzipped or not) to events and visits. The dirt in it stays.

The format is in docs/simulate.md. Nothing here repairs, sorts or de-duplicates: real shops meet all of it.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from cobrowse.core.errors import CobrowseError
from cobrowse.core.line import MAX_LINE_ID_CHARS, line_id

REQUIRED_COLUMNS = ("session_id", "user_id", "ts", "event", "item_id")
MAX_PRICE = 10**9
GZIP_MAGIC = b"\x1f\x8b"
_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}\Z")


class StreamError(CobrowseError):
    """A file that cannot be replayed; the message names the file, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row. `at_s`: Unix seconds; `item`: the shop's own number, "" for none; `price`: major units."""

    row: int
    session: str
    shopper: str
    at_s: float
    name: str
    item: str
    price: Decimal | None
    category: str
    brand: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A run of one shopper's events in one session, in the file's order; never empty."""

    shopper: str
    session: str
    events: tuple[Event, ...]

    @property
    def at_s(self) -> float:
        return self.events[0].at_s


def read_events(path: Path) -> list[Event]:
    """All events of the file, in its order. Raises StreamError."""
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content).decode("utf-8-sig")
    except OSError as error:
        what = error.strerror or "its gzip data are damaged"
        raise StreamError(f"{path}: cannot be read: {what}") from None
    except (EOFError, zlib.error):
        raise StreamError(f"{path}: cannot be read: its gzip data are cut off or damaged") from None
    except UnicodeDecodeError as error:
        raise StreamError(f"{path}: expected UTF-8 text, got something else at byte {error.start}") from None
    return list(_parse(str(path), text))


def _parse(name: str, text: str) -> Iterator[Event]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        columns = {column: index for index, column in enumerate(header)}
        missing = [column for column in REQUIRED_COLUMNS if column not in columns]
        if missing:
            raise StreamError(f"{name}:1: expected the columns {', '.join(missing)} in the header")
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                message = f"expected {len(header)} fields as in the header, got {len(values)}"
                raise StreamError(f"{name}:{reader.line_num}: {message}")
            try:
                yield _event(reader.line_num, {column: values[index] for column, index in columns.items()})
            except ValueError as error:
                raise StreamError(f"{name}:{reader.line_num}: {error}") from None
    except csv.Error as error:
        raise StreamError(f"{name}:{reader.line_num}: not CSV: {error}") from None


def _event(row: int, values: Mapping[str, str]) -> Event:
    shopper, session = values["user_id"], values["session_id"]
    if not shopper or not session:
        raise ValueError("user_id and session_id: expected one each, got an empty field")
    if not _EVENT_NAME.match(values["event"]):
        raise ValueError("event: expected a name such as view_item: a letter, then up to 39 of A-Za-z0-9_.-")
    item = values["item_id"]
    if len(line_id(item)) > MAX_LINE_ID_CHARS:
        raise ValueError(f"item_id: expected at most {MAX_LINE_ID_CHARS} characters, escaped, got more")
    return Event(
        row,
        session,
        shopper,
        _time(values["ts"]),
        values["event"],
        item,
        _price(values.get("price", "")),
        values.get("category", ""),
        values.get("brand", ""),
    )


def _time(text: str) -> float:
    expected = "ts: expected a time with its zone such as 2024-01-06T11:35:26Z (ISO 8601)"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{expected}, got {len(text)} other characters") from None
    if moment.tzinfo is None:
        raise ValueError(f"{expected}, got one without a zone")
    return moment.timestamp()


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise ValueError("price: expected a number such as 12.50, or nothing, got something else") from None
    if not price.is_finite() or not 0 <= price < MAX_PRICE:
        raise ValueError(f"price: expected 0 or more and less than {MAX_PRICE}, got another number")
    return price


def visits(events: Iterable[Event]) -> list[Visit]:
    """The visits, in the order in which they begin.

    A shopper whose sessions overlap gets a new visit at each change between them: their events keep the file's order.
    """
    runs: list[list[Event]] = []
    latest: dict[str, list[Event]] = {}
    for event in events:
        run = latest.get(event.shopper)
        if run is None or run[-1].session != event.session:
            run = latest[event.shopper] = []
            runs.append(run)
        run.append(event)
    return [Visit(run[0].shopper, run[0].session, tuple(run)) for run in runs]
