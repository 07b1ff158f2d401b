import { expect, test } from 'vitest';
import { hashOf, type Place, pageOf } from './place';

const PLACES: [string, Place][] = [
  ['', { room: undefined, page: 'list' }],
  ['#Ab-_9', { room: 'Ab-_9', page: 'conversation' }],
  ['#Ab-_9/cart', { room: 'Ab-_9', page: 'cart' }],
  ['#rules', { room: 'rules', page: 'conversation' }],
  ['#/rules', { room: undefined, page: 'rules', rule: undefined }],
  ['#/rules/', { room: undefined, page: 'rules', rule: '' }],
  ['#/rules/abandoned-basket', { room: undefined, page: 'rules', rule: 'abandoned-basket' }],
];

test.each(PLACES)('the address %j is a place, and the place that address', (hash, place) => {
  expect(pageOf(hash)).toEqual(place);
  expect(hashOf(place)).toBe(hash);
});

test.each(['#/rules/Not an id', '#/other', '#a/b', '#//'])('%j is no place of ours', (hash) => {
  expect(pageOf(hash)).toEqual({ room: undefined, page: 'list' });
});
