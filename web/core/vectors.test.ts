import { readFileSync } from 'node:fs';
import { decode as independentDecode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import {
  addCoupon,
  type Cart,
  type Delta,
  deltaOf,
  empty,
  increment,
  join,
  project,
  propose,
  quantity,
  removeCoupon,
  setQuantity,
  settleProposal,
  writeNote,
} from './cart';
import { decode, encode, unpack } from './codec';
import { lineId, parseLineId } from './line';
import type { ClientFrame, Entry, RoomView } from './messages';
import { applyEntry } from './room';

// What the Python core says, run here too: tests/vectors/generate.py writes the files.

// biome-ignore lint/suspicious/noExplicitAny: a file of cases
function read(name: string): any {
  const file = new URL(`../../tests/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

const parts: Cart = {
  lines: {},
  coupons: {},
  notes: {},
  proposals: {},
  context: { vector: {}, cloud: [] },
};

/** With all parts, and with what is a set in order. */
function canonical(cart: Delta): Cart {
  const whole = { ...parts, ...cart };
  const coupons = Object.entries(whole.coupons).map(([code, dots]) => [code, [...dots].sort()]);
  const context = { ...whole.context, cloud: [...whole.context.cloud].sort() };
  return { ...whole, coupons: Object.fromEntries(coupons), context };
}

interface Mutation {
  k: string;
  line: string;
  n: number;
  code: string;
  field: string;
  text: string;
  accept: boolean;
}

function mutate(cart: Cart, op: Mutation, dot: string, ts: number): Delta {
  const open = Object.values(cart.proposals)
    .filter(({ status }) => status === 'open')
    .sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  switch (op.k) {
    case 'increment':
      return increment(cart, op.line, op.n, dot, ts);
    case 'set': {
      const seen = Object.keys((Object.hasOwn(cart.lines, op.line) && cart.lines[op.line]) || {});
      return setQuantity(cart, op.line, op.n, seen, dot, ts);
    }
    case 'coupon_add':
      return addCoupon(op.code, dot);
    case 'coupon_remove': {
      const seen = (Object.hasOwn(cart.coupons, op.code) && cart.coupons[op.code]) || [];
      return removeCoupon(cart, op.code, seen, dot);
    }
    case 'note':
      return writeNote(op.field, op.text, dot, ts);
    case 'propose': {
      const { line, n } = op;
      return propose({ id: dot, line, n, note: '', by: 'Ginny', at: ts, status: 'open' });
    }
    case 'empty':
      return empty(cart, dot);
  }
  if (!open) return { context: { vector: {}, cloud: [dot] } };
  const answer = op.accept ? 'accepted' : 'declined';
  return settleProposal(cart, open, op.k === 'answer' ? answer : 'withdrawn', dot, ts);
}

test('cart.1 join vectors, either way round', () => {
  for (const { name, a, b, joined } of read('cart_join.json')) {
    expect(canonical(join(a, b)), name).toEqual(joined);
    expect(canonical(join(b, a)), name).toEqual(joined);
  }
});

test('cart.1 mutation vectors', () => {
  for (const { cart, op, dot, ts, delta, after, holds } of read('cart_mutations.json').mutations) {
    const made = mutate(cart, op, dot, ts);
    expect(canonical(made)).toEqual(delta);
    expect(canonical(join(cart, made))).toEqual(after);
    expect(project(after)).toEqual(holds);
    if (/^(increment|note|coupon_add)$/.test(op.k)) {
      expect(deltaOf(cart, op, dot, ts, ['csa', 'a1', 'Ginny'])).toEqual(made);
    }
  }
});

for (const row of read('cart_mutations.json').concurrent) {
  test(`cart.3 ${row.name} on a line with 3 makes ${row.quantity}`, () => {
    const joined = row.deltas.reduceRight(join, row.base);
    expect(canonical(joined)).toEqual(row.joined);
    expect(quantity(joined.lines[row.line])).toBe(row.quantity);
  });
}

test('cart.2 line identifiers', () => {
  const { valid, invalid } = read('line_ids.json');
  for (const { sku, options, personalisation, id } of valid) {
    expect(lineId(sku, options, personalisation)).toBe(id);
    expect(parseLineId(id)).toEqual({ sku, options, personalisation });
  }
  for (const text of invalid) expect(parseLineId(text), text).toBeUndefined();
});

test('room.7 an old view and the entries since make the new view, for shopper and CSA', () => {
  for (const { name, view, entries, after } of read('room_histories.json')) {
    const end = entries.reduce((now: RoomView, entry: Entry) => applyEntry(now, entry), view);
    expect({ ...end, cart: canonical(end.cart) }, name).toEqual(after);
  }
});

test('wire.2 frames of the server are read as they were meant', () => {
  for (const { hex, frame } of read('frames.json').server) {
    const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
    expect(decode(bytes)).toEqual(independentDecode(bytes));
    expect(plain(decode(bytes))).toEqual(frame);
  }
});

/** Every cart within, canonical: a frame has them as the server wrote them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (!value || typeof value !== 'object') return value;
  const whole = 'context' in value ? canonical(value as Delta) : value;
  return Object.fromEntries(Object.entries(whole).map(([key, part]) => [key, plain(part)]));
}

test('wire.2 frames of a client are written so that others read what was meant', () => {
  for (const { hex, frame } of read('frames.json').client) {
    const bytes = encode(frame as ClientFrame);
    expect(independentDecode(bytes)).toEqual(frame);
    expect(unpack(bytes)).toEqual(frame);
    expect(unpack(Buffer.from(hex, 'hex'))).toEqual(frame);
  }
});
