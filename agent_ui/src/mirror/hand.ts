// The CSA's hand over the shopper's page: what the pointer does there becomes places of the page, and those become frames.
// Coordinates are the page's own pixels.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Act, OutcomeNow, Spot } from '../../../web/core/messages';
import { type Place, simplify } from '../../../web/core/pointing';
import { draws, type Tool } from './tools';
import type { PageField, Viewer } from './viewer';
import type { Watching } from './watching';

const SEND_EVERY_MS = 40;
const HOVER_EVERY_MS = 120;
/** A press that moves further than this, in the shopper's pixels, drags. */
const DRAGS_FROM_PX = 6;
/** What is typed goes a few letters to a frame. */
const TYPED_AFTER_MS = 60;
const MAX_TEXT_CHARS = 2000;
/** As long as the shopper sees it. */
const SHOWN_MS = 8000;

export interface Hand {
  down(tool: Tool, at: Place): void;
  move(tool: Tool, at: Place): void;
  up(at: Place): void;
  /** What is being drawn is not meant. */
  cancel(): void;
  leave(tool: Tool): void;
  wheel(at: Place, dx: number, dy: number): void;
  /** What the CSA has drawn, as the shopper sees it. */
  readonly drawn: ReadonlySignal<readonly Spot[]>;
  /** The field that a click has chosen, for typing. */
  readonly field: ReadonlySignal<PageField | undefined>;
  /** Types into the chosen field. */
  type(text: string): void;
  /** Presses a key there that does something by itself. */
  key(name: string): void;
  /** Sets the chosen field as a whole. */
  fill(text: string): void;
  /** Chooses one of its options. */
  choose(index: number): void;
  /** Tab was pressed: what gets the focus there is typed into next. */
  goOn(back: boolean): void;
  /** What has the focus on the page now. */
  focused(node: number | undefined): void;
  /** What the page has answered to a step: a field that stays with the shopper is let go of. */
  answered(outcome: OutcomeNow): void;
  letGo(): void;
  isDrawing(): boolean;
}

export function makeHand(viewer: () => Viewer | undefined, watching: Watching): Hand {
  const drawn = signal<readonly Spot[]>([]);
  const field = signal<PageField | undefined>(undefined);
  let stroke = Date.now();
  let drawing: { tool: 'pen' | 'arrow' | 'box'; line: Place[] } | undefined;
  let sent_at = -Infinity;
  /** How often Tab was pressed since the page told where the focus is. */
  let tabs = 0;
  /** The step that chose the field: answers to those before it are about another. */
  let chosen_by = 0;
  /** Where the pointer has got to since a place of it was sent. */
  let moved: { at: Place; timer: ReturnType<typeof setTimeout> } | undefined;
  let scrolled: { at: Place; dx: number; dy: number } | undefined;
  /** The button is down: a click, if it does not go too far from there. */
  let held: { at: Place; spot: Omit<Spot, 'kind'>; drags: boolean } | undefined;
  let dragged_at = -Infinity;
  let hovered: { at: Place; timer: ReturnType<typeof setTimeout> } | undefined;
  let typed: { field: PageField; text: string; timer: ReturnType<typeof setTimeout> } | undefined;

  const isTime = () => {
    const now = performance.now();
    if (now - sent_at < SEND_EVERY_MS) return false;
    sent_at = now;
    return true;
  };

  function forgetMove() {
    clearTimeout(moved?.timer);
    moved = undefined;
  }

  /** Shows the way of the pointer now and then, and where it stops. */
  function laser(at: Place) {
    if (isTime()) {
      forgetMove();
      spot('laser', at);
    } else if (moved) moved.at = at;
    else moved = { at, timer: setTimeout(stopHere, SEND_EVERY_MS) };
  }

  function stopHere() {
    const { at } = moved as { at: Place };
    moved = undefined;
    laser(at);
  }

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

  function flushTyped() {
    if (!typed) return;
    const { field, text, timer } = typed;
    clearTimeout(timer);
    typed = undefined;
    const { epoch, node } = field;
    for (let at = 0; at < text.length; at += MAX_TEXT_CHARS) {
      watching.act({ kind: 'type', epoch, node, text: text.slice(at, at + MAX_TEXT_CHARS) });
    }
  }

  function flushScroll() {
    if (!scrolled) return;
    const { at, dx, dy } = scrolled;
    scrolled = undefined;
    const found = viewer()?.spotAt(...at);
    if (found) watching.act({ kind: 'scroll', epoch: found.epoch, node: found.node, dx, dy });
  }

  /** Steps reach the page in the order in which they were made: what waits to be sent goes before the next one. */
  function act(step: Omit<Act, 'n'>): number {
    flushTyped();
    flushScroll();
    return watching.act(step);
  }

  /** A step on the chosen field, if there is one. */
  function actThere(step: Pick<Act, 'kind' | 'text' | 'index'>): number {
    const { epoch, node } = field.peek() ?? {};
    return epoch === undefined || node === undefined ? 0 : act({ ...step, epoch, node });
  }

  function letGo() {
    flushTyped();
    tabs = 0;
    field.value = undefined;
  }

  /** Says where the pointer is now, and then that it is there still: a few times a second at most. */
  function hoverAt(at: Place) {
    if (hovered) {
      hovered.at = at;
      return;
    }
    const tell = (now: Place) => {
      const found = viewer()?.spotAt(...now);
      if (found) watching.act({ kind: 'hover', ...found });
    };
    const told = at;
    tell(told);
    const timer = setTimeout(() => {
      const { at: last } = hovered ?? { at: told };
      hovered = undefined;
      if (last !== told) hoverAt(last);
    }, HOVER_EVERY_MS);
    hovered = { at, timer };
  }

  function stopHovering() {
    clearTimeout(hovered?.timer);
    hovered = undefined;
  }

  /** A press that goes on far enough takes hold of what is there, which then follows. */
  function dragTo(at: Place) {
    if (!held) return;
    const far = Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) > DRAGS_FROM_PX;
    if (!held.drags && !far) return;
    if (!held.drags) act({ kind: 'grab', ...held.spot });
    held.drags = true;
    const now = performance.now();
    if (now - dragged_at < SEND_EVERY_MS) return;
    dragged_at = now;
    carry('drag', at);
  }

  /** What is held follows the pointer: by how far it has gone, since what lies under it goes along. */
  function carry(kind: 'drag' | 'drop', to: Place) {
    if (!held) return;
    const { at, spot: from } = held;
    const [dx, dy] = [to[0] - at[0], to[1] - at[1]];
    act({ kind, epoch: from.epoch, node: from.node, dx, dy });
  }

  return {
    drawn,
    field,
    isDrawing: () => drawing !== undefined || !!held,
    down(tool, at) {
      forgetMove();
      if (draws(tool)) {
        stroke += 1;
        drawing = { tool, line: [at] };
      } else if (tool === 'control') {
        const found = viewer()?.spotAt(...at);
        if (!found) return;
        tabs = 0;
        stopHovering();
        held = { at, spot: found, drags: false };
      } else spot(tool === 'look' ? 'look' : 'mark', at);
    },
    move(tool, at) {
      if (drawing) {
        drawing.line.push(at);
        if (isTime()) sendStroke();
        return;
      }
      if (tool === 'control') held ? dragTo(at) : hoverAt(at);
      if (tool === 'control' || tool === 'laser') laser(at);
    },
    up(at) {
      if (held) {
        if (held.drags) carry('drop', at);
        else {
          chosen_by = act({ kind: 'click', ...held.spot });
          field.value = viewer()?.fieldAt(...held.at);
        }
        held = undefined;
        return;
      }
      if (!drawing) return;
      drawing.line.push(at);
      sendStroke();
      drawing = undefined;
      setTimeout(drop, SHOWN_MS, stroke);
    },
    cancel() {
      drawing = undefined;
      drop(stroke);
      if (held?.drags) carry('drop', held.at); // back to where it was
      held = undefined;
    },
    leave(tool) {
      forgetMove();
      stopHovering();
      const { epoch = '' } = viewer()?.spotAt(0, 0) ?? {};
      if (!epoch) return;
      watching.point({ epoch, node: 0, fx: 0, fy: 0, kind: 'off' });
      if (tool === 'control') watching.act({ kind: 'hover', epoch, node: 0 });
    },
    wheel(at, dx, dy) {
      if (!scrolled) setTimeout(flushScroll, SEND_EVERY_MS);
      scrolled = { at, dx: dx + (scrolled?.dx ?? 0), dy: dy + (scrolled?.dy ?? 0) };
    },
    type(text) {
      const into = field.peek();
      if (!into || !text) return;
      if (typed?.field !== into) flushTyped();
      typed ??= { field: into, text: '', timer: setTimeout(flushTyped, TYPED_AFTER_MS) };
      typed.text += text;
    },
    key: (name) => void actThere({ kind: 'key', text: name }),
    fill: (text) => void actThere({ kind: 'fill', text }),
    choose: (index) => void actThere({ kind: 'select', index }),
    goOn(back) {
      if (!field.peek()) return;
      tabs += 1;
      chosen_by = actThere({ kind: 'key', text: back ? 'BackTab' : 'Tab' });
    },
    focused(node) {
      if (!tabs || node === undefined || node === field.peek()?.node) return;
      tabs -= 1;
      field.value = viewer()?.fieldOf(node);
    },
    answered({ n, what }) {
      if (what === 'paused') tabs = 0; // where the focus goes now, the shopper takes it
      if (what === 'denied' && n >= chosen_by) letGo();
    },
    letGo,
  };
}
