// Where one is in the console, kept in the address: #ROOM, #ROOM/cart, #/rules or #/rules/ID. The browser's own
// back works.

export interface Place {
  readonly room: string | undefined;
  /** The page on show where the screen has room for one only; the rules have the whole screen. */
  readonly page: 'list' | 'conversation' | 'cart' | 'rules';
  /** The rule that is open; "" is a new one. */
  readonly rule?: string | undefined;
}

export function pageOf(hash: string): Place {
  const [rules, , rule] = /^#\/rules(\/([a-z0-9-]{0,64}))?$/.exec(hash) ?? [];
  if (rules) return { room: undefined, page: 'rules', rule };
  const [, room, cart] = /^#([A-Za-z0-9_-]{1,64})(\/cart)?$/.exec(hash) ?? [];
  if (!room) return { room: undefined, page: 'list' };
  return { room, page: cart ? 'cart' : 'conversation' };
}

export function hashOf({ room, page, rule }: Place): string {
  if (page === 'rules') return rule === undefined ? '#/rules' : `#/rules/${rule}`;
  if (!room || page === 'list') return '';
  return page === 'cart' ? `#${room}/cart` : `#${room}`;
}

const CHANGED = 'cobrowse:place';
const depth = () => (history.state as { depth?: number } | null)?.depth ?? 0;

export function goTo(place: Place): void {
  const hash = hashOf(place);
  if (hash === location.hash) return;
  history.pushState({ depth: depth() + 1 }, '', hash || location.pathname + location.search);
  dispatchEvent(new Event(CHANGED));
}

/** One page back: the browser's own way where one came by it, else up. */
export function goBack(): void {
  if (depth() > 0) {
    history.back();
    return;
  }
  const { room, page, rule } = pageOf(location.hash);
  const up: Place =
    page === 'cart'
      ? { room, page: 'conversation' }
      : { room: undefined, page: rule === undefined ? 'list' : 'rules' };
  history.replaceState(null, '', hashOf(up) || location.pathname + location.search);
  dispatchEvent(new Event(CHANGED));
}

export function onPlaceChanged(changed: () => void): void {
  for (const event of [CHANGED, 'popstate', 'hashchange']) addEventListener(event, changed);
}
