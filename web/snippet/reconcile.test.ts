import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Base, reconcile, type Sent } from './reconcile';

const LINES = ['a', 'b', 'c'];
const counts = fc.dictionary(fc.constantFrom(...LINES), fc.integer({ min: 1, max: 9 }));
const map = (record: Record<string, number>) => new Map(Object.entries(record));
const held = (entries: Iterable<[string, number]>) =>
  new Map([...entries].filter(([, n]) => n > 0));

/** Carries a plan out without hindrance: the shop does as asked, the room takes every step. */
function carryOut(
  shop: Map<string, number>,
  shared: Map<string, number>,
  base?: Pick<Base, 'lines' | 'sent'>,
) {
  const plan = reconcile(shop, shared, base, () => true);
  const nextShop = new Map(shop);
  const nextShared = new Map(shared);
  for (const [line, n] of plan.room) nextShared.set(line, Math.max(0, (shared.get(line) ?? 0) + n));
  const sent: Sent[] = plan.room.map(([line, n], i) => [`1.${i + 1}`, line, n, 1]);
  for (const [line, n] of plan.shop) {
    nextShop.set(line, n);
    plan.agreed.set(line, shared.get(line) ?? 0);
  }
  return {
    shop: held(nextShop),
    shared: held(nextShared),
    base: { lines: [...plan.agreed], sent },
  };
}

test('one pass makes both carts the same, and the next finds nothing to do', () => {
  fc.assert(
    fc.property(counts, counts, fc.option(counts), (s, p, b) => {
      const base = b ? { lines: Object.entries(b), sent: [] } : undefined;
      const after = carryOut(map(s), map(p), base);
      expect(after.shop).toEqual(after.shared);
      const again = reconcile(after.shop, after.shared, after.base, () => true);
      expect([again.shop, again.room]).toEqual([[], []]);
      expect(held(again.agreed)).toEqual(after.shop);
    }),
  );
});

test('changes of both sides add up; nothing falls below nothing', () => {
  fc.assert(
    fc.property(counts, counts, counts, (s, p, b) => {
      const after = carryOut(map(s), map(p), { lines: Object.entries(b), sent: [] });
      for (const line of LINES) {
        const goal = (s[line] ?? 0) + (p[line] ?? 0) - (b[line] ?? 0);
        expect(after.shop.get(line) ?? 0).toBe(Math.max(0, goal));
      }
    }),
  );
});

test('a side that did not change never overrides the other', () => {
  fc.assert(
    fc.property(counts, counts, (base, other) => {
      const kept = { lines: Object.entries(base), sent: [] };
      expect(carryOut(map(other), map(base), kept).shared).toEqual(map(other));
      expect(carryOut(map(base), map(other), kept).shop).toEqual(map(other));
    }),
  );
});

test('without a base nobody loses anything and nothing is doubled', () => {
  fc.assert(
    fc.property(counts, counts, (s, p) => {
      const after = carryOut(map(s), map(p));
      for (const line of LINES) {
        expect(after.shop.get(line) ?? 0).toBe(Math.max(s[line] ?? 0, p[line] ?? 0));
      }
    }),
  );
});

test('what the shop refuses is taken back from the room in the next pass', () => {
  // P is 5, the shop stays at 3 and has answered: the line is agreed as it is in the room.
  const { room, shop } = reconcile(
    map({ a: 3 }),
    map({ a: 5 }),
    { lines: [['a', 5]], sent: [] },
    () => true,
  );
  expect(room).toEqual([['a', -2]]);
  expect(shop).toEqual([]);
});

test('an increment on its way is neither sent again nor undone', () => {
  const base = { lines: [['a', 1]] as [string, number][], sent: [['1.1', 'a', 2, 1]] as Sent[] };
  const before = reconcile(map({ a: 3 }), map({ a: 1 }), base, () => false);
  expect([before.room, before.shop]).toEqual([[], []]);
  const after = reconcile(map({ a: 3 }), map({ a: 3 }), base, () => true);
  expect([after.room, after.shop, after.sent]).toEqual([[], [], []]);
});

test('a refused increment leaves the shop as it is, and is not tried again', () => {
  const base = { lines: [['a', 1]] as [string, number][], sent: [['1.1', 'a', 2, 0]] as Sent[] };
  const plan = reconcile(map({ a: 3 }), map({ a: 1 }), base, () => true);
  expect([plan.room, plan.shop]).toEqual([[], []]);
});

test('what is on its way counts when the other side has taken the rest', () => {
  // Three agreed on; two removals fly, the CSA has taken two as well, and the shopper now takes the last.
  const base = { lines: [['a', 3]] as [string, number][], sent: [['1.1', 'a', -2, 1]] as Sent[] };
  const { room, shop } = reconcile(map({}), map({ a: 1 }), base, () => false);
  expect([room, shop]).toEqual([[], []]);
});

/**
 * The whole of it: a shopper in the shop, a CSA in the room, two tabs that read the log late and take turns under the lock.
 * Quantities are great enough that no clamp hides a lost or a doubled change.
 */
test('two tabs and two people: every change arrives once, whatever the order', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('shopper' as const), n: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ do: fc.constant('csa' as const), n: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ do: fc.constant('read' as const), tab: fc.constantFrom(0, 1) }),
    fc.record({ do: fc.constant('deliver' as const), tab: fc.constantFrom(0, 1) }),
    fc.record({
      do: fc.constant('pass' as const),
      tab: fc.constantFrom(0, 1),
      fails: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log: { dot: string; n: number }[] = [{ dot: '0.1', n: 1000 }];
      let shop = 1000;
      let wanted = 1000;
      let stored: Base = { epoch: 'e', offset: 1, lines: [['a', 1000]], sent: [] };
      const tabs = [0, 1].map((id) => ({ id, offset: 1, c: 0, outbox: [] as typeof log }));

      const pass = (tab: (typeof tabs)[number], fails: boolean) => {
        if (stored.offset > tab.offset) return;
        const known = log.slice(0, tab.offset);
        const p = known.reduce((sum, { n }) => sum + n, 0);
        const seen = (dot: string) => known.some((entry) => entry.dot === dot);
        const plan = reconcile(map({ a: shop }), map({ a: p }), stored, seen);
        for (const [line, n] of plan.room) {
          const dot = `${tab.id + 1}.${++tab.c}`;
          tab.outbox.push({ dot, n });
          plan.sent.push([dot, line, n, 1]);
        }
        for (const [line, n] of fails ? [] : plan.shop) {
          shop = n;
          plan.agreed.set(line, p);
        }
        stored = { epoch: 'e', offset: tab.offset, lines: [...plan.agreed], sent: plan.sent };
      };
      const run = (each: (typeof steps)[number]) => {
        const tab = 'tab' in each ? tabs[each.tab] : undefined;
        if (each.do === 'shopper') [shop, wanted] = [shop + each.n, wanted + each.n];
        if (each.do === 'csa') {
          log.push({ dot: `9.${log.length}`, n: each.n });
          wanted += each.n;
        }
        if (tab && each.do === 'read') tab.offset = log.length;
        if (tab && each.do === 'deliver') log.push(...tab.outbox.splice(0));
        if (tab && each.do === 'pass') pass(tab, each.fails);
      };
      steps.forEach(run);
      for (let i = 0; i < 3; i++) {
        for (const tab of [0, 1] as const) {
          run({ do: 'deliver', tab });
          run({ do: 'read', tab });
          run({ do: 'pass', tab, fails: false });
        }
      }
      expect(shop).toBe(wanted);
      expect(log.reduce((sum, { n }) => sum + n, 0)).toBe(wanted);
    }),
    { numRuns: 500 },
  );
});
