"""Pictures and fonts that a page brings itself, since only its shopper's browser may fetch them. SPEC file.4 to file.6.

They are private to one sharing: no room is told of another's, and what a room holds goes with the shopper's leave.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from weakref import WeakSet

from cobrowse.core.errors import CobrowseError
from cobrowse.core.messages import PageFile
from cobrowse.core.page_events import FileName, FilePiece
from cobrowse.core.shop_files import media_type_of

MAX_PAGE_BYTES = 512 * 1024
"""Of all that one page brings; web/mirror/files.ts has the same bounds."""

MAX_PAGE_FILES = 64
MAX_ROOM_BYTES = 2 * MAX_PAGE_BYTES
"""What a page has brought, and what the pages before it did: the least lately named goes first."""

MAX_SITE_BYTES = 64 * 1024 * 1024
"""Over all rooms of a site at this node: past it a file is not shown, and nothing else happens."""


class FileRefused(CobrowseError):
    """A page brings what it may not; the message says what was expected, not what came."""


class SiteFiles:
    """One site's: of which paths its pages bring files, and how much its rooms hold of them."""

    def __init__(self, paths: Sequence[str] = (), max_bytes: int = MAX_SITE_BYTES) -> None:
        """`paths` with `*` for anything; none: no page brings anything."""
        self.paths = list(paths)
        self._max_bytes = max_bytes
        any_of = "|".join(".*".join(map(re.escape, path.split("*"))) for path in paths)
        self._path = re.compile(any_of, re.DOTALL) if any_of else None
        self._rooms: WeakSet[RoomFiles] = WeakSet()

    def enter(self, room: RoomFiles) -> None:
        """What this room holds counts, as long as there is the room."""
        self._rooms.add(room)

    def has(self, address: str, origin: str) -> bool:
        """Whether a page of this origin may bring what is at the address."""
        path = address[len(origin) :]
        is_own = bool(origin) and address.startswith(origin) and path.startswith("/")
        return is_own and self._path is not None and self._path.fullmatch(path) is not None

    def fits(self, size_bytes: int) -> bool:
        """Whether there is room for so much more."""
        return sum(room.size_bytes for room in self._rooms) + size_bytes <= self._max_bytes


class RoomFiles:
    """What the pages of one sharing have brought, and which of it stands on the page as it is."""

    def __init__(self, room: str, site: SiteFiles) -> None:
        self._room = room
        self._site = site
        self._origin = ""
        self._files: dict[str, PageFile] = {}
        self._brought: dict[str, int] = {}
        self._named: dict[str, str] = {}
        self._begun: tuple[str, int, bytearray] | None = None
        site.enter(self)

    @property
    def size_bytes(self) -> int:
        begun = len(self._begun[2]) if self._begun else 0
        return sum(len(file.body) for file in self._files.values()) + begun

    def known(self) -> list[str]:
        """The hashes of the files that a page need not send."""
        return list(self._files)

    def begin(self, origin: str) -> None:
        """A tab of this origin begins to record: there is room for all that it may bring."""
        self._origin = origin
        self._brought = {}
        self._begun = None
        while self.size_bytes > MAX_ROOM_BYTES - MAX_PAGE_BYTES or len(self._files) > MAX_PAGE_FILES:
            del self._files[next(iter(self._files))]

    def turn(self) -> None:
        """A new page begins, on which nothing is named yet."""
        self._named = {}

    def forget(self) -> None:
        """The sharing is over: nothing is left."""
        self._files, self._named, self._begun = {}, {}, None

    def named(self) -> Iterator[PageFile]:
        """The files that stand on the page as it is, each once."""
        for key in dict.fromkeys(self._named.values()):
            if (file := self._files.get(key)) is not None:
                yield file

    def take(self, pieces: Sequence[FilePiece], names: Sequence[FileName]) -> None:
        """Takes what a batch brings. Raises FileRefused: too much, not what it says, or of no path of the site's."""
        for piece in pieces:
            self._take(piece)
        for name in names:
            if not self._site.has(name.address, self._origin):
                raise FileRefused("expected a file of one of the site's `page_files`")
            if name.address not in self._named and len(self._named) >= MAX_PAGE_FILES:
                raise FileRefused(f"expected at most {MAX_PAGE_FILES} files of a page")
            self._named[name.address] = name.hash
            if (file := self._files.pop(name.hash, None)) is not None:
                self._files[name.hash] = file  # the latest named is the last to go

    def _take(self, piece: FilePiece) -> None:
        if piece.at == 0:
            if media_type_of(piece.body, "") is None:
                raise FileRefused("expected a picture or a font, by its first bytes")
            self._begun = (piece.hash, piece.size_bytes, bytearray())
        if self._begun is None:
            return
        key, size_bytes, body = self._begun
        if (piece.hash, piece.size_bytes, piece.at) != (key, size_bytes, len(body)):
            self._begun = None  # a page that is shown anew sends what was on its way once more
            return
        body += piece.body
        if len(body) > size_bytes:
            raise FileRefused("expected a file of the size that was told")
        if len(body) == size_bytes:
            self._begun = None
            self._add(key, bytes(body))

    def _add(self, key: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != key:
            raise FileRefused("expected a file of the hash that was told")
        self._brought[key] = len(body)
        if sum(self._brought.values()) > MAX_PAGE_BYTES or len(self._brought) > MAX_PAGE_FILES:
            raise FileRefused(f"expected at most {MAX_PAGE_FILES} files of a page, {MAX_PAGE_BYTES} bytes")
        media_type = media_type_of(body, "")
        if media_type is not None and self._site.fits(len(body)):
            self._files[key] = PageFile(self._room, key, media_type, body)
