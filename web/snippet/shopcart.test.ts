import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Link } from '../core/link';
import type { Operation } from '../core/messages';
import type { RoomReplica } from '../core/replica';
import { joined, LEA, last, link, live, reset, welcome } from '../core/scripted.fixture';
import { keepInStep } from './shopcart';

const PATIENCE_MS = 30_000;
const MAX_OPERATIONS = 100;

beforeEach(() => {
  reset();
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('location', { href: 'https://shop.test/' });
  vi.stubGlobal('navigator', {});
});
afterEach(() => void vi.unstubAllGlobals());

/** A shop whose cart holds so many of one shelf, kept in step over this link. */
function shop(made: Link, quantity: number) {
  const kept = new Map<string, unknown>();
  const shelf = {
    name: (key: string) => key,
    get: <T>(key: string) => kept.get(key) as T | undefined,
    put: (key: string, value?: unknown) => void kept.set(key, value),
  };
  const room = made.own as RoomReplica;
  const done = room.do.bind(room);
  room.do = (operation) => {
    if (room.pending.length > MAX_OPERATIONS) throw new Error('expected an end');
    return done(operation);
  };
  const failures: unknown[] = [];
  let reads = 0;
  const read = () => {
    reads++;
    return [null, { item_id: 'shelf', item_name: 'Endless shelf', quantity }]; // a row that is none is passed over
  };
  const { sync } = keepInStep(
    { read, set: () => {} },
    made,
    room,
    shelf,
    () => 'GBP',
    () => {},
    (error) => failures.push(error),
  );
  return {
    sync,
    looked: () => vi.waitUntil(() => reads > 0, { timeout: PATIENCE_MS }),
    /** What the server has got of it once both carts are agreed. */
    async sent(): Promise<Operation[]> {
      await vi.waitUntil(() => failures.length || kept.has('base'), { timeout: PATIENCE_MS });
      expect(failures).toEqual([]);
      return last()
        .took('do')
        .flatMap((frame) => (frame.t === 'do' ? [frame.op] : []));
    },
  };
}

const steps = (operations: Operation[]) =>
  operations.flatMap((each) => (each.k === 'increment' ? [each.n] : []));

test.each([Number.POSITIVE_INFINITY, 1e300, 5000])(
  'a quantity of %s is read as what a line can hold, not sent in steps for ever',
  async (quantity) => {
    const sent = await shop(live(), quantity).sent();
    expect(steps(sent)).toEqual([...Array(10).fill(99), 9]);
  },
);

test('a line that was read before the room was there is described all the same', async () => {
  const made = link();
  made.start();
  last().onopen?.();
  last().hear(welcome(LEA));
  const begun = shop(made, 1);
  await begun.looked();
  await new Promise((next) => setTimeout(next)); // that look has come to its end
  last().hear(joined());
  begun.sync();
  const sent = await begun.sent();
  expect(sent.map(({ k }) => k)).toEqual(['describe', 'increment']);
});
