import { expect, test } from 'vitest';
import type { Verdict } from './rules_api';
import { byUrgency } from './why';
import { wordsFor } from './words';

const verdict = (rule: string, cause: string, due: number | null = null): Verdict => ({
  rule,
  title: rule,
  version: 'v1',
  cause,
  reason: 'because',
  due,
  arm: 'text',
  operands: [],
});

test('what time alone brings about comes first, then the server’s own order', () => {
  const found = byUrgency([
    verdict('first', 'when'),
    verdict('later', 'idle', 200),
    verdict('second', 'cooldown'),
    verdict('soon', 'idle', 100),
    verdict('now', 'fires'),
  ]);
  expect(found.map(({ rule }) => rule)).toEqual(['now', 'soon', 'later', 'first', 'second']);
});

test('a limit is named as one that holds back, a condition as one that does not hold', () => {
  const { words } = wordsFor(['en']);
  expect(words.rules.stands('cooldown', 'offer 12 min ago')).toBe('held back: offer 12 min ago');
  expect(words.rules.stands('when', 'cart.quantity is 1')).toBe('no: cart.quantity is 1');
});

test('every cause has its words in each language', () => {
  const [en, de] = [wordsFor(['en']).words.rules.causes, wordsFor(['de']).words.rules.causes];
  expect(Object.keys(de)).toEqual(Object.keys(en));
});
