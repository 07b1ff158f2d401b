import { expect, test } from 'vitest';
import type { Mirrored, PageFile } from '../../../web/core/messages';
import { type Shown, toDraw } from './track';

const frame = (epoch: string, seq: number): Mirrored => ({
  t: 'mirror',
  room: 'r',
  epoch,
  seq,
  part: new Uint8Array(),
});
const track: Shown[] = [
  { at_s: 0, frame: frame('a', 0) },
  { at_s: 1, frame: frame('a', 1) },
  { at_s: 2, frame: frame('a', 2) },
  { at_s: 5, frame: frame('b', 0) },
  { at_s: 6, frame: frame('b', 1) },
];
const names = (drawn: number, to_s: number, of = track) =>
  toDraw(of, drawn, to_s).frames.map((each) =>
    each.t === 'file' ? each.hash : `${each.epoch}${each.seq}`,
  );

test('record.2 what follows is drawn on what has been drawn', () => {
  expect(names(0, 0)).toEqual(['a0']);
  expect(names(1, 2)).toEqual(['a1', 'a2']);
  expect(names(3, 4)).toEqual([]);
});

test('record.2 a jump goes by the nearest whole page, backwards too', () => {
  expect(names(1, 6)).toEqual(['b0', 'b1']);
  expect(names(5, 1)).toEqual(['a0', 'a1']);
  expect(names(5, 5)).toEqual(['b0']);
  const late = track.map((each) => ({ ...each, at_s: each.at_s + 0.1 }));
  expect(toDraw(late, 5, 0).next).toBe(1);
  expect(toDraw(track, 5, 99)).toEqual({ frames: [], next: 5 });
});

test('file.6 a file that is jumped over is not left out, since it comes once', () => {
  const file = (hash: string): PageFile => ({
    t: 'file',
    room: 'r',
    hash,
    media_type: 'image/png',
    body: new Uint8Array(),
  });
  const brought = [
    { at_s: 0, frame: file('f') },
    ...track.slice(0, 3),
    { at_s: 3, frame: file('g') },
    ...track.slice(3),
  ];
  expect(names(0, 0, brought)).toEqual(['f', 'a0']);
  expect(names(2, 6, brought)).toEqual(['g', 'b0', 'b1']);
  expect(names(0, 6, brought)).toEqual(['f', 'g', 'b0', 'b1']);
  expect(names(7, 1, brought)).toEqual(['a0', 'a1']);
});
