// The bytes of a `mirror` frame, as few as they can be: an ordinary change is most of what a page sends. The core's codec,
// which writes no bytes, would weigh more here. SPEC wire.2.

import type { MirrorPart } from '../core/messages';

/** MessagePack; fields that hold their default are left out. */
export function pack(
  fields: Omit<MirrorPart, 't' | 'part'>,
  part: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const named = Object.entries({ t: 'mirror', ...fields }).filter(([, value]) => value !== false);
  const head = [0x81 + named.length];
  const text = (value: string) => {
    head.push(...(value.length < 32 ? [0xa0 + value.length] : [0xd9, value.length]));
    for (let at = 0; at < value.length; at++) head.push(value.charCodeAt(at));
  };
  /** In 1, 2 or 4 bytes, marked with `mark`, which is the mark for 1, or one of the two after it. */
  const number = (mark: number, value: number) => {
    if (value < 0x100) head.push(mark, value);
    else if (value < 0x10000) head.push(mark + 1, value >> 8, value & 255);
    else head.push(mark + 2, value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
  };
  for (const [name, value] of named) {
    text(name);
    if (typeof value === 'string') text(value);
    else if (typeof value !== 'number') head.push(0xc3);
    else if (value < 128) head.push(value);
    else number(0xcc, value);
  }
  text('part');
  number(0xc4, part.length);
  const frame = new Uint8Array(head.length + part.length);
  frame.set(head);
  frame.set(part, head.length);
  return frame;
}
