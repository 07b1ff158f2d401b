// Where the elements of a page are, in its window's pixels, in whatever open roots and frames of its origin they stand.

import type { Box } from './pointing';

/** The innermost element there, in open shadow roots too. */
export function deepest(root: Document | ShadowRoot, x: number, y: number): Element | null {
  const found = root.elementFromPoint(x, y);
  const inner = found?.shadowRoot && found.shadowRoot !== root && deepest(found.shadowRoot, x, y);
  return inner || found;
}

/** The innermost element there, in frames too. */
export function lying(page: Document, x: number, y: number): Element | null {
  const found = deepest(page, x, y);
  const inner = found && documentIn(found);
  if (!found || !inner) return found;
  const { left, top } = originIn(found);
  return lying(inner, x - left, y - top) ?? found;
}

/** The element's box in this window, however many frames further in it stands. */
export function boxIn(page: Window | null, element: Element): Box {
  const { left, top, width, height } = element.getBoundingClientRect();
  const box = { left, top, width, height };
  let view = element.ownerDocument.defaultView;
  while (view && view !== page && view.frameElement) {
    const origin = originIn(view.frameElement);
    box.left += origin.left;
    box.top += origin.top;
    view = view.frameElement.ownerDocument.defaultView;
  }
  return box;
}

/** Where the page in a frame begins, in the window that the frame is in. */
function originIn(frame: Element): { left: number; top: number } {
  const { left, top } = frame.getBoundingClientRect();
  return { left: left + frame.clientLeft, top: top + frame.clientTop };
}

function documentIn(element: Element): Document | null | undefined {
  try {
    return element.localName === 'iframe' ? (element as HTMLIFrameElement).contentDocument : null;
  } catch {
    return null; // of another origin
  }
}
