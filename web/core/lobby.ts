// The visitors that a CSA may see. SPEC room.9.

import type { Card, Lobby } from './messages';

/** The cards by room after this frame: all anew when it is full, else with those that changed and went. */
export function applyLobby(cards: ReadonlyMap<string, Card>, lobby: Lobby): Map<string, Card> {
  const next = new Map(lobby.full ? [] : cards);
  for (const card of lobby.cards) next.set(card.room, card);
  for (const room of lobby.gone ?? []) next.delete(room);
  return next;
}
