"""A page's mirror on the wire: rrweb's events, as far as we let them through. SPEC mirror.4.

The page's side has the same shapes (web/core/mirror.ts). What these types do not name is dropped when a batch is read.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[int, Meta(ge=-2, le=2**31 - 1)]
Px = Annotated[int, Meta(ge=-(10**8), le=10**8)] | Annotated[float, Meta(ge=-1e8, le=1e8)]
Style = dict[str, str | bool | list[str]]
Value = str | float | bool | Style | None


class Node(msgspec.Struct, omit_defaults=True, gc=False):
    """A node of the page: 0 document, 1 doctype, 2 element, 3 text. Any other type refuses the batch."""

    type: Literal[0, 1, 2, 3]
    id: Id
    tagName: str = ""  # noqa: N815 - rrweb's word on the wire
    attributes: dict[str, Value] = {}
    childNodes: list[Node] | None = None  # noqa: N815
    textContent: str | None = None  # noqa: N815
    name: str | None = None
    compatMode: Literal["CSS1Compat", "BackCompat"] | None = None  # noqa: N815
    isStyle: bool = False  # noqa: N815
    isSVG: bool = False  # noqa: N815
    isShadowHost: bool = False  # noqa: N815
    isShadow: bool = False  # noqa: N815


class Text(msgspec.Struct):
    id: Id
    value: str | None


class AttributeChange(msgspec.Struct):
    id: Id
    attributes: dict[str, Value]


class Removal(msgspec.Struct, omit_defaults=True):
    parentId: Id  # noqa: N815
    id: Id
    isShadow: bool = False  # noqa: N815


class Addition(msgspec.Struct):
    parentId: Id  # noqa: N815
    nextId: Id | None  # noqa: N815
    node: Node


class Position(msgspec.Struct):
    x: Px
    y: Px
    id: Id
    timeOffset: Px  # noqa: N815


Index = int | list[int]


class AddedRule(msgspec.Struct, omit_defaults=True):
    rule: str
    index: Index | None = None


class RemovedRule(msgspec.Struct):
    index: Index


class SheetRules(msgspec.Struct):
    styleId: Id  # noqa: N815
    rules: list[AddedRule]


class SetProperty(msgspec.Struct, omit_defaults=True):
    property: str
    value: str | None = None
    priority: str = ""


class RemovedProperty(msgspec.Struct):
    property: str


class Change(msgspec.Struct, tag_field="source", omit_defaults=True):
    """The base of all changes after a snapshot, told apart by rrweb's `source`."""


class Mutated(Change, tag=0, omit_defaults=False):
    """Lists that hold nothing are left out on the way here; the viewer gets all of them."""

    texts: list[Text] = []
    attributes: list[AttributeChange] = []
    removes: list[Removal] = []
    adds: list[Addition] = []


class MouseMoved(Change, tag=1):
    positions: Annotated[list[Position], Meta(max_length=500)]


class MouseActed(Change, tag=2):
    type: Annotated[int, Meta(ge=0, le=12)]
    id: Id
    x: Px | None = None
    y: Px | None = None


class Scrolled(Change, tag=3):
    id: Id
    x: Px
    y: Px


class Resized(Change, tag=4):
    width: Px
    height: Px


class Entered(Change, tag=5):
    id: Id
    text: Annotated[str, Meta(max_length=100_000)]
    isChecked: bool  # noqa: N815


class Touched(MouseMoved, tag=6):
    pass


class RulesChanged(Change, tag=8):
    id: Id | None = None
    styleId: Id | None = None  # noqa: N815
    adds: list[AddedRule] | None = None
    removes: list[RemovedRule] | None = None
    replace: str | None = None
    replaceSync: str | None = None  # noqa: N815


class Dragged(MouseMoved, tag=12):
    pass


class SelectedRange(msgspec.Struct):
    """From a place in one node to a place in another: of texts the characters, of elements the children before it."""

    start: Id
    startOffset: Annotated[int, Meta(ge=0, le=10**7)]  # noqa: N815
    end: Id
    endOffset: Annotated[int, Meta(ge=0, le=10**7)]  # noqa: N815


class Selected(Change, tag=14):
    """What the shopper has selected; no range: nothing any more."""

    ranges: Annotated[list[SelectedRange], Meta(max_length=10)]


class DeclarationChanged(Change, tag=13):
    index: list[int]
    id: Id | None = None
    styleId: Id | None = None  # noqa: N815
    set: SetProperty | None = None
    remove: RemovedProperty | None = None


class SheetsAdopted(Change, tag=15):
    id: Id
    styleIds: list[Id]  # noqa: N815
    styles: list[SheetRules] | None = None


AnyChange = (
    Mutated
    | MouseMoved
    | MouseActed
    | Scrolled
    | Resized
    | Entered
    | Touched
    | RulesChanged
    | Dragged
    | DeclarationChanged
    | Selected
    | SheetsAdopted
)


class Offset(msgspec.Struct):
    top: Px
    left: Px


class Snapshot(msgspec.Struct):
    node: Node
    initialOffset: Offset  # noqa: N815


class Size(msgspec.Struct, omit_defaults=True):
    width: Px
    height: Px
    media: Annotated[str, Meta(max_length=32, pattern=r"^[01]*\Z")] = ""


class SnapshotTaken(msgspec.Struct, tag_field="type", tag=2):
    timestamp: float
    data: Snapshot


class Changed(msgspec.Struct, tag_field="type", tag=3):
    timestamp: float
    data: AnyChange


class Sized(msgspec.Struct, tag_field="type", tag=4):
    timestamp: float
    data: Size


class Summed(msgspec.Struct, tag_field="type", tag=5):
    timestamp: float
    data: dict[Literal["elements", "hash"], Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]]


Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hexadecimal."""

MAX_PIECE_BYTES = 48 * 1024
"""Of a file: what goes in one batch, so that changes of the page need not wait for more."""

MAX_FILE_BYTES = 256 * 1024


class FilePiece(msgspec.Struct):
    """A part of a picture or a font that the page brings; `body` in base64. SPEC file.4."""

    hash: Hash
    size_bytes: Annotated[int, Meta(ge=1, le=MAX_FILE_BYTES)]
    at: Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)]
    body: Annotated[bytes, Meta(min_length=1, max_length=MAX_PIECE_BYTES)]


class FileSent(msgspec.Struct, tag_field="type", tag=6):
    timestamp: float
    data: FilePiece


class FileName(msgspec.Struct):
    """What is at an address of the page is the file of this hash."""

    address: Annotated[str, Meta(pattern=r"^https?://[!-~]+$", max_length=2000)]
    hash: Hash


class FileNamed(msgspec.Struct, tag_field="type", tag=7):
    timestamp: float
    data: FileName


Event = SnapshotTaken | Changed | Sized | Summed | FileSent | FileNamed
