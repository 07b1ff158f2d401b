"""The list of visitors that every console shows: a card a room, sent when it changes. SPEC room.9."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from cobrowse.core.cart import project
from cobrowse.core.chat import is_live, unread_by_csa
from cobrowse.core.codec import encode
from cobrowse.core.messages import Card, Lobby
from cobrowse.live.member import Peer
from cobrowse.live.neighbours import merged
from cobrowse.live.room import Room
from cobrowse.live.tick import tick_in_s

MAX_CARDS = 500
TOGETHER_S = 0.2
"""How long a changed card waits for others."""

LOOK_EVERY_S = 1.0
"""How long nothing is looked at if no card changes: the CSAs of other nodes are no card."""

LAST_TEXT_CHARS = 120


def card_of(room: Room) -> Card:
    """The card of a room as it is now."""
    state = room.state
    visit, talk = state.visit, state.conversation
    page = visit.recent[-1].page if visit.recent else None
    lines = project(state.cart)
    total = sum((item.price_minor or 0) * n for line, n in lines.items() if (item := state.items.get(line)))
    shoppers = [member for member in room.members if member.role == "shopper"]
    last = talk.messages[-1] if talk.messages else None
    offered = state.offers[-1] if state.offers and state.offers[-1].visit == visit.number else None
    return Card(
        room=state.room,
        site=state.site,
        name=state.known.name if state.known is not None else "",
        online=bool(shoppers),
        first_at=visit.started_at,
        last_at=visit.last_at,
        visit=visit.number,
        pages=visit.pages,
        path=page.path if page else "",
        title=page.title if page else "",
        kind=page.kind if page else "",
        referrer=visit.referrer,
        device=visit.device,
        cart_items=sum(lines.values()),
        cart_total_minor=total,
        currency=room.terms.site.currency,
        conversation=talk.status,
        waiting_since=talk.opened_at if talk.status == "waiting" else None,
        reason=talk.reason if is_live(talk) else "",
        taken_by=talk.taken_by if talk.status == "open" else None,
        unread=unread_by_csa(talk),
        last_text=last.text[:LAST_TEXT_CHARS] if last else "",
        typing=any(member.typing for member in shoppers),
        offer=offered.status if offered else None,
        team=state.wanted if talk.status == "waiting" else "",
    )


class Elsewhere(Protocol):
    """The other nodes, as far as the list must know them."""

    def cards(self, room: str) -> Iterable[Card]: ...

    def say_cards(self, cards: list[Card], gone: list[str]) -> None: ...


class Board:
    """Keeps each console's list in step: the whole list once, then what changed, a few times a second.

    With `elsewhere` a room's card is made of those that all nodes have of it.
    """

    def __init__(self, elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere = elsewhere
        self._peers: list[Peer] = []
        self._own: dict[str, Card] = {}
        self.cards: dict[str, Card] = {} if elsewhere else self._own
        self._changed: dict[str, Room] = {}
        self._changed_elsewhere: set[str] = set()
        self._stirred = asyncio.Event()

    def add(self, peer: Peer) -> None:
        self._peers.append(peer)
        cards = sorted(self.cards.values(), key=_need)[:MAX_CARDS]
        peer.send(encode(Lobby(full=True, cards=cards, total=len(self.cards))))

    def remove(self, peer: Peer) -> None:
        if peer in self._peers:
            self._peers.remove(peer)

    def touch(self, room: Room) -> None:
        """Notes that the room's card may have changed."""
        if not self._changed:
            self._stirred.set()
        self._changed[room.state.room] = room

    def touch_elsewhere(self, rooms: Iterable[str]) -> None:
        """Notes that other nodes have other cards of these rooms."""
        self._changed_elsewhere.update(rooms)
        self._stirred.set()

    def forget(self, room: Room) -> None:
        """Takes back `touch`: what this object says of the room no longer holds."""
        if self._changed.get(room.state.room) is room:
            del self._changed[room.state.room]

    async def due(self) -> None:
        """Returns soon after a card may have changed: what follows is shown with it. Now and then also without."""
        try:
            async with asyncio.timeout(tick_in_s(LOOK_EVERY_S)):
                await self._stirred.wait()
        except TimeoutError:
            return
        await asyncio.sleep(TOGETHER_S)

    def publish(self) -> None:
        """Sends what has changed since the last time."""
        self._stirred.clear()
        if not self._changed and not self._changed_elsewhere:
            return
        changed, self._changed = self._changed, {}
        cards: list[Card] = []
        gone: list[str] = []
        for key, room in changed.items():
            card = card_of(room)
            if not card.online and not is_live(room.state.conversation):
                if self._own.pop(key, None) is not None:
                    gone.append(key)
            elif self._own.get(key) != card:
                self._own[key] = card
                cards.append(card)
        if self._elsewhere is not None:
            self._elsewhere.say_cards(cards, gone)
            cards, gone = self._join(self._elsewhere, {card.room for card in cards} | set(gone))
        if cards or gone:
            frame = encode(Lobby(full=False, cards=cards, gone=gone, total=len(self.cards)))
            for peer in self._peers:
                peer.send(frame)

    def _join(self, elsewhere: Elsewhere, changed: set[str]) -> tuple[list[Card], list[str]]:
        """The cards over all nodes that are others now, and the rooms that no node has any more."""
        changed |= self._changed_elsewhere
        self._changed_elsewhere = set()
        cards: list[Card] = []
        gone: list[str] = []
        for key in changed:
            own = [self._own[key]] if key in self._own else []
            card = merged([*own, *elsewhere.cards(key)])
            if card is None:
                if self.cards.pop(key, None) is not None:
                    gone.append(key)
            elif self.cards.get(key) != card:
                self.cards[key] = card
                cards.append(card)
        return cards, gone


def _need(card: Card) -> tuple[bool, float, bool, float]:
    """Who needs a CSA most comes first: the longest wait, then who is here, then the latest."""
    waiting = card.waiting_since is not None
    return (not waiting, card.waiting_since or 0.0, not card.online, -card.last_at)
