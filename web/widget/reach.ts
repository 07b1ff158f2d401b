// Keeps the banner within reach, and a question as well. A page's modal dialog makes everything outside of it inert, popovers
// too, so the widget's host moves into the dialog while it is open, and the banner stands in the top layer, above it. Where no
// script can get into a dialog, in a closed shadow root, a press where Stop stands still stops. SPEC mirror.5.

import { handOn } from './leave';

type Mover = Node & { moveBefore?: (node: Node, child: Node | null) => void };

const MODAL = 'dialog:modal';

/** The modal dialogs in a document or shadow root, and in all open shadow roots of it. */
const modalsIn = (root: ParentNode): Element[] =>
  [...root.querySelectorAll('*')].flatMap((each) => [
    ...(each.matches(MODAL) ? [each] : []),
    ...(each.shadowRoot ? modalsIn(each.shadowRoot) : []),
  ]);

const holds = (element: Element, { clientX, clientY }: MouseEvent) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
};

/** A function to call after every change; it follows the page's dialogs while `isOn` says so. */
export function keepWithinReach(
  host: Element,
  banner: HTMLElement,
  corner: HTMLElement,
  isOn: () => boolean,
): () => void {
  const home = document.documentElement;
  /** The dialogs that make the page inert, in the order in which they came. */
  let modals: Element[] = [];
  let life: AbortController | undefined;
  /** A dialog is in a shadow root, where nothing tells of it. */
  let isDeep = false;

  /** Last shown is topmost. */
  const raise = () => {
    banner.hidePopover?.();
    banner.showPopover?.();
  };
  const settle = () => {
    const open = isDeep ? modalsIn(document) : [...document.querySelectorAll(MODAL)];
    isDeep = open.some((each) => each.getRootNode() !== document);
    const before = modals;
    modals = before.filter((each) => open.includes(each));
    modals.push(...open.filter((each) => !before.includes(each)));
    const place = (isOn() && modals.at(-1)) || home;
    const moves = host.parentNode !== place;
    if (moves) {
      move(place);
      for (let at: Node | undefined = place; at; at = (at.getRootNode() as ShadowRoot).host)
        follow(at.getRootNode());
      // What lays a dialog out must not lay out our corner.
      corner.popover = place === home ? null : 'manual';
      if (place !== home) corner.showPopover?.();
    }
    if (isOn() && (moves || !before.includes(place))) raise();
  };
  const move = (place: Mover) => {
    // What moves while it is on the page keeps its focus and how far it is scrolled.
    if (place.moveBefore && host.isConnected) place.moveBefore(host, null);
    else place.appendChild(host);
  };
  const opened = new MutationObserver(settle);
  // A dialog that is taken away with the host in it ends nothing.
  const removed = new MutationObserver(() => host.isConnected || settle());
  const follow = (root: Node) => {
    opened.observe(root, { subtree: true, attributeFilter: ['open'] });
    removed.observe(root, { subtree: true, childList: true });
  };
  // A popover of the page's came to stand above the banner.
  const toggled = ({ target, newState }: Event & { newState?: string }) => {
    if (newState === 'open' && target instanceof Element && target !== host) raise();
  };
  /** Whether a press on the banner comes to it; before there is one, on what stands in our corner. */
  const isFree = () => {
    const shown = banner.firstElementChild ?? corner.lastElementChild;
    const { left, top, width, height } = (shown ?? corner).getBoundingClientRect();
    const root = host.getRootNode() as Document;
    return !width || root.elementFromPoint(left + width / 2, top + height / 2) === host;
  };
  const look = () => {
    if (!life || isFree()) return;
    isDeep = true;
    settle();
    if (banner.firstElementChild && !isFree()) raise();
  };
  const pressed = (event: MouseEvent) => {
    if (!event.isTrusted || isFree()) return;
    const button = [...banner.querySelectorAll('.banner button')].find((each) =>
      holds(each, event),
    );
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    handOn(button);
  };

  return () => {
    if (isOn() !== !!life) {
      if (life) {
        life.abort();
        life = undefined;
        opened.disconnect();
        removed.disconnect();
      } else {
        life = new AbortController();
        const { signal } = life;
        banner.popover = 'manual';
        follow(document);
        document.addEventListener('toggle', toggled, { capture: true, signal });
        // Who opens a dialog gives it the focus, which shadow roots do tell.
        addEventListener('focusin', () => setTimeout(look), { signal });
        addEventListener('click', pressed, { capture: true, signal });
      }
      // With the session's end the host goes for good.
      if (life || host.isConnected) settle();
      if (!life) banner.popover = null;
    }
    look();
  };
}
