// Places of a page as fractions of a node's box: what a CSA draws in the console sits right on the shopper's page, on other
// fonts and sizes too. Pure: both sides use it. SPEC mirror.7.

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Place = readonly [x: number, y: number];

/** What one frame can carry. */
export const MAX_PLACES = 128;
const MAX_REACH = 1000;
const DIGITS = 1e4;

/** The smallest box around all places. */
export function around(places: readonly Place[]): Box {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** How much of two boxes together is in both: 1 for the same box, 0 for boxes apart. */
export function overlap(a: Box, b: Box): number {
  const across = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const down = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  if (across <= 0 || down <= 0) return 0;
  const both = across * down;
  return both / (a.width * a.height + b.width * b.height - both);
}

/** The places as fx, fy, fx, fy ... of a box, which they may leave on all sides. */
export function fractions(places: readonly Place[], box: Box): number[] {
  const part = (at: number, from: number, size: number) =>
    Math.round(Math.max(-MAX_REACH, Math.min(MAX_REACH, (at - from) / size)) * DIGITS) / DIGITS;
  return places.flatMap(([x, y]) => [part(x, box.left, box.width), part(y, box.top, box.height)]);
}

/** The places that fractions of a box are. */
export function places(path: readonly number[], box: Box): Place[] {
  const found: Place[] = [];
  for (let at = 0; at + 1 < path.length; at += 2) {
    const [fx, fy] = [path[at] as number, path[at + 1] as number];
    found.push([box.left + fx * box.width, box.top + fy * box.height]);
  }
  return found;
}

/** The line with so few places that one frame carries it, its shape kept within half a pixel or as near as can be. */
export function simplify(line: readonly Place[], most = MAX_PLACES): Place[] {
  for (let slack_px = 0.5; ; slack_px *= 2) {
    const kept = thin(line, slack_px);
    if (kept.length <= most) return kept;
  }
}

/** Ramer, Douglas and Peucker: a place stays if the line without it would be off by more than the slack. */
function thin(line: readonly Place[], slack_px: number): Place[] {
  const [first, last] = [line[0], line[line.length - 1]];
  if (!first || !last || line.length < 3) return [...line];
  let [far_px, far] = [0, 0];
  for (let at = 1; at < line.length - 1; at++) {
    const off_px = distance(line[at] as Place, first, last);
    if (off_px > far_px) [far_px, far] = [off_px, at];
  }
  if (far_px <= slack_px) return [first, last];
  return [
    ...thin(line.slice(0, far + 1), slack_px).slice(0, -1),
    ...thin(line.slice(far), slack_px),
  ];
}

function distance([x, y]: Place, [ax, ay]: Place, [bx, by]: Place): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

const HEAD_PX = 16;
const HEAD_RAD = 0.5;
const px = (n: number) => Math.round(n * 10) / 10;

/** The drawing as the `d` of an SVG path. A box is given by two corners, an arrow by its tail and its tip. */
export function outline(kind: string, line: readonly Place[]): string {
  const [first, last] = [line[0], line[line.length - 1]];
  if (!first || !last) return '';
  if (kind === 'box') {
    const { left, top, width, height } = around(line);
    return `M${px(left)} ${px(top)}h${px(width)}v${px(height)}h${px(-width)}z`;
  }
  const to = ([x, y]: Place) => `${px(x)} ${px(y)}`;
  const drawn = `M${line.map(to).join('L')}`;
  if (kind !== 'arrow') return line.length === 1 ? `${drawn}h.1` : drawn;
  const back = Math.atan2(first[1] - last[1], first[0] - last[0]);
  const barb = (turn: number): Place => [
    last[0] + HEAD_PX * Math.cos(back + turn),
    last[1] + HEAD_PX * Math.sin(back + turn),
  ];
  return `${drawn}M${to(barb(HEAD_RAD))}L${to(last)}L${to(barb(-HEAD_RAD))}`;
}
