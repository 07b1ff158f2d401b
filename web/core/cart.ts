// The cart CRDT: an observed-remove map of lines, each line a set of immutable dotted counts. SPEC cart.
// The same laws and the same deltas as cobrowse/core/cart.py; the server alone makes those that count,
// the ones made here are for the optimistic view.

import type { Author, CartOperation } from './messages';

export type Count = [kind: 'set' | 'inc', n: number, ts: number];
export type Counts = Record<string, Count>;
export type Note = [ts: number, dot: string, text: string];
export type ProposalStatus = 'open' | 'withdrawn' | 'declined' | 'accepted';

export interface Proposal {
  id: string;
  line: string;
  n: number;
  note: string;
  by: string;
  at: number;
  status: ProposalStatus;
}

/** The dots that have been seen: all of a replica up to `vector[replica]`, and those in `cloud`. */
export interface Context {
  vector: Record<string, number>;
  cloud: string[];
}

export interface Cart {
  lines: Record<string, Counts>;
  coupons: Record<string, string[]>;
  notes: Record<string, Note>;
  proposals: Record<string, Proposal>;
  context: Context;
}

/** A change of a cart, or a cart with its empty parts left out. */
export type Delta = Partial<Cart>;

const MAX_QUANTITY = 999;
/** From here on "+1" is sent as "set": a line holds 32 dots, and another tab may be adding too. */
const FOLD_AT_DOTS = 24;
const MAX_PROPOSALS = 60;
const STATUS_RANK = ['open', 'withdrawn', 'declined', 'accepted'];

const hasOwn = {}.hasOwnProperty;

/** The value under an own key. A line or a code may be called `constructor`. */
export function own<T>(map: Record<string, T> | undefined, key: string): T | undefined {
  return map && hasOwn.call(map, key) ? map[key] : undefined;
}

function parts(dot: string): [replica: string, counter: number] {
  const [replica = '', counter] = dot.split('.');
  return [replica, Number(counter)];
}

function dotOrder(a: string, b: string): number {
  const [ra, ca] = parts(a);
  const [rb, cb] = parts(b);
  return Number(ra) - Number(rb) || ca - cb;
}

export function hasSeen(context: Context | undefined, dot: string): boolean {
  if (!context) return false;
  const [replica, counter] = parts(dot);
  return counter <= (context.vector[replica] ?? 0) || context.cloud.includes(dot);
}

// Reading

/** The latest set (or 0) plus all increments, not clamped. */
function rawSum(counts: Counts): number {
  let base = 0;
  let added = 0;
  let newest = '';
  for (const dot in counts) {
    const [kind, n, ts] = counts[dot] as Count;
    if (kind === 'inc') added += n;
    else if (!newest || (ts - (counts[newest] as Count)[2] || dotOrder(dot, newest)) > 0) {
      newest = dot;
      base = n;
    }
  }
  return base + added;
}

export function quantity(counts: Counts = {}): number {
  return Math.min(Math.max(rawSum(counts), 0), MAX_QUANTITY);
}

/** What the cart holds: the quantity of each line that has any. */
export function project(cart: Cart): Record<string, number> {
  const held: Record<string, number> = {};
  for (const line in cart.lines) {
    const n = quantity(cart.lines[line]);
    if (n > 0) held[line] = n;
  }
  return held;
}

// Merging

/** The dots kept: those that both have, or that one has and the other's context has not seen. */
function keepDots(mine: string[], seen?: Context, theirs: string[] = [], theirsSeen?: Context) {
  return [
    ...mine.filter((dot) => theirs.includes(dot) || !hasSeen(theirsSeen, dot)),
    ...theirs.filter((dot) => !mine.includes(dot) && !hasSeen(seen, dot)),
  ];
}

function joinContexts(a?: Context, b?: Context): Context {
  const vector = { ...a?.vector };
  for (const replica in b?.vector) {
    vector[replica] = Math.max(vector[replica] ?? 0, b.vector[replica] as number);
  }
  const cloud = [...new Set([...(a?.cloud ?? []), ...(b?.cloud ?? [])])].sort(dotOrder);
  return {
    vector,
    cloud: cloud.filter((dot) => {
      const [replica, counter] = parts(dot);
      const top = vector[replica] ?? 0;
      if (counter === top + 1) vector[replica] = counter;
      return counter > top + 1;
    }),
  };
}

/** The least upper bound of two carts: commutative, associative, idempotent. New; shares what is unchanged. */
export function join(a: Delta, b: Delta): Cart {
  const lines = { ...a.lines };
  for (const line of Object.keys({ ...lines, ...b.lines })) {
    const mine = own(a.lines, line) ?? {};
    const theirs = own(b.lines, line);
    const before = Object.keys(mine);
    const dots = keepDots(before, a.context, theirs && Object.keys(theirs), b.context);
    if (!dots.length) delete lines[line];
    else if (dots.length !== before.length || !dots.every((dot) => dot in mine)) {
      const kept: Counts = {};
      for (const dot of dots) kept[dot] = (mine[dot] ?? theirs?.[dot]) as Count;
      lines[line] = kept;
    }
  }
  const coupons = { ...a.coupons };
  for (const code of Object.keys({ ...coupons, ...b.coupons })) {
    const mine = own(a.coupons, code) ?? [];
    coupons[code] = keepDots(mine, a.context, own(b.coupons, code), b.context);
    if (!coupons[code].length) delete coupons[code];
  }
  const notes = { ...a.notes };
  for (const field in b.notes) {
    const note = b.notes[field] as Note;
    const held = own(notes, field);
    if (!held || (note[0] - held[0] || dotOrder(note[1], held[1])) > 0) notes[field] = note;
  }
  const proposals = { ...a.proposals };
  const rank = (proposal?: Proposal) => STATUS_RANK.indexOf(proposal?.status ?? '');
  for (const id in b.proposals) {
    const proposal = b.proposals[id] as Proposal;
    if (rank(proposals[id]) < rank(proposal)) proposals[id] = proposal;
  }
  return { lines, coupons, notes, proposals, context: joinContexts(a.context, b.context) };
}

/** Marks all of a replica's dots up to `counter` as seen: a room's log holds them in order. SPEC cart.4. */
export function advance(cart: Cart, replica: number, counter: number): Cart {
  const vector = { [replica]: counter };
  return { ...cart, context: joinContexts(cart.context, { vector, cloud: [] }) };
}

/** Without the oldest settled proposals past the bound. Not a join: only for a room's log. */
export function trimProposals(cart: Cart): Cart {
  const all = Object.values(cart.proposals);
  const gone = all
    .filter(({ status }) => status !== 'open')
    .sort((a, b) => a.at - b.at || dotOrder(a.id, b.id))
    .slice(0, Math.max(0, all.length - MAX_PROPOSALS));
  if (!gone.length) return cart;
  const proposals = { ...cart.proposals };
  for (const { id } of gone) delete proposals[id];
  return { ...cart, proposals };
}

// Mutating: each returns the delta that the mutation is

function change(dots: Iterable<string>, delta: Delta = {}): Delta {
  return { ...delta, context: { vector: {}, cloud: [...new Set(dots)] } };
}

/** Adds n; a line that falls to nothing is removed, so that no hidden debt stays. SPEC cart.5. */
export function increment(cart: Delta, line: string, n: number, dot: string, ts: number): Delta {
  const counts = own(cart.lines, line) ?? {};
  const before = rawSum(counts);
  const dots = Object.keys(counts);
  if (Math.max(before, 0) + n <= 0) return change([dot, ...dots]);
  const covered = before <= 0 ? dots : [];
  return change([dot, ...covered], { lines: { [line]: { [dot]: ['inc', n, ts] } } });
}

/** Makes the quantity n as far as the author saw: covers the dots seen, leaves those added meanwhile. */
export function setQuantity(
  cart: Delta,
  line: string,
  n: number,
  seen: string[],
  dot: string,
  ts: number,
): Delta {
  const held = own(cart.lines, line) ?? {};
  const covered = seen.filter((d) => d in held);
  return change([dot, ...covered], n ? { lines: { [line]: { [dot]: ['set', n, ts] } } } : {});
}

/** Covers every line and coupon: what a purchase does. */
export function empty(cart: Delta, dot: string): Delta {
  const lines = Object.values(cart.lines ?? {}).flatMap(Object.keys);
  return change([dot, ...lines, ...Object.values(cart.coupons ?? {}).flat()]);
}

export function addCoupon(code: string, dot: string): Delta {
  return change([dot], { coupons: { [code]: [dot] } });
}

export function removeCoupon(cart: Delta, code: string, seen: string[], dot: string): Delta {
  const held = own(cart.coupons, code) ?? [];
  return change([dot, ...seen.filter((d) => held.includes(d))]);
}

export function writeNote(field: string, text: string, dot: string, ts: number): Delta {
  return change([dot], { notes: { [field]: [ts, dot, text] } });
}

export function propose(proposal: Proposal): Delta {
  return change([proposal.id], { proposals: { [proposal.id]: proposal } });
}

/** The proposal with its new status; accepting also adds its line, in the same delta. */
export function settleProposal(
  cart: Delta,
  proposal: Proposal,
  status: ProposalStatus,
  dot: string,
  ts: number,
): Delta {
  const delta =
    status === 'accepted' ? increment(cart, proposal.line, proposal.n, dot, ts) : change([dot]);
  return { ...delta, proposals: { [proposal.id]: { ...proposal, status } } };
}

/** What an operation does to the cart as it stands; nothing for a proposal that is no longer open. */
export function deltaOf(
  cart: Cart,
  op: CartOperation,
  dot: string,
  ts: number,
  by: Author,
): Delta | undefined {
  switch (op.k) {
    case 'increment':
      return increment(cart, op.line, op.n, dot, ts);
    case 'set':
      return setQuantity(cart, op.line, op.n, op.seen, dot, ts);
    case 'coupon_add':
      return addCoupon(op.code, dot);
    case 'coupon_remove':
      return removeCoupon(cart, op.code, op.seen, dot);
    case 'note':
      return writeNote(op.field, op.text, dot, ts);
    case 'propose': {
      const { line, n, note = '' } = op;
      return propose({ id: dot, line, n, note, by: by[2], at: ts, status: 'open' });
    }
    case 'answer':
    case 'withdraw': {
      const proposal = own(cart.proposals, op.proposal);
      const status = op.k === 'withdraw' ? 'withdrawn' : op.accept ? 'accepted' : 'declined';
      return proposal?.status === 'open'
        ? settleProposal(cart, proposal, status, dot, ts)
        : undefined;
    }
  }
}

// Asking: the operation for what a person does

/** Makes the quantity n, as far as it is seen here; 0 removes the line. */
export function setTo(cart: Delta, line: string, n: number): CartOperation {
  return { k: 'set', line, n, seen: Object.keys(own(cart.lines, line) ?? {}) };
}

/** Adds n (or takes away): an increment, or a set when the line holds so many dots that it must be folded. */
export function bump(cart: Delta, line: string, n: number): CartOperation {
  const counts = own(cart.lines, line) ?? {};
  return Object.keys(counts).length < FOLD_AT_DOTS
    ? { k: 'increment', line, n }
    : setTo(cart, line, Math.max(0, quantity(counts) + n));
}

export function dropCoupon(cart: Delta, code: string): CartOperation {
  return { k: 'coupon_remove', code, seen: own(cart.coupons, code) ?? [] };
}
