import { expect, test } from 'vitest';
import { MEDIA_FEATURES } from '../../../web/core/media_features';
import { forShopper } from './media';

const where = (...features: string[]) =>
  MEDIA_FEATURES.map((each) => +features.includes(each)).join('');
const [YES, NO] = ['(min-width:0)', '(max-width:-1px)'];
const MOUSE = ['hover: hover', 'any-hover: hover', 'pointer: fine', 'any-pointer: fine'];
const FINGER = ['pointer: coarse', 'any-pointer: coarse'];

test.each([
  ['(prefers-color-scheme: dark)', ['prefers-color-scheme: dark'], YES],
  ['(prefers-color-scheme:light)', ['prefers-color-scheme: dark'], NO],
  ['( prefers-color-scheme : LIGHT )', [], YES],
  ['(prefers-color-scheme)', [], YES],
  ['(prefers-reduced-motion)', [], NO],
  ['(prefers-reduced-motion: no-preference)', [], YES],
  ['(prefers-reduced-motion)', ['prefers-reduced-motion: reduce'], YES],
  ['(hover: hover)', FINGER, NO],
  ['(hover: none)', FINGER, YES],
  ['(hover)', MOUSE, YES],
  ['(any-hover: hover)', MOUSE, YES],
  ['(pointer: coarse)', FINGER, YES],
  ['(pointer: none)', FINGER, NO],
  ['(pointer)', [], NO],
  ['(any-pointer: fine)', FINGER, NO],
  ['(min-width: 700px)', FINGER, '(min-width: 700px)'],
] as const)('mirror.12 %s with %j is %s', (asked, features, answered) => {
  const sheet = (query: string) => `@media screen and ${query}{a:hover{color:red}}`;
  expect(forShopper(sheet(asked), where(...features))).toBe(sheet(answered));
});

test('mirror.12 a page that has both schemes is drawn in the one that the shopper sees', () => {
  const css =
    ':root{color-scheme:light dark;--x:1}b{color-scheme: only dark light}i{color-scheme: dark}';
  expect(forShopper(css, where())).toBe(
    ':root{color-scheme:light;--x:1}b{color-scheme: light}i{color-scheme: dark}',
  );
  expect(forShopper(css, where('prefers-color-scheme: dark'))).toBe(
    ':root{color-scheme:dark;--x:1}b{color-scheme: dark}i{color-scheme: dark}',
  );
});

test('mirror.12 of a page that did not say nothing is changed', () => {
  const css = '@media (hover){a{color:red}}';
  expect(forShopper(css, '')).toBe(css);
});
