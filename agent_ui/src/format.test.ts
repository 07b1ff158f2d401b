import { expect, test } from 'vitest';
import { daysBetween, formats } from './format';

const gb = formats('en-GB');
const de = formats('de-DE');

test.each([
  [12900, 'GBP', '£129.00'],
  [0, 'GBP', '£0.00'],
  [1500, 'JPY', 'JP¥1,500'],
  [1234567, 'KWD', 'KWD 1,234.567'],
  [995, '', '9.95'],
  [995, 'not a currency', '9.95'],
])('%i minor units of %s are written %s', (minor, currency, written) => {
  expect(gb.money(minor, currency).replace(/\u00a0/g, ' ')).toBe(written);
});

test('money follows the reader’s language', () => {
  expect(de.money(1234567, 'EUR').replace(/\u00a0/g, ' ')).toBe('12.345,67 €');
});

test.each([
  [0, '0:00'],
  [42.9, '0:42'],
  [60, '1:00'],
  [3599, '59:59'],
  [3600, '1:00:00'],
  [36_125, '10:02:05'],
  [-3, '0:00'],
])('a clock at %d s reads %s', (seconds, read) => {
  expect(gb.clock(seconds)).toBe(read);
});

test.each([
  [0, 'now'],
  [59, 'now'],
  [60, '1 min ago'],
  [3599, '59 min ago'],
  [3600, '1 hr ago'],
  [86_400, 'yesterday'],
  [3 * 86_400, '3 days ago'],
])('%d s ago is said %s', (past_s, said) => {
  expect(gb.ago(1_000_000, 1_000_000 + past_s)).toBe(said);
});

test('a clock that is ahead of ours never speaks of the future', () => {
  expect(gb.ago(2000, 1000)).toBe('now');
});

test('days are named by the calendar, not by 24 hours', () => {
  const evening = new Date(2026, 2, 28, 23, 50).getTime() / 1000;
  const morning = new Date(2026, 2, 29, 0, 10).getTime() / 1000;
  expect(daysBetween(evening, morning)).toBe(1);
  expect(gb.day(evening, morning)).toBe('Yesterday');
  expect(gb.day(morning, morning)).toBe('Today');
  expect(gb.day(evening - 5 * 86_400, morning)).toMatch(/^Mon.* 23 March 2026$/);
});

test('a day with a changed clock is still one day', () => {
  const before = new Date(2026, 2, 28, 12).getTime() / 1000;
  const after = new Date(2026, 2, 30, 12).getTime() / 1000;
  expect(daysBetween(before, after)).toBe(2);
});

test('lengths are told to the minute, and not below it', () => {
  expect(gb.minutes(59)).toBeNull();
  expect(gb.minutes(60)).toBe('1 min');
  expect(gb.minutes(3_660)).toBe('1 hr 1 min');
});

test('a language is named, and what is none is shown as it came', () => {
  expect(gb.language('de')).toBe('German');
  expect(gb.language('not_a_tag!')).toBe('not_a_tag!');
});
