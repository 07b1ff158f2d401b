import { expect, test } from 'vitest';
import { BINDINGS, commandFor, type Focus, keySign, type Press } from './keys';
import { en } from './words';
import { de } from './words_de';

const press = (key: string, over: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...over,
});

test.each([
  ['j', 'other', 'next'],
  ['k', 'list', 'previous'],
  ['r', 'other', 'reply'],
  ['t', 'other', 'take'],
  ['c', 'list', 'cart'],
  ['p', 'other', 'propose'],
  ['/', 'other', 'search'],
  ['?', 'other', 'keys'],
  ['Escape', 'other', 'back'],
  ['Escape', 'field', 'back'],
  ['ArrowDown', 'list', 'next'],
  ['ArrowDown', 'other', undefined],
  ['j', 'field', undefined],
  ['?', 'field', undefined],
  ['Enter', 'list', undefined],
  ['x', 'other', undefined],
] as const)('%s with the focus in %s means %s', (key, focus: Focus, command) => {
  expect(commandFor(press(key), focus)).toBe(command);
});

test('the browser’s own shortcuts and half-composed letters are left alone', () => {
  for (const held of ['ctrlKey', 'metaKey', 'altKey', 'isComposing'] as const) {
    expect(commandFor(press('p', { [held]: true }), 'other')).toBeUndefined();
  }
});

test('no key means two things, and every command has words in each language', () => {
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { command } of BINDINGS) {
    expect(en.commands[command]).toBeTruthy();
    expect(de.commands[command]).toBeTruthy();
  }
});

test('a key shows what stands on it', () => {
  expect(keySign('Escape')).toBe('Esc');
  expect(keySign('j')).toBe('j');
});
