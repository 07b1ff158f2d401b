"""The server's second look at a page's mirror: a page that lies cannot harm the console. SPEC mirror.4.

The recorder in the page has masked already; here nothing is masked, but everything is weighed again that could do harm
where it is drawn. What these types do not name is dropped, what they do not allow refuses the whole batch.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import msgspec

from cobrowse.core.errors import CobrowseError
from cobrowse.core.markup import clean_css, is_address, is_attribute, is_element, is_harmful
from cobrowse.core.page_events import (
    DeclarationChanged,
    Event,
    FileName,
    FilePiece,
    FileSent,
    Mutated,
    Node,
    RulesChanged,
    SheetsAdopted,
    Snapshot,
    Style,
    Value,
)
from cobrowse.core.sheets import Reading, UnknownSheet

MAX_BATCH_BYTES = 1024 * 1024
"""Of one batch as it travels, deflated."""

MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Of one batch as JSON: ten times what the largest shop page that we know makes."""

MAX_NODES = 100_000
DEFLATE_FROM_BYTES = 1024

_ADDRESSES = frozenset({"href", "xlink:href", "src", "poster"})
_PICTURES = frozenset({"img", "image", "input", "video", "audio"})


class MirrorRefused(CobrowseError):
    """A batch that is not one; the message says what was expected, not what came."""


_batch: msgspec.json.Decoder[list[Event]] = msgspec.json.Decoder(list[Event])
_encode = msgspec.json.Encoder().encode


class Checked(msgspec.Struct, frozen=True):
    """A batch that may be drawn. `body` is JSON, deflated when `deflated`; `is_snapshot`: it begins an epoch.

    `sheets` are the style sheets that came with it, by their hashes; `pieces` and `names` the files that the page
    brings, of which only the names go on to those who watch.
    """

    body: bytes
    deflated: bool
    is_snapshot: bool
    sheets: dict[str, str] = {}
    pieces: list[FilePiece] = []
    names: list[FileName] = []


def check(
    body: bytes, deflated: bool, known: Mapping[str, str] | None = None, takes_files: bool = False
) -> Checked:
    """The batch without anything that could do harm where it is drawn, encoded anew. SPEC mirror.4.

    `known` are style sheets that a snapshot may name by their hashes: they are weighed as if they had come with it.
    Raises MirrorRefused: too large, not JSON, not the shapes of this module, a style sheet that is not known, files
    where the site `takes_files` of no page.
    """
    try:
        events = _batch.decode(_inflate(body) if deflated else body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise MirrorRefused("expected a list of page events") from None
    nodes = 0
    is_snapshot = False
    sheets = Reading(known or {}, MAX_PAGE_BYTES)
    pieces: list[FilePiece] = []
    names: list[FileName] = []
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
            case FilePiece() as piece:
                pieces.append(piece)
            case FileName() as name:
                names.append(name)
    if (pieces or names) and not takes_files:
        raise MirrorRefused("expected no files: this site's pages bring none")
    if pieces:
        events = [event for event in events if not isinstance(event, FileSent)]
    if nodes > MAX_NODES:
        raise MirrorRefused(f"expected at most {MAX_NODES} nodes")
    encoded = _encode(events)
    if len(encoded) < DEFLATE_FROM_BYTES:
        return Checked(encoded, False, is_snapshot, sheets.learned, pieces, names)
    return Checked(zlib.compress(encoded, 1, -15), True, is_snapshot, sheets.learned, pieces, names)


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
