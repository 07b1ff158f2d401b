// Where a CSA points, on the shopper's own page: a laser's dot, a frame around an element, what a pen has drawn. All of it
// follows its element, takes no click, and goes by itself. SPEC mirror.7.

import type { Author, Pointed } from '../core/messages';
import { boxIn } from '../core/placing';
import { outline, places } from '../core/pointing';
import { make } from '../snippet/host';

const SHOWN_MS = { laser: 2000, mark: 6000, pen: 8000, arrow: 8000, box: 8000 };
const FADE_MS = 1000;
const MARGIN_PX = 4;
const WORDS_PX = 60;
const MAX_SHOWN = 40;

/** One thing on show. `words` stand beside it instead of the CSA's name. */
interface Shown {
  frame: Pointed;
  target: Element;
  until: number;
  element: HTMLElement | SVGSVGElement;
}

export interface Pointer {
  show(frame: Pointed, at: Element, words?: string): void;
  /** The CSA points at nothing any more; what they have drawn stays its time. */
  off(by: Author): void;
  hide(): void;
}

export function showPointer(root: ShadowRoot): Pointer {
  // A popover stands above the page's own dialogs.
  const layer = make('div', 'pointers', {
    'aria-hidden': 'true',
    popover: 'manual',
    dir: 'ltr', // places count from the left, whatever the page around them does
  });
  root.append(layer);
  const shown = new Map<string, Shown>();
  let running = false;

  const follow = () => {
    const now = performance.now();
    for (const [key, each] of shown) {
      if (!each.target.isConnected || now > each.until) drop(key);
      else {
        each.element.classList.toggle('fading', each.until - now < FADE_MS);
        place(each);
      }
    }
    running = shown.size > 0;
    if (running) requestAnimationFrame(follow);
    else layer.hidePopover?.();
  };

  function place({ frame, target, element }: Shown) {
    const box = boxIn(window, target);
    if (element instanceof SVGSVGElement) {
      const drawn = outline(frame.kind, places(frame.path ?? [], box));
      for (const line of element.children) line.setAttribute('d', drawn);
      return;
    }
    const { style } = element;
    // Its words stay within the window.
    const x = frame.kind === 'laser' ? box.left + frame.fx * box.width : box.left;
    element.classList.toggle('turned', x > innerWidth / 2);
    element.classList.toggle('above', box.top + box.height > innerHeight - WORDS_PX);
    if (frame.kind === 'laser') {
      style.translate = `${x}px ${box.top + frame.fy * box.height}px`;
      return;
    }
    style.translate = `${box.left - MARGIN_PX}px ${box.top - MARGIN_PX}px`;
    style.inlineSize = `${box.width + 2 * MARGIN_PX}px`;
    style.blockSize = `${box.height + 2 * MARGIN_PX}px`;
  }

  function drop(key: string) {
    shown.get(key)?.element.remove();
    shown.delete(key);
  }

  const hide = () => {
    for (const key of shown.keys()) drop(key);
  };

  return {
    show(frame, target, words) {
      const { kind, by, stroke = 0 } = frame;
      const lines = kind === 'pen' || kind === 'arrow' || kind === 'box';
      const key = `${by[1]} ${lines ? stroke : 'at'}`;
      if (kind === 'off' || kind === 'look') return;
      let element = shown.get(key)?.element;
      if (!lines || !element) {
        drop(key);
        element = lines ? drawing(kind) : spot(kind, words ?? by[2]);
        layer.append(element);
      }
      const each = { frame, target, element, until: performance.now() + SHOWN_MS[kind] };
      shown.set(key, each);
      if (shown.size > MAX_SHOWN) drop(shown.keys().next().value as string);
      place(each);
      if (!running || kind !== 'laser') {
        layer.hidePopover?.(); // again: a dialog may have come since
        layer.showPopover?.();
      }
      if (!running) {
        running = true;
        requestAnimationFrame(follow);
      }
    },
    off: (by) => drop(`${by[1]} at`),
    hide,
  };
}

const spot = (kind: string, words: string) =>
  make(
    'div',
    `pointer ${kind}`,
    {},
    make('i', 'pointer-dot'),
    make('span', 'pointer-name', {}, words),
  );

/** Two lines, one on the other: seen on any ground. */
function drawing(kind: string): SVGSVGElement {
  const xmlns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(xmlns, 'svg');
  svg.classList.add('drawing', kind);
  svg.append(document.createElementNS(xmlns, 'path'), document.createElementNS(xmlns, 'path'));
  return svg;
}
