// One visitor's live session on this page: the link, the launcher, the offer, the shop's cart, and the panel when wanted.

import { bump } from '../core/cart';
import { Link } from '../core/link';
import type { Entry, Item, Offer, RoomView } from '../core/messages';
import { complain, type Emit } from './api';
import type { Fields, Viewed } from './events';
import { clip, itemsOf, toEvent } from './ga4';
import { make, makeHost } from './host';
import { makeLauncher } from './launcher';
import type { Panel, Shell } from './shell';
import { type Adapter, keepInStep, type ShopCart } from './shopcart';
import type { Stores } from './store';
import { corner as cornerWords } from './words';

const MAX_PENDING = 100;
const MAX_NOTICES = 20;

/** How much waits for the shopper: messages not read, proposals that came after `seen`, a question for leave. */
function countUnread({ conversation, cart, grant, sharing }: RoomView, seen: number): number {
  const read = conversation.read.shopper ?? 0;
  return (
    conversation.messages.filter(([offset, , by]) => by[0] !== 'shopper' && offset > read).length +
    Object.values(cart.proposals).filter(({ status, at }) => status === 'open' && at > seen)
      .length +
    Number(!!grant.asked) +
    Number(!!sharing.asks)
  );
}

/** Begins a session. `script` is the snippet's own address, which is the server's. */
export function beginSession(
  script: URL,
  site: string,
  { visitor, tab }: Stores,
  locale: string,
  emit: Emit,
) {
  const words = cornerWords(locale);
  const host = makeHost();
  let open = false;
  let shopCart: ShopCart | undefined;
  let panel: Panel | undefined;
  let offer: Offer | null = null;
  let expiry = 0;
  let drawing = false;
  let fetched = false;
  let spoken = '';
  let cart: unknown;

  const link = new Link({
    url: new URL('live', script).href.replace(/^http/, 'ws'),
    role: 'shopper',
    hello: () => ({
      site,
      token: visitor.get<string>('token') ?? '',
      locale: clip(locale, 35),
      utc_min: -new Date().getTimezoneOffset(),
    }),
    store: { load: () => tab.get('life'), save: (saved) => tab.put('life', saved) },
    frame(frame) {
      if (frame.t !== 'welcome') return;
      if (frame.token) visitor.put('token', frame.token);
      host.tint(frame.sites[0]?.accent ?? '');
      emit('ready');
    },
    news: (_, entries) => entries.forEach(heard),
    refused(_, { c, op, code, message }) {
      if (op.k === 'increment') shopCart?.refused(`${room.replica}.${c}`);
      if (op.k !== 'event' && op.k !== 'read') emit('error', { code, message });
    },
    forget: () => visitor.put('token'),
    /** A page that the server does not know has no widget; its developer reads why. */
    stopped(why) {
      complain(why);
      if (!link.sites[0]) host.remove();
    },
  });
  const room = link.own as NonNullable<typeof link.own>;

  const currency = () => link.sites[0]?.currency ?? '';

  function heard([offset, , at, , , by, fact]: Entry) {
    if (fact.k === 'said' && by[0] !== 'shopper') {
      emit('message', { text: fact.text, from: by[2], at, offset });
    }
  }

  const launcher = makeLauncher(
    () => (open ? hide() : show(true)),
    () => load(),
  );
  const status = make('p', 'quiet', { role: 'status' });
  host.corner.append(status, launcher.button);

  /** Says something to those who do not see the screen, once. */
  function speak(text: string) {
    if (spoken !== text) status.textContent = spoken = text;
  }

  function answer(accept: boolean) {
    if (!offer) return;
    const { id } = offer;
    room.do({ k: 'settle', offer: id, accept });
    if (!accept) return;
    emit('offer-accepted', { id });
    show(true);
  }

  /** The offer that is on show, if there is one. */
  function openOffer(): Offer | null {
    const { offer } = room.view ?? {};
    clearTimeout(expiry);
    if (offer?.status !== 'open') return null;
    const left_s = offer.expires_at - link.now();
    if (left_s <= 0) return null;
    expiry = window.setTimeout(drawSoon, Math.min(left_s, 86_400) * 1000);
    if (tab.get('shown') !== offer.id) {
      tab.put('shown', offer.id);
      emit('offer-shown', { id: offer.id, text: offer.text });
    }
    return offer;
  }

  function draw() {
    drawing = false;
    const { view, confirmed } = room;
    offer = openOffer();
    const unread = view ? countUnread(view, open ? Infinity : (tab.get<number>('seen') ?? 0)) : 0;
    if (open) tab.put('seen', link.now());
    const news = unread ? words.unread(unread) : '';
    launcher.draw(
      open,
      open ? 0 : unread,
      link.available && link.status === 'live',
      open ? words.close : news ? `${words.open}, ${news}` : words.open,
    );
    if ((offer || unread || view?.sharing.grants) && !fetched) load(); // the panel's sheet also draws the badge
    speak(open ? '' : (offer?.text ?? news));
    if (confirmed && cart !== confirmed.cart.lines) {
      if (cart) emit('cart-changed', { lines: confirmed.cart.lines });
      cart = confirmed.cart.lines;
    }
    panel?.draw();
  }

  /** Draws, and looks at the shop's cart: called after every change. */
  function drawSoon() {
    shopCart?.sync();
    if (!drawing) queueMicrotask(draw);
    drawing = true;
  }

  const shell: Shell = {
    ...host,
    link,
    room,
    locale,
    tab,
    notices: [],
    offer: () => offer,
    isOpen: () => open,
    answer,
    close: () => hide(),
  };

  /** Has the panel, which also draws the offer; it is fetched when it is first needed. */
  function load(then = () => {}) {
    fetched = true;
    (import(new URL(PANEL_FILE, import.meta.url).href) as Promise<{ mount(shell: Shell): Panel }>)
      .then(({ mount }) => {
        panel ??= mount(shell);
        panel.draw();
        then();
      })
      .catch((error) => {
        hide();
        complain(error);
      });
  }

  function show(focus: boolean) {
    const opened = !open;
    open = true;
    tab.put('open', 1);
    host.corner.classList.add('open');
    drawSoon();
    load(() => {
      if (open) panel?.show(focus);
      if (opened) emit('opened');
    });
  }

  function hide() {
    if (!open) return;
    open = false;
    tab.put('open');
    host.corner.classList.remove('open');
    if (panel?.hide()) launcher.button.focus();
    drawSoon();
    emit('closed');
  }

  const life = new AbortController();
  const wake = () => {
    const { hidden } = document;
    // A tab that nobody sees may be ended by the system without a word: its life goes on when it comes back.
    tab.put('alive', hidden ? undefined : 1);
    if (hidden) return;
    link.wake();
    shopCart?.sync();
  };
  const leave = () => {
    tab.put('alive');
    link.stop();
  };
  addEventListener('online', wake, life);
  addEventListener('pagehide', leave, life);
  document.addEventListener('visibilitychange', wake, life);
  link.subscribe(drawSoon);
  room.subscribe(drawSoon);
  link.start();
  wake();
  draw();
  // On a phone the panel covers the page that the shopper has just gone to.
  if (tab.get('open') && innerWidth > 480) show(false);

  return {
    show,
    hide,
    toggle: () => (open ? hide() : show(true)),
    /** Puts a session event into the room's log; without an adapter, adding and removing also change the cart. */
    report(name: unknown, fields: Fields, viewed?: Viewed) {
      const event = toEvent(name, fields, currency(), viewed);
      if (!event || room.pending.length > MAX_PENDING) return;
      const { c } = room.do(event);
      if (name === 'purchase') shopCart?.bought(`${room.replica}.${c}`);
      const sign = { add_to_cart: 1, remove_from_cart: -1 }[event.name];
      if (!sign || shopCart) return;
      for (const [{ line }, n] of itemsOf(fields, currency())) {
        room.do(bump(room.view?.cart ?? {}, line, sign * Math.min(n, 99)));
      }
    },
    keepCart(adapter: Adapter) {
      shopCart?.stop();
      const told = (item: Item, reason: string) => {
        shell.notices = [...shell.notices, { at: link.now(), item, reason }].slice(-MAX_NOTICES);
        // For the CSA, who should not wonder where their change went.
        const params = { line: clip(item.line, 120), reason };
        room.do({ k: 'event', name: 'cart_refused', items: [item], params });
      };
      const failed = (error: unknown) => {
        complain(error);
        emit('error', { code: 'cart', message: 'the cart adapter failed' });
      };
      shopCart = keepInStep(adapter, link, room, visitor, currency, told, failed);
    },
    cartChanged: () => shopCart?.sync(),
    identify: (proof: string) => room.do({ k: 'identify', proof: clip(proof, 4096) }),
    /** Ends the session on this page and takes the widget away. */
    end() {
      life.abort();
      clearTimeout(expiry);
      shopCart?.stop();
      link.stop();
      host.remove();
    },
  };
}
