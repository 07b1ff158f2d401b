import { expect, test } from 'vitest';
import type { Author, Change } from '../core/messages';
import { told } from './activity';

const ME: Author = ['shopper', 's', ''];
const GINNY: Author = ['csa', 'g', 'Ginny'];
const change = (offset: number, by: Author, before: number, after: number, undoes = 0): Change => [
  offset,
  offset,
  by,
  'a',
  before,
  after,
  undoes,
];

test("the shopper's clicks on one line are one row, and none when they come to nothing", () => {
  expect(told([change(1, ME, 0, 1), change(2, ME, 1, 2), change(3, ME, 2, 3)])).toEqual([
    change(3, ME, 0, 3),
  ]);
  expect(told([change(1, ME, 1, 2), change(2, ME, 2, 1)])).toEqual([]);
});

test("a CSA's changes stay apart, and an undo is told by what it took back", () => {
  const changes = [change(1, GINNY, 1, 2), change(2, GINNY, 2, 5), change(3, ME, 5, 2, 2)];
  expect(told(changes)).toEqual(changes.slice(0, 2));
});

test('an undo of something no longer in sight is a row of its own', () => {
  expect(told([change(9, ME, 5, 2, 1)])).toHaveLength(1);
});
