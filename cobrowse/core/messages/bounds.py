"""Bounds of what the wire may carry, as types that decoding checks. SPEC wire.2."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cobrowse.core.cart import MAX_DOTS, MAX_NOTE_CHARS, MAX_QUANTITY, MAX_STEP
from cobrowse.core.line import MAX_LINE_ID_CHARS

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_OPERATION_BYTES = 16 * 1024
MAX_TEXT_CHARS = 4000
MAX_PART_BYTES = 60 * 1024
"""Of a page's mirror in one frame: what its other fields take is left for them."""

PLAIN = r"^[^\x00]*\Z"
"""PostgreSQL's text has no U+0000: one in a message would fail the commit of everybody's."""

NO_PROTO = r"^(?!__proto__\Z)"
"""The one text that cannot be a key of a JavaScript object."""

Role = Literal["shopper", "csa", "server"]
ShareLevel = Literal["none", "view", "point", "control"]
"""How far a CSA may go on the shopper's page; each level holds those before it. SPEC mirror.5."""

RoomId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
LineText = Annotated[str, Meta(min_length=1, max_length=MAX_LINE_ID_CHARS, pattern=NO_PROTO)]
Dot = Annotated[str, Meta(max_length=27, pattern=r"^(0|[1-9][0-9]{0,9})\.[1-9][0-9]{0,15}\Z")]
Seen = Annotated[list[Dot], Meta(max_length=MAX_DOTS)]
Counter = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Offset = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Step = Annotated[int, Meta(ge=-MAX_STEP, le=MAX_STEP)]
Quantity = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
Seconds = Annotated[float, Meta(ge=0, le=1e11)]
Code = Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_PROTO + r"[A-Za-z0-9_.-]+\Z")]
Short = Annotated[str, Meta(max_length=120, pattern=PLAIN)]
Title = Annotated[str, Meta(max_length=300, pattern=PLAIN)]
Url = Annotated[str, Meta(max_length=2000, pattern=PLAIN)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, pattern=PLAIN)]
Measure = Annotated[float, Meta(ge=-1e15, le=1e15)]
NoteText = Annotated[str, Meta(max_length=MAX_NOTE_CHARS, pattern=PLAIN)]
Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*\Z")]
Minor = Annotated[int, Meta(ge=0, le=10**12)]
