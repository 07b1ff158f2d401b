import { beforeAll, expect, test, vi } from 'vitest';
import { address, clip, fit, lineOf, minor, toEvent, toItem } from './ga4';

beforeAll(() => {
  vi.stubGlobal('location', new URL('https://shop.example/a/b?c'));
});

const ITEM = {
  item_id: 'FL-1',
  item_name: 'Fairelane',
  item_variant: 'tan',
  item_category: 'Bookcases',
  price: 129.95,
  quantity: 2,
  item_url: '/p/fairelane',
};

test('an e-commerce event carries items, value in minor units and its scalar parameters', () => {
  const event = toEvent(
    'add_to_cart',
    {
      event: 'add_to_cart',
      ecommerce: { currency: 'GBP', value: 259.9, coupon: 'OAK', items: [ITEM] },
    },
    'EUR',
  );
  expect(event).toEqual({
    k: 'event',
    name: 'add_to_cart',
    items: [
      {
        line: 'FL-1?variant=tan',
        name: 'Fairelane',
        variant: 'tan',
        price_minor: 12995,
        currency: 'GBP',
        category: 'Bookcases',
        url: 'https://shop.example/p/fairelane',
        image: '',
      },
    ],
    value_minor: 25990,
    params: { coupon: 'OAK' },
  });
});

test("gtag's fields without an ecommerce object mean the same", () => {
  expect(toEvent('search', { search_term: '60 cm' }, 'GBP')).toEqual({
    k: 'event',
    name: 'search',
    items: [],
    params: { search_term: '60 cm' },
  });
});

test("names that are none, and the tag manager's own, are no events", () => {
  for (const name of ['', '1st', 'a b', 'x'.repeat(41), 'gtm.js', 7, undefined, 'ends\n']) {
    expect(toEvent(name, {}, 'GBP')).toBeUndefined();
  }
});

test('parameters are scalars, finite and bounded', () => {
  const fields: Record<string, unknown> = {
    deep: {},
    list: [],
    nothing: null,
    bad: Number.NaN,
    yes: true,
  };
  for (let i = 0; i < 40; i++) fields[`p${i}`] = 'x'.repeat(500);
  const params = toEvent('custom', fields, 'GBP')?.params ?? {};
  expect(Object.keys(params)).toHaveLength(16);
  expect(params.yes).toBe(true);
  expect(params.p0).toHaveLength(120);
});

test('an event may have nothing beside its name, and an item may be none', () => {
  expect(toEvent('custom', null, 'GBP')).toEqual({
    k: 'event',
    name: 'custom',
    items: [],
    params: {},
  });
  const items = [null, { item_id: 'oak' }];
  expect(toEvent('view_item', { items }, 'GBP')?.items).toMatchObject([{ line: 'oak' }]);
  expect(lineOf(null)).toBe('');
  expect(toItem(null, 'GBP')).toBeUndefined();
});

test('minor units follow the currency', () => {
  expect(minor(12.5, 'GBP')).toBe(1250);
  expect(minor('1200', 'JPY')).toBe(1200);
  expect(minor(1.234, 'KWD')).toBe(1234);
  expect(minor(1, 'no')).toBe(100);
  for (const none of [undefined, null, '', 'abc', -1, 1e15])
    expect(minor(none, 'GBP')).toBeUndefined();
});

test('a line needs a number that fits', () => {
  expect(lineOf({ item_id: 7 })).toBe('7');
  for (const item_id of [undefined, '', {}, '__proto__', '\u{1F600}'.repeat(90)])
    expect(lineOf({ item_id })).toBe('');
  expect(toItem({ item_name: 'nameless' }, 'GBP')).toBeUndefined();
});

test('addresses become absolute, and are http or nothing', () => {
  expect(address('../x')).toBe('https://shop.example/x');
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '', undefined, 'https://['])
    expect(address(url)).toBe('');
});

test('texts are cut without half surrogates', () => {
  expect(clip('ab\u{1F600}', 3)).toBe('ab');
  expect(clip('\ud800x', 9)).toBe('x');
});

test('one operation takes as many items as its bytes allow, and always one', () => {
  const big = (n: number) =>
    Array.from({ length: n }, (_, i) => ({
      line: `${i}`,
      name: 'ü'.repeat(300),
      url: 'x'.repeat(1900),
    }));
  const items = big(30);
  const sizes = [];
  while (items.length) sizes.push(fit(items).length);
  expect(sizes.every((n) => n >= 1 && n <= 5)).toBe(true);
  expect(sizes.reduce((a, b) => a + b)).toBe(30);
});
