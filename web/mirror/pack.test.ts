import { decode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { pack } from './pack';

const flags = [
  [false, false],
  [true, false],
  [true, true],
] as const;

test.each([
  ...[0, 1, 255, 256, 65_535, 65_536].map((size) => [size, 1]),
  ...[0, 127, 128, 255, 256, 65_535, 65_536, 4_000_000_000].map((seq) => [1, seq]),
] as [number, number][])(
  'SPEC wire.2: %i bytes under number %i arrive as they are',
  (size, seq) => {
    for (const [deflated, more] of flags) {
      const part = new Uint8Array(size).fill(7);
      const fields = { room: 'r'.repeat(40), epoch: 'abcdef', seq };
      const { part: got, ...rest } = decode(pack({ ...fields, deflated, more }, part)) as {
        part: Uint8Array;
      };
      expect(rest).toEqual({
        t: 'mirror',
        ...fields,
        ...(deflated && { deflated }),
        ...(more && { more }),
      });
      expect(Buffer.compare(got, part)).toBe(0);
    }
  },
);

test('SPEC mirror.3: what carries an ordinary change weighs less than the change', () => {
  const change = [
    {
      type: 3,
      timestamp: 123456,
      data: { source: 0, texts: [{ id: 4321, value: '£1,299.00 including delivery' }] },
    },
  ];
  const part = new TextEncoder().encode(JSON.stringify(change));
  const fields = { room: 'r'.repeat(22), epoch: 'abcdef', seq: 300, deflated: false, more: false };
  expect(pack(fields, part).length).toBeLessThanOrEqual(200);
});
