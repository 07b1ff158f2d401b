import { decode as independentDecode, encode as independentEncode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode, unpack } from './codec';
import type { ClientFrame } from './messages';

const EDGES = [7, 8, 15, 16, 31, 32, 53].flatMap((bits) =>
  [2 ** bits - 1, 2 ** bits, 2 ** bits + 1].flatMap((n) => [n, -n]),
);

const key = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((name) => name !== '__proto__' && !name.includes('\0'));
const text = fc.string({ unit: 'binary', maxLength: 300 }).filter((each) => !each.includes('\0'));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.constantFrom(null, true, false, ...EDGES),
    fc.integer(),
    fc.double({ noNaN: true }).filter((n) => !Object.is(n, -0)),
    text,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(key, tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
}));

test('wire.2 what another encoder writes is read as it was meant', () => {
  fc.assert(
    fc.property(value, (meant) => {
      expect(unpack(independentEncode(meant))).toEqual(meant);
    }),
  );
  for (const edge of EDGES) expect(unpack(independentEncode(edge))).toBe(edge);
  for (const size of [31, 32, 255, 256, 65535, 65536]) {
    expect(unpack(independentEncode('x'.repeat(size)))).toBe('x'.repeat(size));
    expect(unpack(independentEncode(Array(size).fill(1)))).toEqual(Array(size).fill(1));
  }
});

test('wire.2 what is written here another decoder reads as it was meant', () => {
  fc.assert(
    fc.property(value, (meant) => {
      expect(independentDecode(encode(meant as ClientFrame))).toEqual(meant);
    }),
  );
  for (const edge of EDGES) expect(independentDecode(encode(edge as never))).toBe(edge);
});

test('wire.2 bytes are read as they came', () => {
  for (const size of [0, 1, 255, 256, 65535, 65536]) {
    const bytes = new Uint8Array(size).map((_, index) => index * 7);
    const read = unpack(independentEncode({ part: bytes, next: 'x' })) as { part: Uint8Array };
    expect(read).toEqual({ part: bytes, next: 'x' });
  }
});

test('wire.2 a field that is undefined is left out', () => {
  const frame = { t: 'hello', v: 1, role: 'csa', token: undefined } as unknown as ClientFrame;
  expect(unpack(encode(frame))).toEqual({ t: 'hello', v: 1, role: 'csa' });
});

test('wire.2 U+0000, which a server refuses, is not sent', () => {
  const say = { t: 'do', room: 'r1', c: 1, at: 1, op: { k: 'say', text: 'a\0b' } } as const;
  expect(unpack(encode(say))).toEqual({ ...say, op: { k: 'say', text: 'ab' } });
});

test('wire.2 what is no frame is undefined, and nothing is thrown', () => {
  const drain = independentEncode({ t: 'drain', after_s: 2.5 });
  expect(decode(drain)).toEqual({ t: 'drain', after_s: 2.5 });
  expect(decode(drain.buffer.slice(0, drain.length))).toEqual({ t: 'drain', after_s: 2.5 });
  for (let size = 0; size < drain.length; size++) {
    expect(decode(drain.subarray(0, size))).toBeUndefined();
  }
  for (const other of [null, 7, 'drain', [], {}, { t: 7 }]) {
    expect(decode(independentEncode(other))).toBeUndefined();
  }
  expect(decode(new Uint8Array([...drain, 0xc0]))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      decode(bytes);
    }),
  );
});

test('wire.2 a key that would change an object itself is skipped, not the frame', () => {
  // {t: 'drain', after_s: 1, __proto__: {x: 1}}
  const name = [...new TextEncoder().encode('__proto__')];
  const bytes = [0x81 + 2, 0xa1, 0x74, 0xa5, ...new TextEncoder().encode('drain')];
  bytes.push(0xa7, ...new TextEncoder().encode('after_s'), 1, 0xa9, ...name, 0x81, 0xa1, 0x78, 1);
  const frame = decode(new Uint8Array(bytes));
  expect(frame).toEqual({ t: 'drain', after_s: 1 });
  expect((frame as unknown as { x?: number }).x).toBeUndefined();
});
