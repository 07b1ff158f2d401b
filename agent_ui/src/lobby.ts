// The visitor list: who stands where, in an order that does not jump. Pure.

import type { Card } from '../../web/core/messages';

export type Tab = 'waiting' | 'mine' | 'visitors';
export const TABS: readonly Tab[] = ['waiting', 'mine', 'visitors'];

export type Cards = ReadonlyMap<string, Card>;

/** Whether the card belongs to the tab. "visitors" has everybody. */
export function inTab(card: Card, tab: Tab, me: string): boolean {
  switch (tab) {
    case 'waiting':
      return card.conversation === 'waiting';
    case 'mine':
      return card.conversation === 'open' && card.taken_by?.[1] === me;
    case 'visitors':
      return true;
  }
}

/** How many cards each tab has, and how many messages wait unread in one's own conversations. */
export function counts(cards: Cards, me: string): Record<Tab, number> & { unread: number } {
  const found = { waiting: 0, mine: 0, visitors: cards.size, unread: 0 };
  for (const card of cards.values()) {
    if (inTab(card, 'waiting', me)) found.waiting += 1;
    else if (inTab(card, 'mine', me)) {
      found.mine += 1;
      found.unread += card.unread ?? 0;
    }
  }
  return found;
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Waiting: who is still here first, then whom a team of one's own is for, whom another is for last, then the longest.
 * Mine: unread first, then the latest word. Visitors: online before offline, newcomers first (not the last to click, or
 * a busy list would never stand still).
 */
function order(tab: Tab, teams: readonly string[]): (a: Card, b: Card) => number {
  const ties = (a: Card, b: Card) => byText(a.room, b.room);
  const forOthers = ({ team }: Card) => (!team ? 1 : teams.includes(team) ? 0 : 2);
  switch (tab) {
    case 'waiting':
      return (a, b) =>
        Number(b.online) - Number(a.online) ||
        forOthers(a) - forOthers(b) ||
        (a.waiting_since ?? 0) - (b.waiting_since ?? 0) ||
        ties(a, b);
    case 'mine':
      return (a, b) =>
        Number((b.unread ?? 0) > 0) - Number((a.unread ?? 0) > 0) ||
        b.last_at - a.last_at ||
        ties(a, b);
    case 'visitors':
      return (a, b) =>
        Number(b.online) - Number(a.online) ||
        (a.online ? b.first_at - a.first_at : b.last_at - a.last_at) ||
        ties(a, b);
  }
}

/** Whether every word of the search is somewhere in what the list shows of the card. */
export function matches(card: Card, search: string): boolean {
  const text = [
    card.name,
    card.title,
    card.path,
    card.device,
    card.referrer,
    card.last_text,
    card.site,
    card.team,
  ]
    .join('\n')
    .toLocaleLowerCase();
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The rooms of a tab in their order. */
export function arrange(
  cards: Cards,
  tab: Tab,
  me: string,
  search: string,
  teams: readonly string[] = [],
): string[] {
  return [...cards.values()]
    .filter((card) => inTab(card, tab, me) && matches(card, search))
    .sort(order(tab, teams))
    .map((card) => card.room);
}

export interface Held {
  /** What is on show: those shown before in their places, newcomers at the end. */
  readonly order: readonly string[];
  /** How many newcomers wait at the end for their proper place. */
  readonly fresh: number;
}

/**
 * The order while somebody is pointing at the list: nothing that is read moves or goes, newcomers join at
 * the end. `shown` is what was on show when the pointer came, `wanted` the order that it would have.
 */
export function hold(shown: readonly string[], wanted: readonly string[]): Held {
  const there = new Set(shown);
  const newcomers = wanted.filter((room) => !there.has(room));
  return { order: [...shown, ...newcomers], fresh: newcomers.length };
}

/** The room `step` places on from `from` (or the first one), staying within the list. */
export function neighbour(
  order: readonly string[],
  from: string | undefined,
  step: 1 | -1,
): string | undefined {
  const at = from === undefined ? -1 : order.indexOf(from);
  if (at < 0) return order[0];
  return order[Math.min(Math.max(at + step, 0), order.length - 1)];
}
