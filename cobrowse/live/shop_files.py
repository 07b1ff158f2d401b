"""What the console has of a shop's files: fetched once, kept a while by the hash of what they hold. SPEC file.3."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from cobrowse.core.shelf import Shelf
from cobrowse.core.shop_files import ShopFile, address_of, with_own_addresses
from cobrowse.live.fetching import Fetcher, NotFetched

FILES = "/console/files"
"""The path under which the console gets them; the viewer (agent_ui/src/mirror) writes the same."""

MAX_HELD_BYTES = 64 * 1024 * 1024
FRESH_S = 600.0
ABSENT_S = 30.0
"""How long a file that could not be fetched is not asked for again."""

MAX_ADDRESSES = 20_000


class ShopFiles:
    """The files of the sites, by address."""

    def __init__(
        self,
        origins: Mapping[str, Sequence[str]],
        fetcher: Fetcher,
        now: Callable[[], float],
    ) -> None:
        self._origins = {site: frozenset(origin.lower() for origin in of) for site, of in origins.items()}
        self._fetcher = fetcher
        self._now = now
        self._files: Shelf[ShopFile] = Shelf(MAX_HELD_BYTES)
        self._places: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._on_the_way: dict[str, asyncio.Task[ShopFile]] = {}

    async def get(self, site: str, url: str) -> tuple[str, ShopFile]:
        """The file at this address of the site and the hash of what it holds. Raises NotFetched."""
        address = address_of(url, self._origins.get(site, frozenset()))
        if address is None:
            raise NotFetched("expected an address of the site's own origins")
        until, key = self._places.get(address, (0.0, ""))
        if until > self._now():
            file = self._files.get(key)
            if file is not None:
                return key, file
            if not key:
                raise NotFetched("it was not there a moment ago")
        return await self._fetch(site, address)

    async def _fetch(self, site: str, address: str) -> tuple[str, ShopFile]:
        """Fetches it, once for all who want it at the same time."""
        task = self._on_the_way.get(address)
        if task is None:
            task = asyncio.create_task(self._fetcher.fetch(address))
            self._on_the_way[address] = task
            task.add_done_callback(lambda _: self._on_the_way.pop(address, None))
        try:
            file = await asyncio.shield(task)
        except NotFetched:
            self._remember(address, self._now() + ABSENT_S, "")
            raise
        if file.kind == "style":
            file = self._own_sheet(site, address, file)
        key = hashlib.sha256(file.body).hexdigest()
        self._files.put(key, file, len(file.body) + 200)
        self._remember(address, self._now() + FRESH_S, key)
        return key, file

    def _remember(self, address: str, until: float, key: str) -> None:
        self._places[address] = (until, key)
        self._places.move_to_end(address)
        while len(self._places) > MAX_ADDRESSES:
            self._places.popitem(last=False)

    def _own_sheet(self, site: str, address: str, file: ShopFile) -> ShopFile:
        """A style sheet in which every address leads back here."""
        text = file.body.decode("utf-8", "replace")
        prefix = f"{FILES}/{site}?url="
        own = with_own_addresses(text, address, lambda url: prefix + quote(url, safe=""), prefix)
        return ShopFile("style", "text/css", own.encode())

    async def close(self) -> None:
        await self._fetcher.close()
