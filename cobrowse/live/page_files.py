"""What a page brings itself on its way to those who watch, and to the recording: each file once. SPEC file.6."""

from __future__ import annotations

from collections.abc import Callable

from cobrowse.core.codec import encode
from cobrowse.core.mirror import Checked
from cobrowse.core.page_files import RoomFiles, SiteFiles
from cobrowse.live.viewer import Viewer


class PageFiles:
    """One room's. `sees` tells whether somebody still watches with leave; `keep` takes what is recorded."""

    def __init__(
        self, room: str, site: SiteFiles, sees: Callable[[Viewer], bool], keep: Callable[[bytes], None]
    ) -> None:
        self.paths = site.paths
        self._files = RoomFiles(room, site)
        self._sees = sees
        self._keep = keep
        self._kept: set[str] = set()
        self.begin = self._files.begin
        self.turn = self._files.turn
        self.forget = self._files.forget
        self.known = self._files.known

    def take(self, batch: Checked) -> None:
        """Takes what the batch brings; what is new on the page is recorded. Raises FileRefused."""
        if not batch.pieces and not batch.names:
            return
        self._files.take(batch.pieces, batch.names)
        for file in self._files.named():
            if file.hash not in self._kept:
                self._kept.add(file.hash)
                self._keep(encode(file))

    def told_anew(self) -> list[bytes]:
        """The files of the page as it is, for a recording that begins."""
        files = list(self._files.named())
        self._kept = {file.hash for file in files}
        return list(map(encode, files))

    def hand(self, viewer: Viewer) -> None:
        """Gives a CSA what stands on the page and they do not have, each behind all that is on its way to them."""
        peer = viewer.member.peer
        for file in self._files.named():
            if viewer.files_wait or not self._sees(viewer):
                return
            if file.hash in viewer.files:
                continue
            if peer.waiting_bytes:
                viewer.files_wait = True
                peer.when_clear(lambda: self._cleared(viewer))
                return
            viewer.files.add(file.hash)
            peer.send(encode(file))

    def _cleared(self, viewer: Viewer) -> None:
        viewer.files_wait = False
        self.hand(viewer)
