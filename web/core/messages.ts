// The wire, as cobrowse/core/messages.py has it: frames (`t`), operations (`k` in `op`), facts (`k` in
// `fact`), views. Fields that hold their default are left out on the wire, so they are optional here.
// Times are seconds, money is minor units, a dot is 'replica.counter'.

import type { Cart, Delta } from './cart';

export const PROTOCOL_VERSION = 1;

export type Role = 'shopper' | 'csa' | 'server';
export type Author = [role: Role, id: string, name: string];
export type Position = [epoch: string, offset: number, hash: number];

export interface Item {
  line: string;
  name?: string;
  variant?: string;
  price_minor?: number;
  currency?: string;
  category?: string;
  url?: string;
  image?: string;
}

export interface Page {
  path: string;
  title?: string;
  kind?: string;
  referrer?: string;
}

// Operations: what a client asks

export type CartOperation =
  | { k: 'increment'; line: string; n: number; undoes?: number }
  | { k: 'set'; line: string; n: number; seen: string[]; undoes?: number }
  | { k: 'coupon_add'; code: string }
  | { k: 'coupon_remove'; code: string; seen: string[] }
  | { k: 'note'; field: string; text: string }
  | { k: 'propose'; line: string; n: number; note?: string }
  | { k: 'answer'; proposal: string; accept: boolean }
  | { k: 'withdraw'; proposal: string };

export type Params = Record<string, string | number | boolean>;

export type Operation =
  | CartOperation
  | { k: 'describe'; items: Item[] }
  | { k: 'say'; text: string }
  | { k: 'read'; upto: number }
  | { k: 'take' }
  | { k: 'finish' }
  | { k: 'grant'; edit: boolean }
  | { k: 'ask' }
  | { k: 'share'; level: ShareLevel; to?: string }
  | { k: 'ask_share'; level: ShareLevel }
  | { k: 'let_record'; on: boolean }
  | { k: 'ask_record' }
  | { k: 'invite'; text: string }
  | { k: 'settle'; offer: string; accept: boolean }
  | { k: 'identify'; proof: string }
  | {
      k: 'event';
      name: string;
      page?: Page;
      items?: Item[];
      value_minor?: number;
      params?: Params;
    };

/** Who the shop says the visitor is, as it has signed. */
export interface Known {
  id: string;
  name?: string;
  email?: string;
  orders?: number;
  lifetime_value?: number;
  labels?: string[];
  attributes?: Record<string, string>;
}

// Facts: what the log says

/** How help is given: by chat, or by a call of the shopper's. */
export type OfferChannel = 'chat' | 'phone';

export type OfferStatus = 'open' | 'accepted' | 'dismissed' | 'withdrawn' | 'expired';

export type Fact =
  | {
      k: 'cart';
      delta: Delta;
      cause: CartOperation['k'];
      line?: string;
      undoes?: number;
      item?: Item;
    }
  | { k: 'described'; items: Item[] }
  | { k: 'said'; text: string }
  | { k: 'read'; upto: number }
  | { k: 'taken'; sharing?: Sharing }
  | { k: 'finished' }
  | { k: 'granted'; edit: boolean }
  | { k: 'asked' }
  | { k: 'shared'; sharing: Sharing; act?: string; csa?: Author; level?: ShareLevel }
  | { k: 'looked'; csa: Author; on: boolean }
  | { k: 'controlled'; csa: Author; kind: string; node: number }
  | { k: 'arrived'; device: string; locale: string; utc_min?: number }
  | { k: 'identified'; known: Known }
  | {
      k: 'offered';
      text: string;
      expires_at: number;
      rule?: string;
      rule_version?: string;
      reason?: string;
      variant?: string;
      team?: string;
      channel?: OfferChannel;
    }
  | {
      k: 'judged';
      rule: string;
      version: string;
      cause: string;
      arm: string;
      reason: string;
      operands: [source: string, holds: boolean | null, values: [name: string, value: string][]][];
    }
  | { k: 'armed'; since: Record<string, number> }
  | { k: 'settled'; offer: string; status: OfferStatus }
  | {
      k: 'happened';
      name: string;
      visit: number;
      page?: Page;
      items?: Item[];
      value_minor?: number;
      params?: Params;
      delta?: Delta;
      ends_grant?: boolean;
    }
  | { k: 'declined'; code: string; message: string }
  | { k: 'hidden' };

export type Entry = [
  offset: number,
  hash: number,
  at: number,
  replica: number,
  c: number,
  by: Author,
  fact: Fact,
];

// Views: a room as one reader may see it

export type Message = [offset: number, at: number, by: Author, text: string];
export type Change = [
  offset: number,
  at: number,
  by: Author,
  line: string,
  before: number,
  after: number,
  undoes: number,
];
export type PageSeen = [at: number, page: Page];

export type ConversationStatus = 'none' | 'waiting' | 'open' | 'closed';

export interface Conversation {
  number: number;
  status: ConversationStatus;
  opened_at: number;
  reason: string;
  taken_by: Author | null;
  messages: Message[];
  read: { [role in Role]?: number };
}

export interface Offer {
  id: string;
  at: number;
  text: string;
  expires_at: number;
  status: OfferStatus;
  rule: string;
  rule_version: string;
  reason: string;
  visit: number;
  by: Author | null;
  channel: OfferChannel;
}

export interface CartGrant {
  edit: boolean;
  at: number;
  asked: Author | null;
}

/** How far a CSA may go on the shopper's page; each level holds those before it. */
export type ShareLevel = 'none' | 'view' | 'point' | 'control';

/** The shopper's leave for one CSA, signed by the server. */
export interface PageGrant {
  to: Author;
  level: ShareLevel;
  at: number;
  expires_at: number;
  origin: string;
  token: string;
}

/** A CSA waits for leave; `instead_of` the one from whom they have taken over. */
export interface PageAsk {
  by: Author;
  level: ShareLevel;
  instead_of?: Author;
}

/** Who may see the shopper's page, who waits for that, and what is recorded of it. */
export interface Sharing {
  grants?: PageGrant[];
  asks?: PageAsk[];
  recording?: { id: string; by: Author; at: number };
  recording_asked?: Author;
}

export interface Visit {
  number: number;
  started_at: number;
  last_at: number;
  pages: number;
  recent: PageSeen[];
  first_at: number;
  referrer: string;
  device: string;
  locale: string;
}

/** A shopper's has no `visit` (null), no `offers` and no reasons. */
export interface RoomView {
  site: string;
  cart: Cart;
  items: Record<string, Item>;
  conversation: Conversation;
  offer: Offer | null;
  grant: CartGrant;
  changes: Change[];
  visit: Visit | null;
  offers: Offer[];
  sharing: Sharing;
}

export interface SiteView {
  key: string;
  name: string;
  currency: string;
  csa_edits: 'ask' | 'always' | 'never';
  accent: string;
  greeting: string;
  phone: string;
  origin: string;
  page_sharing: 'ask' | 'never';
  page_recording: 'ask' | 'never';
}

/** A visitor as the console's list shows them. */
export interface Card {
  room: string;
  site: string;
  name: string;
  online: boolean;
  first_at: number;
  last_at: number;
  visit: number;
  pages: number;
  path: string;
  title: string;
  kind: string;
  referrer: string;
  device: string;
  cart_items: number;
  cart_total_minor: number;
  currency: string;
  conversation: ConversationStatus;
  waiting_since?: number;
  reason?: string;
  taken_by?: Author;
  unread?: number;
  last_text?: string;
  typing?: boolean;
  offer?: OfferStatus;
  team?: string;
}

export type * from './frames';
