"""The server's second look at a page's mirror: a page that lies cannot harm the console. SPEC mirror.4.

The recorder in the page has masked already; here nothing is masked, but everything is weighed again that could do harm
where it is drawn. What these types do not name is dropped, what they do not allow refuses the whole batch.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cobrowse.core.errors import CobrowseError
from cobrowse.core.markup import clean_css, is_address, is_attribute, is_element, is_harmful
from cobrowse.core.sheets import Reading, UnknownSheet

MAX_BATCH_BYTES = 1024 * 1024
"""Of one batch as it travels, deflated."""

MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Of one batch as JSON: ten times what the largest shop page that we know makes."""

MAX_NODES = 100_000
DEFLATE_FROM_BYTES = 1024

_ADDRESSES = frozenset({"href", "xlink:href", "src", "poster"})
_PICTURES = frozenset({"img", "image", "input", "video", "audio"})

Id = Annotated[int, Meta(ge=-2, le=2**31 - 1)]
Px = Annotated[int, Meta(ge=-(10**8), le=10**8)] | Annotated[float, Meta(ge=-1e8, le=1e8)]
Style = dict[str, str | bool | list[str]]
Value = str | float | bool | Style | None


class MirrorRefused(CobrowseError):
    """A batch that is not one; the message says what was expected, not what came."""


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
    | SheetsAdopted
)


class Offset(msgspec.Struct):
    top: Px
    left: Px


class Snapshot(msgspec.Struct):
    node: Node
    initialOffset: Offset  # noqa: N815


class Size(msgspec.Struct):
    width: Px
    height: Px


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


Event = SnapshotTaken | Changed | Sized | Summed
_batch: msgspec.json.Decoder[list[Event]] = msgspec.json.Decoder(list[Event])
_encode = msgspec.json.Encoder().encode


class Checked(msgspec.Struct, frozen=True):
    """A batch that may be drawn. `body` is JSON, deflated when `deflated`; `is_snapshot`: it begins an epoch.

    `sheets` are the style sheets that came with it, by their hashes.
    """

    body: bytes
    deflated: bool
    is_snapshot: bool
    sheets: dict[str, str] = {}


def check(body: bytes, deflated: bool, known: Mapping[str, str] | None = None) -> Checked:
    """The batch without anything that could do harm where it is drawn, encoded anew. SPEC mirror.4.

    `known` are style sheets that a snapshot may name by their hashes: they are weighed as if they had come with it.
    Raises MirrorRefused: too large, not JSON, not the shapes of this module, a style sheet that is not known.
    """
    try:
        events = _batch.decode(_inflate(body) if deflated else body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise MirrorRefused("expected a list of page events") from None
    nodes = 0
    is_snapshot = False
    sheets = Reading(known or {}, MAX_PAGE_BYTES)
    for event in events:
        match event.data:
            case Snapshot(node=node):
                is_snapshot = True
                try:
                    sheets.read(node)
                except UnknownSheet as unknown:
                    raise MirrorRefused(str(unknown)) from None
                if (kept := _clean_tree(node)) is None or kept.type != 0:
                    raise MirrorRefused("expected a document")
                nodes += _count(kept)
            case Mutated() as change:
                _clean_mutation(change)
                nodes += sum(_count(add.node) for add in change.adds)
            case RulesChanged() as change:
                _clean_rules(change)
            case DeclarationChanged(set=changed) if changed is not None:
                changed.property = changed.property[:100]
                changed.value = changed.value and clean_css(changed.value)
            case SheetsAdopted(styles=styles):
                for sheet in styles or []:
                    for added in sheet.rules:
                        added.rule = clean_css(added.rule)
    if nodes > MAX_NODES:
        raise MirrorRefused(f"expected at most {MAX_NODES} nodes")
    checked = _encode(events)
    if len(checked) < DEFLATE_FROM_BYTES:
        return Checked(checked, False, is_snapshot, sheets.learned)
    return Checked(zlib.compress(checked, 1, -15), True, is_snapshot, sheets.learned)


def _inflate(body: bytes) -> bytes:
    unpack = zlib.decompressobj(-15)
    try:
        plain = unpack.decompress(body, MAX_PAGE_BYTES)
    except zlib.error:
        raise MirrorRefused("expected deflated JSON") from None
    if unpack.unconsumed_tail or not unpack.eof:
        raise MirrorRefused(f"expected at most {MAX_PAGE_BYTES} bytes, whole")
    return plain


def _count(node: Node) -> int:
    return 1 + sum(map(_count, node.childNodes)) if node.childNodes else 1


def _clean_tree(node: Node) -> Node | None:
    """The node with what is harmless below it; None when it is not let through itself."""
    if node.type != 2:
        node.tagName, node.attributes = "", {}
    if node.type == 3 and node.childNodes is None and not node.isStyle:
        return node  # most nodes are such texts
    match node.type:
        case 2:
            if not is_element(node.tagName):
                return None
            node.attributes = _clean_attributes(node.tagName.lower(), node.attributes)
        case 3:
            if node.isStyle and node.textContent:
                node.textContent = clean_css(node.textContent)
        case 1:
            node.name = "html"
    if node.childNodes is not None:
        # A document comes alone, for a frame that is there: never within other nodes. SPEC mirror.4.
        inside = () if node.tagName.lower() == "iframe" else node.childNodes
        children = [_clean_tree(child) for child in inside if child.type != 0]
        is_style = node.tagName.lower() == "style"
        node.childNodes = [
            child for child in children if child is not None and not (is_style and child.type != 3)
        ]
        if is_style:
            for child in node.childNodes:
                child.textContent = child.textContent and clean_css(child.textContent)
    return node


def _clean_attributes(tag: str, attributes: dict[str, Value]) -> dict[str, Value]:
    return {
        name: _clean_value(name, value)
        for name, value in attributes.items()
        if _may_stay(tag, name.lower(), value)
    }


def _may_stay(tag: str, name: str, value: Value) -> bool:
    if not is_attribute(name) or (isinstance(value, dict) and name != "style"):
        return False
    if tag == "iframe" and (name in _ADDRESSES or name == "name"):
        return False  # what stands in a frame comes as nodes, never by an address
    if name in _ADDRESSES and isinstance(value, str):
        return is_address(value, picture=name in ("src", "poster") and tag in _PICTURES)
    return not (name == "rel" and value != "stylesheet")


def _clean_value(name: str, value: Value) -> Value:
    if isinstance(value, dict):
        return _clean_style(value)
    if isinstance(value, str) and (name.lower() in ("style", "_csstext") or "url(" in value.lower()):
        return clean_css(value)
    return value


def _clean_style(style: Style) -> Style:
    cleaned: Style = {}
    for name, value in style.items():
        if isinstance(value, str):
            cleaned[name] = clean_css(value)
        elif isinstance(value, list):
            cleaned[name] = [clean_css(part) for part in value[:2]]
        elif value is False:
            cleaned[name] = False
    return cleaned


def _clean_mutation(change: Mutated) -> None:
    # Which of these texts stand in a style sheet is not known here: one that could not, goes.
    for text in change.texts:
        if text.value and is_harmful(text.value):
            text.value = ""
    for each in change.attributes:
        each.attributes = _clean_attributes(_element_of(each.attributes), each.attributes)
    change.adds = [add for add in change.adds if _clean_tree(add.node) is not None]


def _element_of(attributes: dict[str, Value]) -> str:
    """Attributes that change carry no tag: an address is weighed as an image's, which loads what it says."""
    return "link" if "rel" in attributes else "img"


def _clean_rules(change: RulesChanged) -> None:
    for added in change.adds or []:
        added.rule = clean_css(added.rule)
    change.replace = change.replace and clean_css(change.replace)
    change.replaceSync = change.replaceSync and clean_css(change.replaceSync)
