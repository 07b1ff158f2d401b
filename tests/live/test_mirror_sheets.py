"""A style sheet travels once for each site: over real sockets. SPEC mirror.10."""

from __future__ import annotations

import hashlib
import zlib

from cobrowse.core.messages import Mirrored, Record, Say, Watch
from tests.conftest import Serve
from tests.live.test_mirror import allow, send
from tests.serving import ORIGIN, LocalServer, site
from tests.wire import Peer

CSS = ".price { color: red }" * 100
KEY = hashlib.sha256(CSS.encode()).hexdigest()


def page(attributes: dict[str, object]) -> dict[str, object]:
    link = {"type": 2, "id": 2, "tagName": "link", "attributes": attributes, "childNodes": []}
    node = {"type": 0, "id": 1, "childNodes": [link]}
    return {"type": 2, "timestamp": 1, "data": {"node": node, "initialOffset": {"top": 0, "left": 0}}}


def drawn(frame: Mirrored) -> str:
    return (zlib.decompress(frame.part, -15) if frame.deflated else frame.part).decode()


async def watched(server: LocalServer, key: str = "shop") -> tuple[Peer, Peer, Record]:
    """A shopper of the site and a CSA who looks at their page, and what the page was told."""
    shopper = await server.shopper(site=key)
    await shopper.done(Say("Hello"))
    csa = await server.csa_in(shopper.room)
    await allow(shopper, csa)
    await csa.send(Watch(shopper.room, on=True))
    return shopper, csa, await shopper.expect(Record)


async def test_mirror10_the_next_page_of_the_site_names_the_sheet_and_the_csa_gets_its_text(
    shells: LocalServer,
) -> None:
    shopper, csa, told = await watched(shells)
    assert told.sheets == []
    await send(shopper, 0, page({"_cssText": CSS}))
    assert CSS in drawn(await csa.expect(Mirrored))
    shopper, csa, told = await watched(shells)
    assert told.sheets == [KEY]
    await send(shopper, 0, page({"_cssHash": KEY}))
    text = drawn(await csa.expect(Mirrored))
    assert CSS in text
    assert KEY not in text


async def test_mirror10_a_forged_hash_teaches_nothing_and_ends_the_mirror(shells: LocalServer) -> None:
    shopper, csa, _ = await watched(shells)
    forged = CSS.replace("red", "blue")
    await send(shopper, 0, page({"_cssText": forged, "_cssHash": KEY}))
    assert not (await shopper.expect(Record)).on
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]
    _, _, told = await watched(shells)
    assert told.sheets == []


async def test_mirror10_one_sites_sheets_are_not_anothers(serve: Serve) -> None:
    server = await serve(sites=[site(origins=[ORIGIN]), site("other", origins=[ORIGIN])])
    shopper, csa, _ = await watched(server)
    await send(shopper, 0, page({"_cssText": CSS}))
    await csa.expect(Mirrored)
    stranger, at_other, told = await watched(server, "other")
    assert told.sheets == []
    await send(stranger, 0, page({"_cssHash": KEY}))
    assert not (await stranger.expect(Record)).on
    assert not [frame for frame in await at_other.quiet() if isinstance(frame, Mirrored)]
