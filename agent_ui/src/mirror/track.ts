// A recording as it is replayed: its batches with their times, and which of them make the page as it was at a moment. Pure.

import { decode } from '../../../web/core/codec';
import type { Mirrored, PageFile } from '../../../web/core/messages';

export interface Shown {
  /** Seconds since the recording began. */
  readonly at_s: number;
  readonly frame: Mirrored | PageFile;
}

const HEAD_BYTES = 12;

/** The batches and files of a part as the server keeps them: when (float64, s), how long (uint32), frame. SPEC record.2. */
export function unpackPart(bytes: Uint8Array, started_at: number): Shown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shown: Shown[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const at_s = Math.max(0, view.getFloat64(at) - started_at);
    const end = at + HEAD_BYTES + view.getUint32(at + 8);
    const frame = decode(bytes.slice(at + HEAD_BYTES, end));
    if (frame?.t === 'mirror' || frame?.t === 'file') shown.push({ at_s, frame });
    at = end;
  }
  return shown;
}

/**
 * What is to be drawn so that the page is as it was at `to_s`, when `drawn` batches have been: from there on, or, where that
 * is shorter or the only way, from a whole page on. Of what is left out the files are not: each came once, for all that follows.
 * `next` is how many have been drawn then.
 */
export function toDraw(
  track: readonly Shown[],
  drawn: number,
  to_s: number,
): { frames: (Mirrored | PageFile)[]; next: number } {
  // Before the first batch there is nothing to see: it stands from the beginning.
  const from_s = Math.max(to_s, track[0]?.at_s ?? 0);
  let next = track.findIndex(({ at_s }) => at_s > from_s);
  if (next < 0) next = track.length;
  let from = next < drawn ? 0 : drawn;
  for (let i = next - 1; i >= from; i--) {
    const frame = track[i]?.frame;
    if (frame?.t === 'mirror' && frame.seq === 0) {
      from = i;
      break;
    }
  }
  const files = track.slice(drawn, from).filter(({ frame }) => frame.t === 'file');
  return { frames: [...files, ...track.slice(from, next)].map(({ frame }) => frame), next };
}
