import { expect, test } from 'vitest';
import type { SiteView } from '../../web/core/messages';
import { inkOn } from './accent';
import { hostOf, shopAddress } from './addresses';
import { hashOf, pageOf } from './place';

const shop = { origin: 'https://shop.example' } as unknown as SiteView;

test.each([
  ['/p/1', 'https://shop.example/p/1'],
  ['https://cdn.example/x.png', 'https://cdn.example/x.png'],
  ['javascript:alert(1)', ''],
  ['data:text/html,x', ''],
  ['', ''],
  [undefined, ''],
])('the shop’s %s is followed to %s', (told, followed) => {
  expect(shopAddress(shop, told)).toBe(followed);
});

test('a relative address of a shop that nobody named leads nowhere', () => {
  expect(shopAddress(undefined, '/p/1')).toBe('');
});

test('a host is shown without www, other text as it is', () => {
  expect(hostOf('https://www.google.com/search')).toBe('google.com');
  expect(hostOf('a friend')).toBe('a friend');
});

test('places and addresses are two ways to say one thing', () => {
  for (const hash of ['', '#room_1-A', '#room_1-A/cart']) expect(hashOf(pageOf(hash))).toBe(hash);
  expect(pageOf('#<script>')).toEqual({ room: undefined, page: 'list' });
});

test('the ink on an accent is the one that is read better', () => {
  expect(inkOn('#7a4a21')).toBe('#ffffff');
  expect(inkOn('#ffd400')).toBe('#000000');
  expect(inkOn('red; background: url(x)')).toBeUndefined();
});
