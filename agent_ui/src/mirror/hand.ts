// The CSA's hand over the shopper's page: what the pointer does there becomes places of the page, and those become frames.
// Coordinates are the page's own pixels.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Spot } from '../../../web/core/messages';
import { type Place, simplify } from '../../../web/core/pointing';
import { draws, type Tool } from './tools';
import type { PageField, Viewer } from './viewer';
import type { Watching } from './watching';

const SEND_EVERY_MS = 40;
/** As long as the shopper sees it. */
const SHOWN_MS = 8000;

export interface Hand {
  down(tool: Tool, at: Place): void;
  move(tool: Tool, at: Place): void;
  up(at: Place): void;
  /** What is being drawn is not meant. */
  cancel(): void;
  leave(): void;
  wheel(at: Place, dx: number, dy: number): void;
  /** What the CSA has drawn, as the shopper sees it. */
  readonly drawn: ReadonlySignal<readonly Spot[]>;
  /** The field that a click has chosen, for typing. */
  readonly field: ReadonlySignal<PageField | undefined>;
  /** Tab was pressed: what gets the focus there is typed into next. */
  goOn(back: boolean): void;
  /** What has the focus on the page now. */
  focused(node: number | undefined): void;
  letGo(): void;
  isDrawing(): boolean;
}

export function makeHand(viewer: () => Viewer | undefined, watching: Watching): Hand {
  const drawn = signal<readonly Spot[]>([]);
  const field = signal<PageField | undefined>(undefined);
  let stroke = Date.now();
  let drawing: { tool: 'pen' | 'arrow' | 'box'; line: Place[] } | undefined;
  let sent_at = 0;
  let goesOn = false;
  let scrolled: { at: Place; dx: number; dy: number } | undefined;

  const isTime = () => {
    const now = performance.now();
    if (now - sent_at < SEND_EVERY_MS) return false;
    sent_at = now;
    return true;
  };

  function spot(kind: Spot['kind'], at: Place) {
    const found = viewer()?.spotAt(...at);
    if (found) watching.point({ ...found, kind });
  }

  function drop(gone: number) {
    drawn.value = drawn.peek().filter((each) => each.stroke !== gone);
  }

  function sendStroke() {
    if (!drawing) return;
    const { tool, line } = drawing;
    const meant = tool === 'pen' ? simplify(line) : [line[0] as Place, line.at(-1) as Place];
    const hung = viewer()?.hang(tool, meant);
    if (!hung) return;
    const frame: Spot = { ...hung, kind: tool, stroke };
    watching.point(frame);
    drawn.value = [...drawn.peek().filter((each) => each.stroke !== stroke), frame];
  }

  function flushScroll() {
    if (!scrolled) return;
    const { at, dx, dy } = scrolled;
    scrolled = undefined;
    const found = viewer()?.spotAt(...at);
    if (found) watching.act({ kind: 'scroll', epoch: found.epoch, node: found.node, dx, dy });
  }

  return {
    drawn,
    field,
    isDrawing: () => drawing !== undefined,
    down(tool, at) {
      if (draws(tool)) {
        stroke += 1;
        drawing = { tool, line: [at] };
      } else if (tool === 'control') {
        const found = viewer()?.spotAt(...at);
        if (!found) return;
        goesOn = false;
        watching.act({ kind: 'click', ...found });
        field.value = viewer()?.fieldAt(...at);
      } else spot(tool === 'look' ? 'look' : 'mark', at);
    },
    move(tool, at) {
      if (drawing) {
        drawing.line.push(at);
        if (isTime()) sendStroke();
      } else if ((tool === 'laser' || tool === 'control') && isTime()) spot('laser', at);
    },
    up(at) {
      if (!drawing) return;
      drawing.line.push(at);
      sendStroke();
      drawing = undefined;
      setTimeout(drop, SHOWN_MS, stroke);
    },
    cancel() {
      drawing = undefined;
      drop(stroke);
    },
    leave() {
      const { epoch = '' } = viewer()?.spotAt(0, 0) ?? {};
      if (epoch) watching.point({ epoch, node: 0, fx: 0, fy: 0, kind: 'off' });
    },
    wheel(at, dx, dy) {
      if (!scrolled) setTimeout(flushScroll, SEND_EVERY_MS);
      scrolled = { at, dx: dx + (scrolled?.dx ?? 0), dy: dy + (scrolled?.dy ?? 0) };
    },
    goOn(back) {
      const { epoch, node } = field.peek() ?? {};
      if (epoch === undefined || node === undefined) return;
      goesOn = true;
      watching.act({ kind: 'key', epoch, node, text: back ? 'BackTab' : 'Tab' });
    },
    focused(node) {
      if (!goesOn || node === undefined || node === field.peek()?.node) return;
      goesOn = false;
      field.value = viewer()?.fieldOf(node);
    },
    letGo() {
      goesOn = false;
      field.value = undefined;
    },
  };
}
