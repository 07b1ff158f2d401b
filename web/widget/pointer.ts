// Where a CSA points, on the shopper's own page: a laser's dot, or a frame around an element. It follows its element, takes no
// click, and goes by itself. SPEC mirror.7.

import type { Pointed } from '../core/messages';
import { make } from '../snippet/host';

const LASER_MS = 2000;
const MARK_MS = 6000;
const MARGIN_PX = 4;

export function showPointer(root: ShadowRoot) {
  const name = make('span', 'pointer-name');
  const dot = make('i', 'pointer-dot');
  const element = make('div', 'pointer', { 'aria-hidden': 'true' }, dot, name);
  element.hidden = true;
  root.append(element);
  let frame: Pointed | undefined;
  let target: Element | undefined;
  let until = 0;

  const follow = () => {
    if (!frame || !target?.isConnected || performance.now() > until) {
      hide();
      return;
    }
    const box = target.getBoundingClientRect();
    const { style } = element;
    if (frame.kind === 'laser') {
      style.translate = `${box.left + frame.fx * box.width}px ${box.top + frame.fy * box.height}px`;
      style.inlineSize = style.blockSize = '0';
    } else {
      style.translate = `${box.left - MARGIN_PX}px ${box.top - MARGIN_PX}px`;
      style.inlineSize = `${box.width + 2 * MARGIN_PX}px`;
      style.blockSize = `${box.height + 2 * MARGIN_PX}px`;
    }
    requestAnimationFrame(follow);
  };

  function hide() {
    element.hidden = true;
    frame = target = undefined;
  }

  return {
    show(given: Pointed, at: Element) {
      if (given.kind === 'off') return hide();
      const running = frame !== undefined;
      [frame, target] = [given, at];
      until = performance.now() + (given.kind === 'laser' ? LASER_MS : MARK_MS);
      name.textContent = given.by[2];
      element.className = `pointer ${given.kind}`;
      element.hidden = false;
      if (!running) follow();
    },
    hide,
  };
}
