import { expect, test } from 'vitest';
import type { Author, Conversation, Message, Offer, RoomView } from '../../web/core/messages';
import { type Row, rows, slidOut, unreadUpTo } from './flow';

const lea: Author = ['shopper', 'v1', 'Lea'];
const ginny: Author = ['csa', 'a1', 'Ginny'];
const NOON = new Date(2026, 4, 4, 12).getTime() / 1000;

function view(
  messages: Message[],
  over: Partial<Conversation> = {},
  offers: Offer[] = [],
): RoomView {
  return {
    site: 'demo',
    cart: { lines: {}, coupons: {}, notes: {}, proposals: {}, context: { vector: {}, cloud: [] } },
    items: {},
    conversation: {
      number: 1,
      status: 'open',
      opened_at: NOON,
      reason: '',
      taken_by: ginny,
      messages,
      read: {},
      ...over,
    },
    offer: null,
    grant: { edit: false, at: 0, asked: null },
    changes: [],
    visit: null,
    offers,
    sharing: {},
  };
}

const shape = (made: Row[]) => made.map((row) => (row.kind === 'message' ? row.text : row.kind));

test('a day begins before its first message, and the same author soon after is joined', () => {
  const made = rows(
    view([
      [1, NOON - 86_400, lea, 'yesterday'],
      [2, NOON, lea, 'today'],
      [3, NOON + 60, lea, 'soon'],
      [4, NOON + 70, ginny, 'answer'],
      [5, NOON + 600, ginny, 'later'],
    ]),
    [],
    [],
    ginny,
  );
  expect(shape(made)).toEqual(['day', 'yesterday', 'day', 'today', 'soon', 'answer', 'later']);
  const joined = made.flatMap((row) => (row.kind === 'message' && row.joined ? [row.text] : []));
  expect(joined).toEqual(['soon']);
});

test('older messages come first, none of them twice', () => {
  const older: Message[] = [
    [1, NOON - 100, lea, 'one'],
    [2, NOON - 90, ginny, 'two'],
  ];
  const made = rows(view([[2, NOON - 90, ginny, 'two']]), older, [], ginny);
  expect(shape(made)).toEqual(['day', 'one', 'two']);
});

test('an offer stands where it was made', () => {
  const offer: Offer = {
    id: '0.4',
    at: NOON + 5,
    text: 'Can I help?',
    expires_at: NOON + 600,
    status: 'accepted',
    rule: 'idle',
    rule_version: '1',
    reason: 'basket idle 90 s',
    visit: 1,
    by: null,
    channel: 'chat',
  };
  const made = rows(
    view(
      [
        [1, NOON, lea, 'before'],
        [9, NOON + 9, lea, 'after'],
      ],
      {},
      [offer],
    ),
    [],
    [],
    ginny,
  );
  expect(shape(made)).toEqual(['day', 'before', 'offer', 'after']);
});

test('the read mark is under the last of ours that the shopper has read', () => {
  const messages: Message[] = [
    [1, NOON, ginny, 'read'],
    [2, NOON + 1, lea, 'hm'],
    [3, NOON + 2, ginny, 'unread'],
  ];
  const made = rows(view(messages, { read: { shopper: 2 } }), [], [], ginny);
  expect(shape(made)).toEqual(['day', 'read', 'read', 'hm', 'unread']);
});

test('what is on its way is last, by me, even with a clock that is behind', () => {
  const unsent = [{ c: 7, at: NOON - 500, text: 'on its way', state: 'sending' as const }];
  const made = rows(view([[1, NOON, lea, 'said']]), [], unsent, ginny);
  expect(shape(made)).toEqual(['day', 'said', 'on its way']);
  const last = made.at(-1);
  expect(last?.kind === 'message' && [last.by, last.unsent?.c]).toEqual([ginny, 7]);
});

test('rows keep their keys when more is said', () => {
  const first: Message = [1, NOON, lea, 'a'];
  const before = rows(view([first]), [], [], ginny).map((row) => row.key);
  const after = rows(view([first, [2, NOON + 1, lea, 'b']]), [], [], ginny).map((row) => row.key);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(new Set(after).size).toBe(after.length);
});

test('what slides out of a full view is kept, so that no gap opens before it', () => {
  const said = (offset: number): Message => [offset, NOON + offset, lea, `${offset}`];
  expect(slidOut([said(1), said(2), said(3)], [said(3), said(4)])).toEqual([said(1), said(2)]);
  expect(slidOut([said(1)], [said(1), said(2)])).toEqual([]);
  expect(slidOut([], [said(1)])).toEqual([]);
});

test('unread is what the shopper said after the last reading', () => {
  const messages: Message[] = [
    [3, NOON, lea, 'a'],
    [4, NOON, ginny, 'b'],
  ];
  expect(unreadUpTo(view(messages))).toBe(3);
  expect(unreadUpTo(view(messages, { read: { csa: 4 } }))).toBe(0);
  expect(unreadUpTo(view([]))).toBe(0);
});
