// @vitest-environment node
import { expect, test } from 'vitest';
import { campaignOf, quarters } from './attention';

test('what has been on screen counts in whole quarters, the last pixel is forgiven', () => {
  expect([0, 249, 250, 500, 745, 990, 1000, 1200].map((px) => quarters(px, 1000))).toEqual([
    0, 25, 25, 50, 75, 100, 100, 100,
  ]);
  expect(quarters(500, 0)).toBe(0);
});

test('a campaign is what the address says, and nothing else of it', () => {
  expect(campaignOf('?utm_source=newsletter&utm_medium=email&utm_campaign=oak&q=secret')).toEqual({
    source: 'newsletter',
    medium: 'email',
    campaign: 'oak',
  });
  expect(campaignOf('?q=utm_source')).toBeUndefined();
});
