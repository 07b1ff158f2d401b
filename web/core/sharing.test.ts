import { expect, test } from 'vitest';
import type { Author, PageGrant, ShareLevel, Sharing } from './messages';
import type { Pending } from './replica';
import { reaches, standing } from './sharing';

const SHOP = 'https://shop.example';
const GINNY: Author = ['csa', 'ginny', 'Ginny'];
const MAX: Author = ['csa', 'max', 'Max'];

const grant = (to: Author, expires_at = 2000, origin = SHOP): PageGrant => ({
  to,
  level: 'view',
  at: 1000,
  expires_at,
  origin,
  token: 't',
});
const pending = (op: Pending['op'], state: Pending['state'] = 'sending'): Pending => ({
  c: 1,
  at: 1000,
  op,
  state,
});
const both: Sharing = { grants: [grant(GINNY), grant(MAX)] };
const names = (sharing: Sharing) => (sharing.grants ?? []).map(({ to }) => to[2]);

test('share.3 a leave is for pages of its origin, until its time', () => {
  expect(names(standing(both, [], SHOP, 1999))).toEqual(['Ginny', 'Max']);
  expect(standing(both, [], SHOP, 2000)).toEqual({});
  expect(standing(both, [], 'https://www.shop.example', 1999)).toEqual({});
});

test('share.3 what the shopper has ended is over before the server knows', () => {
  const all = pending({ k: 'share', level: 'none' });
  const one = pending({ k: 'share', level: 'none', to: 'ginny' });
  const asks = [{ by: MAX, level: 'point' as ShareLevel }];
  expect(standing({ ...both, asks }, [all], SHOP, 1500)).toEqual({});
  expect(names(standing(both, [one], SHOP, 1500))).toEqual(['Max']);
  expect(names(standing(both, [{ ...one, state: 'refused' }], SHOP, 1500))).toHaveLength(2);
});

test('share.1 no to a question leaves what was given before', () => {
  const asking = { ...both, asks: [{ by: GINNY, level: 'point' as ShareLevel }] };
  const no = pending({ k: 'share', level: 'none', to: 'ginny' });
  expect(standing(asking, [no], SHOP, 1500)).toEqual(both);
});

test('record.1 a recording is none without somebody who may see the page', () => {
  const recording = { id: 'r1.1.4', by: GINNY, at: 1100 };
  expect(standing({ ...both, recording }, [], SHOP, 1500).recording).toEqual(recording);
  expect(standing({ ...both, recording }, [], SHOP, 2500)).toEqual({});
  const off = pending({ k: 'let_record', on: false });
  expect(standing({ ...both, recording }, [off], SHOP, 1500)).toEqual(both);
});

test('share.1 each level holds those before it', () => {
  const levels: ShareLevel[] = ['none', 'view', 'point', 'control'];
  const held = levels.map((level) => levels.filter((wanted) => reaches(level, wanted)).length);
  expect(held).toEqual([1, 2, 3, 4]);
});

test('share.3 what the shopper has taken back is gone before the server knows, and the rest stays', () => {
  const using: Sharing = { grants: [{ ...grant(GINNY), level: 'control' }, grant(MAX)] };
  const levels = (...said: Pending[]) =>
    standing(using, said, SHOP, 1500).grants?.map(({ level }) => level);
  const back = pending({ k: 'share', level: 'point', to: 'ginny' });
  expect(levels(back)).toEqual(['point', 'view']);
  expect(levels({ ...back, state: 'refused' })).toEqual(['control', 'view']);
  expect(levels(pending({ k: 'share', level: 'point', to: 'max' }))).toEqual(['control', 'view']);
});
