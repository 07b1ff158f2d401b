import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  around,
  type Box,
  fractions,
  MAX_PLACES,
  outline,
  overlap,
  type Place,
  places,
  simplify,
} from './pointing';

const at = fc.double({ min: -2000, max: 2000, noNaN: true });
const size = fc.double({ min: 4, max: 2000, noNaN: true });
const box: fc.Arbitrary<Box> = fc.record({ left: at, top: at, width: size, height: size });
const line = fc.array(fc.tuple(at, at), { minLength: 1, maxLength: 400 });

test('mirror.7 places become fractions and places again, to a tenth of a pixel', () => {
  fc.assert(
    fc.property(line, box, (drawn, hung) => {
      const again = places(fractions(drawn, hung), hung);
      expect(again.length).toBe(drawn.length);
      for (const [n, [x, y]] of again.entries()) {
        const [bx, by] = drawn[n] as Place;
        expect(Math.abs(x - bx)).toBeLessThan(0.11);
        expect(Math.abs(y - by)).toBeLessThan(0.11);
      }
    }),
  );
});

test('mirror.7 what hangs on a box moves and grows with it', () => {
  const drawn: Place[] = [
    [10, 20],
    [110, 70],
  ];
  const path = fractions(drawn, { left: 10, top: 20, width: 100, height: 50 });
  expect(path).toEqual([0, 0, 1, 1]);
  expect(places(path, { left: 300, top: 5, width: 200, height: 80 })).toEqual([
    [300, 5],
    [500, 85],
  ]);
});

test('mirror.7 a long line fits one frame, begins and ends where it did, and keeps its shape', () => {
  fc.assert(
    fc.property(line, (drawn) => {
      const kept = simplify(drawn);
      expect(kept.length).toBeLessThanOrEqual(MAX_PLACES);
      expect(kept[0]).toEqual(drawn[0]);
      expect(kept.at(-1)).toEqual(drawn.at(-1));
    }),
  );
  const straight = Array.from({ length: 500 }, (_, n): Place => [n, 2 * n]);
  expect(simplify(straight)).toEqual([straight[0], straight.at(-1)]);
  const circle = Array.from({ length: 1000 }, (_, n): Place => {
    const turn = (n / 999) * 2 * Math.PI;
    return [100 * Math.cos(turn), 100 * Math.sin(turn)];
  });
  const kept = simplify(circle);
  expect(kept.length).toBeGreaterThan(8);
  for (const [x, y] of kept) expect(Math.hypot(x, y)).toBeCloseTo(100, 6);
});

test('mirror.7 boxes overlap by what they share', () => {
  const one = { left: 0, top: 0, width: 10, height: 10 };
  expect(overlap(one, one)).toBe(1);
  expect(overlap(one, { ...one, left: 10 })).toBe(0);
  expect(overlap(one, { ...one, left: 5 })).toBeCloseTo(1 / 3);
  expect(
    around([
      [3, 4],
      [1, 9],
    ] as Place[]),
  ).toEqual({ left: 1, top: 4, width: 2, height: 5 });
});

test('mirror.7 each kind of drawing has its outline', () => {
  const drawn: Place[] = [
    [0, 0],
    [100, 0],
  ];
  expect(outline('pen', drawn)).toBe('M0 0L100 0');
  expect(outline('pen', [[5, 5]])).toBe('M5 5h.1');
  expect(
    outline('box', [
      [100, 20],
      [0, 0],
    ] as Place[]),
  ).toBe('M0 0h100v20h-100z');
  expect(outline('arrow', drawn)).toBe('M0 0L100 0M86 -7.7L100 0L86 7.7');
  expect(outline('pen', [])).toBe('');
});
