import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

// A shop's page pays for these bytes on every visit, so they are tests and not wishes.
const BUDGET_BYTES = {
  'cobrowse.js': 1024,
  'core.js': 12 * 1024,
  'attention.js': 1024,
  'panel.js': 30 * 1024,
  'mirror.js': 30 * 1024,
  'files.js': 2.5 * 1024,
  // 7 KiB before a CSA could hover and drag; it comes only after the shopper lets one use the page.
  'control.js': 9 * 1024,
  'preview.js': 10 * 1024,
} as const;

const built = new URL('../cobrowse/static/', import.meta.url);
const manifest: Record<string, string> = JSON.parse(
  readFileSync(new URL('manifest.json', built), 'utf8'),
);

for (const [name, budget_bytes] of Object.entries(BUDGET_BYTES)) {
  test(`${name} takes at most ${budget_bytes} bytes gzipped`, () => {
    const file = manifest[name];
    if (file === undefined) throw new Error(`manifest.json names no ${name}`);
    const gzip_bytes = gzipSync(readFileSync(new URL(file, built)), { level: 9 }).length;
    expect(gzip_bytes).toBeLessThanOrEqual(budget_bytes);
  });
}
