import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedLines, diff } from './diff';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });

test('both texts can be read out of their difference', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const found = diff(before, after);
      const without = (kind: string) =>
        found.filter((line) => line.kind !== kind).map(({ text }) => text);
      expect(without('added')).toEqual(before);
      expect(without('removed')).toEqual(after);
    }),
  );
});

test('a text differs from itself in nothing', () => {
  fc.assert(
    fc.property(lines, (text) => {
      expect(diff(text, text).every(({ kind }) => kind === 'same')).toBe(true);
    }),
  );
});

test('a changed line stands between its neighbours, and what is far away is left out', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8'].join('\n');
  const after = before.replace('5', 'five');
  expect(changedLines(before, after)).toEqual([
    undefined,
    { kind: 'same', text: '3' },
    { kind: 'same', text: '4' },
    { kind: 'removed', text: '5' },
    { kind: 'added', text: 'five' },
    { kind: 'same', text: '6' },
    { kind: 'same', text: '7' },
    undefined,
  ]);
});
