"""What the other nodes have said: their rooms' cards, and the CSAs who take chats there. SPEC node.5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from cobrowse.core.messages import Card
from cobrowse.live.notices import Cards, Staff, decode_notice, encode_notice


def merged(cards: Iterable[Card]) -> Card | None:
    """One card of a room from those that nodes have of it: who is there at any of them is there."""
    best: Card | None = None
    for card in cards:
        if best is None:
            best = card
            continue
        newest, other = (
            (card, best) if (card.online, card.last_at) > (best.online, best.last_at) else (best, card)
        )
        best = msgspec.structs.replace(
            newest,
            name=newest.name or other.name,
            online=newest.online or other.online,
            typing=newest.typing or other.typing,
        )
    return best


def free_places(talks: Iterable[str], agents: set[str], chats_per_csa: int) -> int:
    """How many of these CSAs could take one more chat. `talks`: who has each live chat whose shopper is here, "" for
    one that waits; a chat whose shopper has gone takes nobody's time.
    """
    busy = Counter(talks)
    places = sum(max(chats_per_csa - busy[agent], 0) for agent in agents)
    return min(len(agents), max(places - busy[""], 0))


def talks_of(cards: Iterable[Card]) -> Iterable[str]:
    """Who has each live chat of these rooms, as `free_places` takes it."""
    for card in cards:
        if card.online and card.conversation == "waiting":
            yield ""
        elif card.online and card.conversation == "open" and card.taken_by is not None:
            yield card.taken_by.id


class Neighbours:
    """The other nodes, by name. `changed` is called with the rooms whose cards are others now."""

    def __init__(self, tell: Callable[[bytes], None], changed: Callable[[Iterable[str]], None]) -> None:
        self._tell = tell
        self._changed = changed
        self._staff: dict[str, Staff] = {}
        self._cards: dict[str, dict[str, Card]] = {}
        self._mine: dict[str, Card] = {}
        self._my_staff = Staff([])

    @property
    def agents(self) -> set[str]:
        """The CSAs who take chats at other nodes."""
        return {agent for staff in self._staff.values() for agent in staff.agents}

    def teams(self) -> Iterator[tuple[str, list[str]]]:
        """Those of each team, a node after the other."""
        return (team for staff in self._staff.values() for team in staff.teams.items())

    def cards(self, room: str) -> Iterable[Card]:
        """What the others have of a room."""
        return (cards[room] for cards in self._cards.values() if room in cards)

    def site(self, room: str) -> str | None:
        """The site of a room that another node has."""
        return next((card.site for card in self.cards(room)), None)

    # From here

    def ask(self) -> None:
        """Asks the others for all that they have, and says what is here: after a start, or when news was missed."""
        self._tell(encode_notice(Staff(self._my_staff.agents, True, self._my_staff.teams)))
        self._tell(encode_notice(Cards(True, list(self._mine.values()), [])))

    def say_cards(self, cards: list[Card], gone: list[str]) -> None:
        """Tells the others which cards of this node's have changed."""
        self._mine |= {card.room: card for card in cards}
        for room in gone:
            self._mine.pop(room, None)
        if cards or gone:
            self._tell(encode_notice(Cards(False, cards, gone)))

    def say_staff(self, agents: list[str], teams: dict[str, list[str]]) -> None:
        """Tells the others who takes chats here, if that is news."""
        if (staff := Staff(agents, False, teams)) != self._my_staff:
            self._my_staff = staff
            self._tell(encode_notice(staff))

    # From there

    def heard(self, node: str, notice: bytes) -> None:
        match decode_notice(notice):
            case Staff(asks=asks) as staff:
                self._staff[node] = staff
                if asks:
                    self._tell(encode_notice(self._my_staff))
                    self._tell(encode_notice(Cards(True, list(self._mine.values()), [])))
            case Cards(full=full, cards=cards, gone=gone):
                held = self._cards.setdefault(node, {})
                changed = {card.room for card in cards} | set(gone)
                if full:
                    changed |= held.keys()
                    held.clear()
                held |= {card.room: card for card in cards}
                for room in gone:
                    held.pop(room, None)
                self._changed(changed)

    def forget(self, node: str) -> None:
        """That node is gone."""
        self._staff.pop(node, None)
        self._changed(self._cards.pop(node, {}))

    def known(self) -> set[str]:
        return self._staff.keys() | self._cards.keys()
