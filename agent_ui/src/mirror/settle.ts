// States that no markup says: which popovers are open, what a canvas shows, what is chosen in a list, where pointer and
// focus are, what is selected. Put on by hand after the nodes are drawn.

import type { SelectedRange } from '../../../web/core/mirror';
import { OPEN_POPOVER, PICTURE } from './own';
import { PLACEHOLDER } from './placeholders';

const PICTURE_DATA = /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+$/;
const CHOICES = /^(?:\d+(?:,\d+)*)?$/;

/**
 * Brings a drawn element into the state that its attributes tell; `chosen` are the places of a list's chosen options, `never`
 * the words in a field that is never shown.
 */
export function settle(element: HTMLElement, never: string, chosen?: string): void {
  if (element.getAttribute(PLACEHOLDER) === 'field') element.setAttribute('placeholder', never);
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
export const makeHover = () => makeState(() => ':hover', ':hover');

/** Shows the shopper's focus on a field. Of all else a page may show it or not, by how it came there: it is not shown. */
export const makeFocus = () =>
  makeState(
    (element) => (element.matches(FIELD) ? ':focus :focus-visible' : ':focus'),
    ':focus-within',
  );

const FIELD = 'input, textarea, select, [contenteditable]';

/** Gives an element, and all around it, the classes that stand for a state which nothing can bring about here. */
function makeState(
  own: (element: Element) => string,
  around: string,
): (element: Element | null) => void {
  let last: Element | null = null;
  let marked: [Element, string[]][] = [];
  return (element) => {
    if (element === last) return;
    last = element;
    for (const [each, names] of marked) each.classList.remove(...names);
    marked = [];
    for (let at = element; at; at = at.parentElement ?? hostOf(at)) {
      const names = [...(at === element ? own(at).split(' ') : []), around];
      at.classList.add(...names);
      marked.push([at, names]);
    }
  };
}

/** Selects what the shopper has selected, there alone. */
export function makeSelect(): (
  ranges: readonly SelectedRange[],
  nodeOf: (id: number) => Node | null,
) => void {
  let selection: Selection | null | undefined;
  return (ranges, nodeOf) => {
    selection?.removeAllRanges();
    for (const { start, startOffset, end, endOffset } of ranges) {
      const [from, to] = [nodeOf(start), nodeOf(end)];
      if (!from || !to) continue;
      selection = from.ownerDocument?.getSelection();
      selection?.setBaseAndExtent(
        from,
        Math.min(startOffset, lengthOf(from)),
        to,
        Math.min(endOffset, lengthOf(to)),
      );
    }
  };
}

const lengthOf = (node: Node) => (node as Text).data?.length ?? node.childNodes.length;

function hostOf(element: Element): Element | null {
  const root = element.getRootNode();
  return 'host' in root ? (root as ShadowRoot).host : null;
}
