// States that no markup says: which popovers are open, what a canvas shows, what is chosen in a list, where the pointer is. Put on
// by hand after the nodes are drawn.

import { OPEN_POPOVER, PICTURE } from './own';

const PICTURE_DATA = /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+$/;
const CHOICES = /^(?:\d+(?:,\d+)*)?$/;

/** Brings a drawn element into the state that its attributes tell; `chosen` are the places of a list's chosen options. */
export function settle(element: HTMLElement, chosen?: string): void {
  if (element.nodeName === 'CANVAS') {
    const picture = element.getAttribute(PICTURE) ?? '';
    // A canvas cannot be drawn on without scripts; as replaced content it looks the same.
    if (PICTURE_DATA.test(picture)) element.style.setProperty('content', `url("${picture}")`);
  } else if (element.nodeName === 'SELECT' && chosen !== undefined && CHOICES.test(chosen)) {
    const places = new Set(chosen.split(','));
    for (const option of (element as HTMLSelectElement).options)
      option.selected = places.has(String(option.index));
  }
  const isOpen = element.hasAttribute(OPEN_POPOVER);
  if (isOpen || element.hasAttribute('popover')) {
    if (isOpen) element.setAttribute('popover', 'manual'); // one that opens shuts no other here
    if (isOpen !== element.matches(':popover-open')) element.togglePopover(isOpen);
  }
}

/** Shows the shopper's pointer over an element, with all that `:hover` does there. */
export function makeHover(): (element: Element | null) => void {
  let hovered: Element[] = [];
  return (element) => {
    if (element === hovered[0]) return;
    for (const each of hovered) each.classList.remove(':hover');
    hovered = [];
    for (let at = element; at; at = at.parentElement ?? hostOf(at)) {
      at.classList.add(':hover');
      hovered.push(at);
    }
  };
}

function hostOf(element: Element): Element | null {
  const root = element.getRootNode();
  return 'host' in root ? (root as ShadowRoot).host : null;
}
