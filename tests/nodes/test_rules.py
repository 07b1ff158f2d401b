"""Rules on several nodes: an offer is made once, and waits outlive the node that began them. SPEC rule.7, rule.9."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import msgspec

from cobrowse.commands.agents import add_agent
from cobrowse.core.messages import Armed, Entry, Event, Increment, Judged, Offered, Page
from cobrowse.rulebook import load
from tests.asgi.test_rules_api import BASKET, SUPERVISOR, asker
from tests.core.rules.drafts import draft, rule
from tests.nodes.cluster import running_cluster
from tests.nodes.conftest import Rows, StartNode, eventually
from tests.serving import PASSWORD
from tests.wire import Peer

WAIT_S = 3.0
MORE = "chance: 10 min\n"
IDLE = draft(rule_id="idle", when='page.path == "/idle" && cart.distinct_items >= 1', idle="3 s", more=MORE)
HOLD = draft(rule_id="hold", when='page.path == "/hold"', idle="", more=MORE + "hold: 3 s\n")
VISITORS = 3
"""Of four offers one is taken, as far as anybody knows: one CSA may have so many on show."""

_entry = msgspec.msgpack.Decoder(Entry)


def facts_of(payloads: list[bytes]) -> list[object]:
    return [_entry.decode(payload).fact for payload in payloads]


async def look(shopper: Peer, path: str) -> None:
    await shopper.done(Event("page_view", Page(path, "A page", "product")))


async def test_rule9_tabs_at_two_nodes_get_one_offer(start_node: StartNode, rows: Rows) -> None:
    """Both nodes hold the room and look at the same instant; whoever is second finds the first one's offer."""
    quick = rule(rule_id="quick", when="cart.distinct_items >= 1", idle="1 s", more="chance: 10 min\n")
    a, b = (
        await start_node(rules=[quick], chats_per_csa=100),
        await start_node(rules=[quick], chats_per_csa=100),
    )
    console = await a.csa()
    pairs = []
    for _ in range(VISITORS):
        here = await a.shopper()
        pairs.append((here, await b.shopper(token=here.token)))
    await asyncio.gather(*(here.done(Increment("desk", 1)) for here, _ in pairs))
    for here, there in pairs:
        first, second = await here.fact(Offered), await there.fact(Offered)
        assert (first.offset, first.hash) == (second.offset, second.hash)
        # Both look at the room again, and say nothing more of this moment.
        last = await there.done(Event("page_view", Page("/more", "More", "product")))
        await here.entry(lambda entry, offset=last.offset: entry.offset == offset)  # type: ignore[misc]
    await console.beat()
    for here, _ in pairs:

        async def known(room: str = here.room) -> bool:
            return await rows("SELECT count(*) FROM offers WHERE room = $1", room) == [(1,)]

        await eventually(known, 60.0)
        found = await rows('SELECT payload FROM log WHERE room = $1 ORDER BY "offset"', here.room)
        facts = facts_of([payload for (payload,) in found])
        assert sum(isinstance(fact, Offered) for fact in facts) == 1
        assert [fact.cause for fact in facts if isinstance(fact, Judged)].count("fires") == 1


async def test_rule7_waits_outlive_a_node_that_is_killed(tmp_path: Path) -> None:
    """One visitor comes back at another node, one at the same node after its restart; nobody begins to wait anew."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "idle.yaml").write_text(IDLE)
    (folder / "hold.yaml").write_text(HOLD)
    async with running_cluster(tmp_path / "nodes", rules=str(folder), heartbeat_s=300.0) as cluster:
        dying, living = cluster.nodes
        console = await living.csa()
        idle, hold = await dying.shopper(), await dying.shopper()
        await look(idle, "/idle")
        changed_at = (await idle.done(Increment("desk", 1))).at
        await console.card(hold.room, lambda card: card.online)
        await console.enter(hold.room)
        await look(hold, "/hold")
        armed = await console.fact(Armed)
        assert isinstance(armed.fact, Armed)
        since = armed.fact.since["hold"]
        await dying.kill()
        elsewhere = await living.shopper(token=hold.token, resume=hold.joined.resume)
        await dying.start()
        back = await dying.shopper(token=idle.token, resume=idle.joined.resume)
        for peer, began_at in ((elsewhere, since), (back, changed_at)):
            assert await offered_at(peer) >= began_at + WAIT_S
        conn = await asyncpg.connect(cluster.database_url)

        async def all_there() -> bool:
            return bool(await conn.fetchval("SELECT count(*) FROM offers") == 2)

        await eventually(all_there, 60.0)
        for room, rule_id in ((hold.room, "hold"), (idle.room, "idle")):
            payloads = await conn.fetch('SELECT payload FROM log WHERE room = $1 ORDER BY "offset"', room)
            facts = facts_of([payload for (payload,) in payloads])
            assert [fact.rule for fact in facts if isinstance(fact, Offered)] == [rule_id]
            assert all(fact.since.get("hold", since) == since for fact in facts if isinstance(fact, Armed))
        await conn.close()


async def offered_at(peer: Peer) -> float:
    """When the offer was made that the peer finds there on coming back, or gets."""
    view = peer.joined.view
    assert view is not None
    return view.offer.at if view.offer is not None else (await peer.fact(Offered)).at


async def test_edit5_another_node_follows(start_node: StartNode, tmp_path: Path) -> None:
    """A node with the same files runs what was changed at another one."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "basket.yaml").write_text(BASKET)
    here, there = await start_node(rules=load(folder)[0]), await start_node(rules=load(folder)[0])
    await add_agent(here.settings.database_url, SUPERVISOR, "Vera", "supervisor", PASSWORD)
    ask, ask_there = [asker(node, await node.sign_in(SUPERVISOR, PASSWORD)) for node in (here, there)]
    await ask("PUT", "rules/basket/switch", {"enabled": False})

    async def followed() -> bool:
        (found,) = (await ask_there("GET", "rules")).json()["rules"]
        return not found["enabled"]

    await eventually(followed)
