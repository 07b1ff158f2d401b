import { expect, test } from 'vitest';
import type { Counts } from '../../web/core/cart';
import type { Change, RoomView, SiteView } from '../../web/core/messages';
import { mayEdit, undoing } from './open_room';

const LINE = 'B-1?variant=tan';

function holding(counts: Counts, edit = true): RoomView {
  return {
    cart: { lines: { [LINE]: counts }, coupons: {}, notes: {}, proposals: {}, context: {} },
    grant: { edit, at: 0, asked: null },
  } as unknown as RoomView;
}

const site = (csa_edits: SiteView['csa_edits']) => ({ csa_edits }) as SiteView;
const changed = (before: number, after: number): Change => [
  9,
  0,
  ['csa', 'a1', 'Ginny'],
  LINE,
  before,
  after,
  0,
];

test('leave to edit is the site’s word, or the shopper’s where the site asks', () => {
  expect(mayEdit(holding({}, false), site('always'))).toBe(true);
  expect(mayEdit(holding({}, true), site('ask'))).toBe(true);
  expect(mayEdit(holding({}, false), site('ask'))).toBe(false);
  expect(mayEdit(holding({}, true), site('never'))).toBe(false);
  expect(mayEdit(holding({}, true), undefined)).toBe(false);
});

test('undoing takes back the difference and keeps what came after', () => {
  // 2 became 3, then somebody else added 2: taking the first back leaves 4.
  const view = holding({ '1.1': ['inc', 5, 0] });
  expect(undoing(view, changed(2, 3))).toEqual({ k: 'increment', line: LINE, n: -1, undoes: 9 });
});

test('undoing a removal brings the quantity back', () => {
  const view = holding({});
  expect(undoing(view, changed(4, 0))).toEqual({ k: 'increment', line: LINE, n: 4, undoes: 9 });
});

test('undoing what is gone already is nothing to do', () => {
  expect(undoing(holding({}), changed(0, 3))).toBeUndefined();
});

test('undoing never asks for a step beyond the bound', () => {
  const view = holding({ '1.1': ['set', 500, 0] });
  expect(undoing(view, changed(0, 500))).toMatchObject({ n: -99 });
});
