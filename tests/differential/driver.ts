// Runs histories through web/core, for tests/differential/test_differential.py: one JSON object a line in,
// one out.

import { createInterface } from 'node:readline';
import {
  addCoupon,
  type Cart,
  type Delta,
  empty,
  increment,
  join,
  own,
  propose,
  removeCoupon,
  setQuantity,
  settleProposal,
  writeNote,
} from '../../web/core/cart';
import { decode, encode } from '../../web/core/codec';
import { lineId, parseLineId } from '../../web/core/line';
import type { Author, ClientFrame, Joined, News, Operation } from '../../web/core/messages';
import { RoomReplica } from '../../web/core/replica';

interface Step {
  do: 'mutate' | 'deliver' | 'join';
  at: number;
  delta: number;
  other: number;
  ts: number;
  // biome-ignore lint/suspicious/noExplicitAny: as the Python side writes it
  op: any;
}

interface RoomTask {
  you: Author;
  joined: string;
  asked: [at: number, op: Operation][];
  last: number;
  news: string[];
}

function mutate(cart: Cart, op: Step['op'], dot: string, ts: number): Delta {
  const open = Object.values(cart.proposals)
    .filter(({ status }) => status === 'open')
    .sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  switch (op.k) {
    case 'increment':
      return increment(cart, op.line, op.n, dot, ts);
    case 'set':
      return setQuantity(cart, op.line, op.n, Object.keys(own(cart.lines, op.line) ?? {}), dot, ts);
    case 'coupon_add':
      return addCoupon(op.code, dot);
    case 'coupon_remove':
      return removeCoupon(cart, op.code, own(cart.coupons, op.code) ?? [], dot);
    case 'note':
      return writeNote(op.field, op.text, dot, ts);
    case 'propose': {
      const { line, n, note } = op;
      return propose({ id: dot, line, n, note, by: 'Ginny', at: ts, status: 'open' });
    }
    case 'empty':
      return empty(cart, dot);
  }
  if (!open) return { context: { vector: {}, cloud: [dot] } };
  const answer = op.accept ? 'accepted' : 'declined';
  return settleProposal(cart, open, op.k === 'answer' ? answer : 'withdrawn', dot, ts);
}

/** The three carts after a script. */
function carts(script: Step[]): Cart[] {
  const replicas = [join({}, {}), join({}, {}), join({}, {})] as [Cart, Cart, Cart];
  const counters = [0, 0, 0] as [number, number, number];
  const deltas: Delta[] = [];
  for (const step of script) {
    const at = step.at as 0 | 1 | 2;
    const cart = replicas[at];
    let other: Delta;
    if (step.do === 'deliver') other = deltas[step.delta] as Delta;
    else if (step.do === 'join') other = replicas[step.other as 0 | 1 | 2];
    else {
      counters[at] += 1;
      other = mutate(cart, step.op, `${at + 1}.${counters[at]}`, step.ts);
      deltas.push(other);
    }
    replicas[at] = join(cart, other);
  }
  return replicas;
}

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** A tab that asks for all at once, half of it before it has joined, and hears of it bit by bit. */
function room({ you, joined, asked, last, news }: RoomTask): unknown {
  const sent: ClientFrame[] = [];
  const refused: number[] = [];
  let clock = 0;
  const replica = new RoomReplica('', {
    send: (frame) => sent.push(frame) > 0,
    now: () => clock,
    save_: () => {},
    refused_: (_, { c }) => refused.push(c),
  });
  replica.you = you;
  const ask = ([at, op]: [at: number, op: Operation]) => {
    clock = at;
    replica.do(op);
  };
  const early = asked.length >> 1;
  asked.slice(0, early).forEach(ask);
  const frame = decode(bytesOf(joined)) as Joined;
  replica.take_({ ...frame, last });
  asked.slice(early).forEach(ask);
  for (const each of news) replica.apply_((decode(bytesOf(each)) as News).entries);
  const undelivered = replica.sending_().length;
  for (const each of replica.pending) if (each.state === 'refused') replica.dismiss(each);
  return {
    view: replica.view,
    confirmed: replica.view === replica.confirmed,
    position: replica.position,
    undelivered,
    refused,
    sent: sent.map((each) => Buffer.from(encode(each)).toString('base64')),
  };
}

function answer(task: { script?: Step[]; room?: RoomTask; line?: unknown[]; text?: string }): unknown {
  if (task.script) return carts(task.script);
  if (task.room) return room(task.room);
  if (task.line) return lineId(...(task.line as Parameters<typeof lineId>));
  return parseLineId(task.text ?? '') ?? null;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
});
