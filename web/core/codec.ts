// Frames to MessagePack bytes and back: the part of the format that the wire uses, in a sixth of the bytes
// of the usual package. Bytes are read, never written; no ext, no single floats. SPEC wire.2.

import type { ClientFrame, ServerFrame } from './messages';

const TWO_TO_32 = 2 ** 32;

/** The bytes of a frame. Fields that are undefined are left out. */
export function encode(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const scratch = new DataView(new ArrayBuffer(8));

  const put = (tag: number, size: number) => {
    bytes.push(tag);
    for (let i = 0; i < size; i++) bytes.push(scratch.getUint8(i));
  };
  /** The head of a string, array or map: its size is in the tag when small, else in four bytes. */
  const head = (small: number, limit: number, large: number, size: number) => {
    scratch.setUint32(0, size);
    size < limit ? put(small | size, 0) : put(large, 4);
  };
  const write = (value: unknown): void => {
    if (typeof value === 'string') {
      const text = new TextEncoder().encode(value.replace(/\0/g, '')); // U+0000 is refused
      head(0xa0, 32, 0xdb, text.length);
      for (const byte of text) bytes.push(byte);
    } else if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) {
        scratch.setFloat64(0, value);
        put(0xcb, 8);
      } else if (value >= -32 && value < 128) {
        put(value & 0xff, 0);
      } else {
        scratch.setInt32(0, Math.floor(value / TWO_TO_32));
        scratch.setUint32(4, value % TWO_TO_32);
        put(0xd3, 8);
      }
    } else if (Array.isArray(value)) {
      head(0x90, 16, 0xdd, value.length);
      value.forEach(write);
    } else if (value && typeof value === 'object') {
      const fields = Object.entries(value).filter((field) => field[1] !== undefined);
      head(0x80, 16, 0xdf, fields.length);
      fields.flat().forEach(write);
    } else {
      put(value ? 0xc3 : value === false ? 0xc2 : 0xc0, 0);
    }
  };
  write(frame);
  return new Uint8Array(bytes);
}

/** The value that the bytes are. Throws when they are not MessagePack, or go on after it. */
export function unpack(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder();
  let at = 0;

  /** An integer of so many bytes, given the first: exact as far as numbers are. */
  const integer = (size: number, first: number): number => {
    let value = first;
    for (const end = at + size; ++at < end; ) value = value * 256 + view.getUint8(at);
    return value;
  };
  const unsigned = (size: number): number => integer(size, view.getUint8(at));
  const text = (size: number): string => {
    at += size;
    return utf8.decode(new Uint8Array(view.buffer, view.byteOffset + at - size, size));
  };
  const array = (size: number): unknown[] => {
    const values: unknown[] = [];
    while (size-- > 0) values.push(read());
    return values;
  };
  const map = (size: number): Record<string, unknown> => {
    const fields: Record<string, unknown> = {};
    while (size-- > 0) {
      const key = String(read());
      const value = read();
      if (key !== '__proto__') fields[key] = value;
    }
    return fields;
  };
  const read = (): unknown => {
    const tag = unsigned(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return map(tag & 15);
    if (tag < 0xa0) return array(tag & 15);
    if (tag < 0xc0) return text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    const size = tag & 3;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return tag === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6: {
        const length = unsigned(1 << size);
        at += length;
        return bytes.slice(at - length, at);
      }
      case 0xcb:
        at += 8;
        return view.getFloat64(at - 8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return unsigned(1 << size);
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return integer(1 << size, view.getInt8(at));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return text(unsigned(1 << (size - 1)));
      case 0xdc:
      case 0xdd:
        return array(unsigned(2 << size));
      case 0xde:
      case 0xdf:
        return map(unsigned(2 << (size & 1)));
    }
    throw new RangeError('no such type');
  };
  const value = read();
  if (at !== bytes.length) throw new RangeError('more bytes than one value');
  return value;
}

/** The frame that a server sent, undefined for what is none; its kind is the taker's to know. Never throws. */
export function decode(bytes: ArrayBuffer | Uint8Array): ServerFrame | undefined {
  try {
    const frame = unpack(new Uint8Array(bytes)) as ServerFrame | null;
    return typeof frame?.t === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}
