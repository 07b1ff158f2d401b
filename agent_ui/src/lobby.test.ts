import { expect, test } from 'vitest';
import type { Card } from '../../web/core/messages';
import { arrange, counts, hold, matches, neighbour } from './lobby';

function card(room: string, over: Partial<Card> = {}): Card {
  return {
    room,
    site: 'demo',
    name: '',
    online: true,
    first_at: 100,
    last_at: 100,
    visit: 1,
    pages: 1,
    path: '/',
    title: '',
    kind: '',
    referrer: '',
    device: '',
    cart_items: 0,
    cart_total_minor: 0,
    currency: 'GBP',
    conversation: 'none',
    ...over,
  };
}

const cardsOf = (...cards: Card[]) => new Map(cards.map((one) => [one.room, one]));
const mine = (room: string, over: Partial<Card> = {}) =>
  card(room, { conversation: 'open', taken_by: ['csa', 'me', 'Ginny'], ...over });
const waiting = (room: string, waiting_since: number) =>
  card(room, { conversation: 'waiting', waiting_since });

test('who has waited longest comes first', () => {
  const cards = cardsOf(waiting('b', 50), waiting('a', 70), waiting('c', 10), card('d'));
  expect(arrange(cards, 'waiting', 'me', '')).toEqual(['c', 'b', 'a']);
  const gone = { ...waiting('e', 1), online: false };
  expect(arrange(cardsOf(gone, ...cards.values()), 'waiting', 'me', '').at(-1)).toBe('e');
});

test('rule10: whom a team of mine is for comes first, whom another is for last', () => {
  const plain = waiting('plain', 10);
  const beds = { ...waiting('beds', 50), team: 'beds' };
  const gone = { ...waiting('gone', 1), team: 'beds', online: false };
  const cards = cardsOf(plain, beds, gone, { ...waiting('kitchens', 5), team: 'kitchens' });
  expect(arrange(cards, 'waiting', 'me', '', ['beds'])).toEqual([
    'beds',
    'plain',
    'kitchens',
    'gone',
  ]);
  expect(arrange(cards, 'waiting', 'me', '')[0]).toBe('plain');
});

test('mine are those that I took, unread first, then the latest', () => {
  const cards = cardsOf(
    mine('old', { last_at: 10 }),
    mine('new', { last_at: 90 }),
    mine('unread', { last_at: 5, unread: 2 }),
    card('theirs', { conversation: 'open', taken_by: ['csa', 'tom', 'Tom'] }),
    card('over', { conversation: 'closed', taken_by: ['csa', 'me', 'Ginny'] }),
  );
  expect(arrange(cards, 'mine', 'me', '')).toEqual(['unread', 'new', 'old']);
});

test('visitors: online before offline, newcomers first, and a click does not move anybody', () => {
  const cards = cardsOf(
    card('gone', { online: false, last_at: 999 }),
    card('early', { first_at: 10 }),
    card('late', { first_at: 20 }),
  );
  expect(arrange(cards, 'visitors', 'me', '')).toEqual(['late', 'early', 'gone']);
  cards.set('early', card('early', { first_at: 10, last_at: 5000, pages: 9 }));
  expect(arrange(cards, 'visitors', 'me', '')).toEqual(['late', 'early', 'gone']);
});

test('equal ones keep one order, however they came', () => {
  const there = arrange(cardsOf(card('a'), card('b'), card('c')), 'visitors', 'me', '');
  const back = arrange(cardsOf(card('c'), card('b'), card('a')), 'visitors', 'me', '');
  expect(there).toEqual(back);
});

test('a search finds every word, anywhere, in any case', () => {
  const lea = card('a', { name: 'Lea Ärmel', title: 'Oak desk', device: 'Safari, iPhone' });
  expect(matches(lea, 'OAK ärmel')).toBe(true);
  expect(matches(lea, 'oak lamp')).toBe(false);
  expect(matches(lea, '')).toBe(true);
});

test('counts tell the tabs, and what is unread of mine only', () => {
  const cards = cardsOf(waiting('a', 1), mine('b', { unread: 3 }), card('c', { unread: 7 }));
  expect(counts(cards, 'me')).toEqual({ waiting: 1, mine: 1, visitors: 3, unread: 3 });
});

test('while somebody points, nothing moves, nothing goes, newcomers join at the end', () => {
  expect(hold(['b', 'a', 'gone'], ['new', 'a', 'b'])).toEqual({
    order: ['b', 'a', 'gone', 'new'],
    fresh: 1,
  });
  expect(hold(['a'], ['a'])).toEqual({ order: ['a'], fresh: 0 });
});

test('the neighbour stays within the list', () => {
  const order = ['a', 'b', 'c'];
  expect(neighbour(order, undefined, 1)).toBe('a');
  expect(neighbour(order, 'a', 1)).toBe('b');
  expect(neighbour(order, 'c', 1)).toBe('c');
  expect(neighbour(order, 'a', -1)).toBe('a');
  expect(neighbour(order, 'not there', 1)).toBe('a');
  expect(neighbour([], 'a', 1)).toBeUndefined();
});
