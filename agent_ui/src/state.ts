// What the console knows, as signals over the link: lobby, selection, the open room, the connection.

import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Link } from '../../web/core/link';
import { applyLobby } from '../../web/core/lobby';
import type { Author, Card, Entry, ServerFrame, SiteView } from '../../web/core/messages';
import { type Agent, type Api, ApiError, type Contact } from './api';
import type { Recording } from './care_api';
import { steadyNow_s } from './clock';
import type { Formats } from './format';
import { arrange, type Cards, counts, type Held, hold, type Tab } from './lobby';
import { type Watching, watch } from './mirror/watching';
import { type OpenRoom, openRoom } from './open_room';
import { goTo, onPlaceChanged, type Place, pageOf } from './place';
import type { RulesApi } from './rules_api';
import { createRulesDesk, type RulesDesk } from './rules_desk';
import { claimTab, keep, kept } from './tab_storage';
import { followWhy, type WhyNow } from './why';
import type { Words } from './words';

export interface Connection {
  readonly status: Link['status'];
  /** Seconds on this machine's clock: since when it is so, when the next attempt is. */
  readonly since: number;
  readonly retry_at: number | undefined;
}

export interface Desk {
  readonly words: Words;
  readonly formats: Formats;
  readonly api: Api;
  readonly agent: Agent;
  readonly me: Author;
  readonly sites: ReadonlyMap<string, SiteView>;
  /** Seconds on the server's clock, each second; and every 20 s, for what need not tick. */
  readonly now_s: ReadonlySignal<number>;
  readonly coarse_now_s: ReadonlySignal<number>;
  readonly connection: ReadonlySignal<Connection>;
  readonly available: ReadonlySignal<boolean>;
  readonly signedOut: ReadonlySignal<boolean>;

  readonly cards: ReadonlySignal<Cards>;
  readonly lobbyKnown: ReadonlySignal<boolean>;
  readonly tab: Signal<Tab>;
  readonly search: Signal<string>;
  readonly contacts: ReadonlySignal<readonly Contact[]>;
  readonly tabCounts: ReadonlySignal<ReturnType<typeof counts>>;
  readonly pointing: Signal<boolean>;
  readonly shown: ReadonlySignal<Held>;
  readonly cursor: Signal<string | undefined>;

  readonly place: ReadonlySignal<Place>;
  readonly rules: RulesDesk;
  readonly why: ReadonlySignal<WhyNow>;
  readonly selected: ReadonlySignal<string | undefined>;
  readonly room: ReadonlySignal<OpenRoom | undefined>;
  readonly watching: Watching;
  readonly dialog: Signal<
    'keys' | 'propose' | 'code' | 'audit' | 'preview' | Recording | undefined
  >;
  /** The last refusal to show, and the last news to say to who cannot see it. */
  readonly refusal: Signal<string>;
  readonly notice: Signal<string>;

  nameOf(card: Pick<Card, 'name' | 'room'>): string;
  /** The visitor's name, also of one who is not in the lobby. */
  nameIn(room: OpenRoom): string;
  siteOf(room: string): SiteView | undefined;
  chooseTab(tab: Tab): void;
  showRules(rule?: string): void;
  /** From the rules to the visitor who was open before. */
  showVisitors(): void;
  open(room: string): void;
  setAvailable(available: boolean): void;
  retryNow(): void;
}

export const DeskContext = createContext<Desk | undefined>(undefined);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('a view of the console was drawn outside DeskContext');
  return desk;
}

const SEARCH_CONTACTS_FROM_CHARS = 2;
const SEARCH_DELAY_MS = 250;
const COARSE_TICK_S = 20;

export interface DeskOptions {
  readonly words: Words;
  readonly formats: Formats;
  readonly api: Api;
  readonly rulesApi: RulesApi;
  readonly agent: Agent;
  readonly sites: readonly SiteView[];
  readonly url: string;
}

/** The desk, connecting. It lives as long as the page. */
export function createDesk(options: DeskOptions): Desk {
  const { words, formats, api, rulesApi, agent, sites, url } = options;
  claimTab(agent.id);
  const link = new Link({
    url,
    role: 'csa',
    now: steadyNow_s,
    hello: () => ({ locale: formats.locale }),
    store: {
      load: () => kept('rooms'),
      save: (saved) => keep('rooms', saved),
    },
    frame: onFrame,
    news: (room, entries) => onNews(room.id, entries),
    refused: (_room, pending) => {
      refusal.value = words.refused(pending.message ?? '');
    },
  });
  const me: Author = ['csa', agent.id, agent.name];
  const watching = watch(link, me);
  const siteMap = signal(new Map(sites.map((site) => [site.key, site])));

  const now_s = signal(link.now());
  const coarse_now_s = signal(link.now());
  const connection = signal<Connection>(connectionOf(link));
  const available = signal(false);
  const signedOut = signal(false);

  const cards = signal<Cards>(new Map());
  const lobbyKnown = signal(false);
  const tab = signal<Tab>('waiting');
  const search = signal('');
  const contacts = signal<readonly Contact[]>([]);
  const pointing = signal(false);
  const shown = signal<Held>({ order: [], fresh: 0 });

  const place = signal(pageOf(location.hash));
  const inRules = computed(() => place.value.page === 'rules');
  // Whoever looks at the rules comes back to the visitor whom they left.
  const visiting = signal<Place>(place.peek().page === 'rules' ? pageOf('') : place.peek());
  const selected = computed(() => visiting.value.room);
  const room = signal<OpenRoom | undefined>(undefined);
  const rooms = new Map<string, OpenRoom>();
  const refusal = signal('');
  const notice = signal('');
  const tabCounts = computed(() => counts(cards.value, agent.id));
  const rules = createRulesDesk(rulesApi, sites[0]?.key ?? '', inRules);
  const why = followWhy(
    rulesApi,
    room,
    computed(() => !inRules.value),
  );

  function nameOf(card: Pick<Card, 'name' | 'room'>): string {
    return (
      card.name ||
      words.anonymous(
        card.room
          .replace(/[^A-Za-z0-9]/g, '')
          .slice(-4)
          .toUpperCase(),
      )
    );
  }

  function onFrame(frame: ServerFrame): void {
    watching.take(frame);
    if (frame.t === 'lobby') {
      const before = cards.peek();
      const after = applyLobby(before, frame);
      batch(() => {
        cards.value = after;
        if (lobbyKnown.peek()) announceWaiting(before, after);
        lobbyKnown.value = true;
      });
    } else if (frame.t === 'welcome') {
      siteMap.value = new Map(frame.sites.map((site) => [site.key, site]));
    } else if (frame.t === 'refuse' && !frame.c) {
      const refused = rooms.get(frame.room);
      if (refused) refused.refusal.value = frame.message || frame.code;
    }
  }

  function announceWaiting(before: Cards, after: Cards): void {
    const isNew = (card: Card) =>
      card.conversation === 'waiting' && before.get(card.room)?.conversation !== 'waiting';
    const [first, ...others] = [...after.values()].filter(isNew);
    if (!first) return;
    notice.value = words.newWaiting(nameOf(first));
    if (others.length > 0) notice.value += `, ${words.moreWaiting(others.length)}`;
  }

  function onNews(id: string, entries: readonly Entry[]): void {
    const last = entries
      .filter(([, , , , , by, fact]) => by[0] === 'shopper' && fact.k === 'said')
      .pop();
    const card = cards.peek().get(id);
    if (last?.[6].k === 'said' && card) notice.value = `${nameOf(card)}: ${last[6].text}`;
    for (const [, , , , , , fact] of entries) {
      if (fact.k === 'happened' && fact.name === 'cart_refused') {
        const name = fact.items?.[0]?.name || words.cart;
        refusal.value = words.shopRefused(name, String(fact.params?.reason ?? ''));
      }
    }
  }

  link.subscribe(() =>
    batch(() => {
      connection.value = connectionOf(link);
      available.value = link.available;
    }),
  );

  // The order of the list stands still while somebody points at it, unless they ask for another.
  let asked = '';
  effect(() => {
    const asks = `${tab.value}\n${search.value}`;
    const wanted = arrange(cards.value, tab.value, agent.id, search.value.trim(), agent.teams);
    const before = shown.peek();
    if (!pointing.value || asks !== asked) {
      asked = asks;
      shown.value = { order: wanted, fresh: 0 };
    } else {
      const held = hold(before.order, wanted);
      shown.value = { order: held.order, fresh: before.fresh + held.fresh };
    }
  });

  // Whoever takes a waiting conversation finds it among their own.
  let mine: string | undefined;
  effect(() => {
    const open = room.value;
    const talk = open?.view.value?.conversation;
    const taken = talk?.status === 'open' && talk.taken_by?.[1] === agent.id ? open?.id : undefined;
    if (taken && taken !== mine && tab.peek() === 'waiting') tab.value = 'mine';
    mine = taken;
  });

  // Whoever is selected is joined; a conversation of one's own stays joined when another is looked at.
  effect(() => {
    const id = selected.value;
    for (const [key, open] of rooms) {
      const conversation = open.view.peek()?.conversation;
      const kept = conversation?.status === 'open' && conversation.taken_by?.[1] === agent.id;
      if (key === id || kept) continue;
      open.close();
      rooms.delete(key);
    }
    if (id && !rooms.has(id)) rooms.set(id, openRoom(link, api, id));
    room.value = id ? rooms.get(id) : undefined;
    if (watching.room.peek() !== id) watching.close();
  });

  // People who are not in the shop now are asked of the server, a little after the last key.
  effect(() => {
    const text = search.value.trim();
    contacts.value = [];
    if (text.length < SEARCH_CONTACTS_FROM_CHARS) return;
    const given_up = new AbortController();
    const timer = setTimeout(async () => {
      const found = await api.contacts(text, given_up.signal).catch(() => []);
      if (!given_up.signal.aborted) {
        contacts.value = found.filter((contact) => !cards.peek().has(contact.room));
      }
    }, SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      given_up.abort();
    };
  });

  // A lost connection may be a lost session: the server says which.
  effect(() => {
    if (connection.value.status !== 'offline' && connection.value.status !== 'stopped') return;
    api.me().catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 401) return;
      signedOut.value = true;
      link.stop();
    });
  });

  effect(() => {
    const { waiting } = tabCounts.value;
    document.title = waiting > 0 ? words.titleWaiting(waiting) : words.title;
  });

  onPlaceChanged(() => {
    place.value = pageOf(location.hash);
    if (!inRules.peek()) visiting.value = place.peek();
  });
  setInterval(() => {
    now_s.value = link.now();
    if (link.now() - coarse_now_s.peek() >= COARSE_TICK_S) coarse_now_s.value = link.now();
  }, 1000);
  for (const event of ['online', 'pageshow']) addEventListener(event, () => link.wake());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') link.wake();
  });
  link.start();

  return {
    words,
    formats,
    api,
    agent,
    me,
    get sites() {
      return siteMap.value;
    },
    now_s,
    coarse_now_s,
    connection,
    available,
    signedOut,
    cards,
    lobbyKnown,
    tab,
    search,
    contacts,
    tabCounts,
    pointing,
    shown,
    cursor: signal(undefined),
    place,
    rules,
    why,
    selected,
    room,
    watching,
    dialog: signal(undefined),
    refusal,
    notice,
    nameOf,
    nameIn: ({ id, view }) => {
      const card = cards.value.get(id);
      const wrote = view.value?.conversation.messages
        .filter(([, , by]) => by[0] === 'shopper')
        .pop();
      return nameOf({ room: id, name: card?.name || wrote?.[2][2] || '' });
    },
    siteOf: (id) => {
      const key = rooms.get(id)?.view.value?.site ?? cards.value.get(id)?.site;
      return key === undefined ? undefined : siteMap.value.get(key);
    },
    chooseTab: (next) => {
      tab.value = next;
    },
    showRules: (rule) => goTo({ room: undefined, page: 'rules', rule }),
    showVisitors: () => {
      if (inRules.peek()) goTo(visiting.peek());
    },
    open: (id) => goTo({ room: id, page: 'conversation' }),
    setAvailable: (next) => {
      if (link.send({ t: 'status', available: next })) available.value = link.available = next;
    },
    retryNow: () => link.retryNow(),
  };
}

function connectionOf(link: Link): Connection {
  return { status: link.status, since: link.since, retry_at: link.retryAt };
}
