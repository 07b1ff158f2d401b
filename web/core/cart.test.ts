import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bump,
  type Cart,
  type Delta,
  deltaOf,
  empty,
  increment,
  join,
  project,
  quantity,
  setQuantity,
  setTo,
} from './cart';
import type { Author, CartOperation } from './messages';

const GINNY: Author = ['csa', 'a1', 'Ginny'];

/** What one replica after another does; each sees all that the one with the lower number has done. */
const operation: fc.Arbitrary<CartOperation> = fc.oneof(
  fc.record({
    k: fc.constant('increment' as const),
    line: fc.constantFrom('7', 'tee', 'constructor'),
    n: fc.integer({ min: -3, max: 4 }),
  }),
  fc.record({ k: fc.constant('coupon_add' as const), code: fc.constantFrom('A', 'toString') }),
  fc.record({
    k: fc.constant('note' as const),
    field: fc.constant('gift'),
    text: fc.string({ maxLength: 3 }),
  }),
  fc.record({
    k: fc.constant('propose' as const),
    line: fc.constant('tee'),
    n: fc.integer({ min: 1, max: 3 }),
  }),
);

/** Three carts that have shared a past and then gone apart. */
const apart = fc
  .tuple(...[0, 1, 2, 3].map(() => fc.array(operation, { maxLength: 6 })))
  .map(([past = [], ...lives]) => {
    const run = (cart: Cart, ops: CartOperation[], replica: number) =>
      ops.reduce((now, op, index) => {
        const delta = deltaOf(now, op, `${replica}.${index + 1}`, index, GINNY);
        const cleared = index % 5 === 4 ? empty(now, `${replica}.${index + 1}`) : delta;
        return join(now, cleared ?? {});
      }, cart);
    const shared = run(join({}, {}), past, 9);
    return lives.map((ops, index) => run(shared, ops, index + 1)) as [Cart, Cart, Cart];
  });

/** Sets in order, so that equal carts are deeply equal. */
function plain(cart: Cart): Cart {
  const coupons = Object.entries(cart.coupons).map(([code, dots]) => [code, [...dots].sort()]);
  const context = { ...cart.context, cloud: [...cart.context.cloud].sort() };
  return { ...cart, coupons: Object.fromEntries(coupons), context };
}

test('cart.1 join is commutative, associative and idempotent', () => {
  fc.assert(
    fc.property(apart, ([a, b, c]) => {
      expect(plain(join(a, b))).toEqual(plain(join(b, a)));
      expect(plain(join(join(a, b), c))).toEqual(plain(join(a, join(b, c))));
      expect(plain(join(a, a))).toEqual(plain(a));
      expect(plain(join(join(a, b), b))).toEqual(plain(join(a, b)));
    }),
  );
});

test('cart.1 a removed dot never returns', () => {
  fc.assert(
    fc.property(apart, ([a, b]) => {
      const emptied = join(join(a, b), empty(join(a, b), '5.1'));
      expect(project(join(join(emptied, a), b))).toEqual({});
    }),
  );
});

test('cart.1 join shares the lines that do not change, and leaves its arguments as they are', () => {
  const cart = join({}, increment({}, '7', 1, '1.1', 1));
  const before = JSON.stringify(cart);
  const joined = join(cart, increment(cart, 'tee', 1, '1.2', 1));
  expect(joined.lines['7']).toBe(cart.lines['7']);
  expect(JSON.stringify(cart)).toBe(before);
});

type Change = (cart: Cart, dot: string, ts: number) => Delta;
const add =
  (n: number): Change =>
  (cart, dot, ts) =>
    increment(cart, 'tee', n, dot, ts);
const set =
  (n: number): Change =>
  (cart, dot, ts) =>
    setQuantity(cart, 'tee', n, Object.keys(cart.lines.tee ?? {}), dot, ts);

const TABLE: [name: string, changes: Change[], then: Change[], quantity: number][] = [
  ['+1 and +1', [add(1), add(1)], [], 5],
  ['remove and +1', [set(0), add(1)], [], 1],
  ['set 5 and set 2', [set(5), set(2)], [], 2],
  ['set 5 and +1', [set(5), add(1)], [], 6],
  ['remove and set 2', [set(0), set(2)], [], 2],
  ['-2 and -2, then +1: no hidden debt', [add(-2), add(-2)], [add(1)], 1],
  ['-3 and -3, then +2 and -1', [add(-3), add(-3)], [add(2), add(-1)], 1],
  ['-2 and -2, then -1 and +4', [add(-2), add(-2)], [add(-1), add(4)], 4],
];

for (const [name, changes, then, expected] of TABLE) {
  test(`cart.3 ${name} on a line with 3`, () => {
    const base = join({}, increment({}, 'tee', 3, '1.1', 1));
    let cart = changes
      .map((change, index) => change(base, `${index + 2}.1`, index + 2))
      .reduce(join, base) as Cart;
    then.forEach((change, index) => {
      cart = join(cart, change(cart, `9.${index + 1}`, 9));
    });
    expect(quantity(cart.lines.tee)).toBe(expected);
  });
}

test('cart.5 more of a line that is in debt counts from nothing', () => {
  const base = join({}, increment({}, 'tee', 3, '1.1', 1));
  const indebted = join(join(base, add(-2)(base, '2.1', 2)), add(-2)(base, '3.1', 3));
  expect(quantity(indebted.lines.tee)).toBe(0);
  expect(add(1)(indebted, '4.1', 4).context?.cloud).toEqual(['4.1', '1.1', '2.1', '3.1']);
  expect(add(1)(indebted, '4.1', 4).lines?.tee).toBeDefined();
});

test('cart.8 a line of many dots is folded by a set that covers them', () => {
  let cart = join({}, {});
  for (let c = 1; c <= 40; c++) {
    const op = bump(cart, 'tee', 1);
    expect(op.k).toBe(c % 25 === 0 ? 'set' : 'increment');
    cart = join(cart, deltaOf(cart, op, `1.${c}`, c, GINNY) ?? {});
    expect(quantity(cart.lines.tee)).toBe(c);
  }
});

test('cart.3 setting to nothing removes the line', () => {
  const cart = join({}, increment({}, 'constructor', 3, '1.1', 1));
  const delta = deltaOf(cart, setTo(cart, 'constructor', 0), '1.2', 2, GINNY) ?? {};
  expect(join(cart, delta).lines).toEqual({});
});
