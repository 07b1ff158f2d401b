import { expect, test } from 'vitest';
import type { Message, RoomView } from '../core/messages';
import type { Pending } from '../core/replica';
import { clock, dayName, exact, money } from './format';
import { timeline } from './timeline';
import { panel } from './words';

const CSA = ['csa', 'g', 'Ginny'] as const;
const ME = ['shopper', 's', ''] as const;
const NOON = new Date(2026, 4, 5, 12).getTime() / 1000;

function view(messages: Message[], read: Record<string, number> = {}, proposals = {}): RoomView {
  const cart = { lines: {}, coupons: {}, notes: {}, proposals, context: { vector: {}, cloud: [] } };
  const conversation = {
    number: 1,
    status: 'open',
    opened_at: 0,
    reason: '',
    taken_by: null,
    messages,
    read,
  };
  return { cart, conversation, items: {}, changes: [], offers: [] } as unknown as RoomView;
}
const say = (c: number, at: number, state: Pending['state'] = 'sending'): Pending => ({
  c,
  at,
  state,
  op: { k: 'say', text: `t${c}` },
});

test('messages, proposals and days come in order, our own on their way last', () => {
  const proposal = {
    id: '2.1',
    line: 'a',
    n: 1,
    note: '',
    by: 'Ginny',
    at: NOON + 5,
    status: 'open',
  };
  const rows = timeline(
    view(
      [
        [1, NOON - 86_400, [...ME], 'a'],
        [2, NOON, [...CSA], 'b'],
        [3, NOON + 9, [...CSA], 'c'],
      ],
      {},
      { '2.1': proposal },
    ),
    [say(4, NOON + 20)],
    NOON + 21,
  );
  expect(rows.map(({ kind }) => kind)).toEqual([
    'day',
    'message',
    'day',
    'message',
    'proposal',
    'message',
    'pending',
  ]);
});

test("only the shopper's newest message tells whether it was read", () => {
  const messages: Message[] = [
    [1, NOON, [...ME], 'a'],
    [2, NOON + 1, [...ME], 'b'],
  ];
  const states = (read: Record<string, number>) =>
    timeline(view(messages, read), [], NOON).flatMap((row) =>
      row.kind === 'message' ? [row.delivery] : [],
    );
  expect(states({})).toEqual([undefined, 'delivered']);
  expect(states({ csa: 2 })).toEqual([undefined, 'read']);
});

test('a message is late after ten seconds, or when it was refused', () => {
  const late = (pending: Pending, now: number) =>
    timeline(undefined, [pending], now).flatMap((row) =>
      row.kind === 'pending' ? [row.late] : [],
    );
  expect(late(say(1, NOON), NOON + 10)).toEqual([false]);
  expect(late(say(1, NOON), NOON + 10.5)).toEqual([true]);
  expect(late(say(1, NOON, 'refused'), NOON)).toEqual([true]);
});

test("one author's messages in a row belong together for five minutes", () => {
  const rows = timeline(
    view([
      [1, NOON, [...CSA], 'a'],
      [2, NOON + 60, [...CSA], 'b'],
      [3, NOON + 600, [...CSA], 'c'],
      [4, NOON + 601, [...ME], 'd'],
    ]),
    [],
    NOON,
  );
  const marks = rows.flatMap((row) => (row.kind === 'message' ? [[row.first, row.last]] : []));
  expect(marks).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
  ]);
});

test('days are named as people do', () => {
  const words = { today: 'Today', yesterday: 'Yesterday' };
  expect(dayName(NOON, NOON, 'en-GB', words)).toBe('Today');
  expect(dayName(NOON - 86_400, NOON, 'en-GB', words)).toBe('Yesterday');
  expect(dayName(NOON - 5 * 86_400, NOON, 'en-GB', words)).toBe('Thursday 30 April');
});

test.each(['en_GB', 'deutsch (DE)', 'x', ''])(
  'a page whose language is %j still has money and times',
  (locale) => {
    expect(money(12_950, 'GBP', locale)).toContain('129');
    for (const write of [clock, exact]) expect(write(NOON, locale)).toMatch(/\d/);
    expect(dayName(NOON - 5 * 86_400, NOON, locale, { today: '', yesterday: '' })).toMatch(/30/);
  },
);

test('the words follow the language however the page writes it', () => {
  for (const locale of ['de', 'de-AT', 'de_DE', 'DE']) expect(panel(locale).language).toBe('de');
  for (const locale of ['en_GB', 'den', 'x', '']) expect(panel(locale).language).toBe('en');
});

test('money follows currency and locale', () => {
  expect(money(12_950, 'GBP', 'en-GB')).toBe('£129.50');
  expect(money(1200, 'JPY', 'en-GB')).toBe('JP¥1,200');
  expect(money(150, '', 'en-GB')).toBe('1.5');
});
