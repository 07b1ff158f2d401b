// Keeps the banner within reach. A page's modal dialog makes everything outside of it inert, popovers too, so the widget's
// host moves into the dialog while it is open, and the banner stands in the top layer, above it. SPEC mirror.5.

type Mover = Node & { moveBefore?: (node: Node, child: Node | null) => void };

/** A function to call after every change; it follows the page's dialogs while `isOn` says so. */
export function keepWithinReach(
  host: Element,
  banner: HTMLElement,
  isOn: () => boolean,
): () => void {
  const home = document.documentElement;
  /** The dialogs that make the page inert, in the order in which they came. */
  let modals: Element[] = [];
  let watching = false;

  /** Last shown is topmost. */
  const raise = () => {
    banner.hidePopover?.();
    banner.showPopover?.();
  };
  const settle = () => {
    const open = [...document.querySelectorAll('dialog:modal')];
    const before = modals;
    modals = before.filter((each) => open.includes(each));
    modals.push(...open.filter((each) => !before.includes(each)));
    const place = (isOn() && modals.at(-1)) || home;
    const moves = host.parentNode !== place;
    if (moves) move(place);
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
  // A popover of the page's came to stand above the banner.
  const toggled = ({ target, newState }: Event & { newState?: string }) => {
    if (newState === 'open' && target instanceof Element && target !== host) raise();
  };

  return () => {
    if (isOn() === watching) return;
    watching = !watching;
    if (watching) {
      banner.popover = 'manual';
      opened.observe(document, { subtree: true, attributeFilter: ['open'] });
      removed.observe(document, { subtree: true, childList: true });
      document.addEventListener('toggle', toggled, true);
    } else {
      opened.disconnect();
      removed.disconnect();
      document.removeEventListener('toggle', toggled, true);
    }
    // With the session's end the host goes for good.
    if (watching || host.isConnected) settle();
    if (!watching) banner.popover = null;
  };
}
