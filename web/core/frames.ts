// The wire's frames, as cobrowse/core/messages/frames.py has them: what one end sends to the other (`t`).

import type { Delta } from './cart';
import type { Author, Card, Entry, Operation, Position, RoomView, SiteView } from './messages';
import type { MaskRule } from './mirror';

// Frames from a client

export interface Hello {
  t: 'hello';
  v: number;
  role: 'shopper' | 'csa';
  site?: string;
  token?: string;
  resume?: string;
  position?: Position;
  locale?: string;
  utc_min?: number;
}

export type ClientFrame =
  | Hello
  | { t: 'join'; room: string; resume?: string; position?: Position }
  | { t: 'leave'; room: string }
  | { t: 'do'; room: string; c: number; at: number; op: Operation }
  | { t: 'typing'; room: string; on: boolean }
  | { t: 'beat' }
  | { t: 'status'; available: boolean }
  | MirrorPart
  | { t: 'front'; room: string }
  | { t: 'watch'; room: string; on: boolean; anew?: boolean }
  | ({ t: 'point'; room: string } & Spot)
  | ({ t: 'act'; room: string } & Act)
  | ({ t: 'outcome'; room: string; to: string } & Outcome);

/** A part of a batch of changes of the shopper's page; `more` parts follow. */
export interface MirrorPart {
  t: 'mirror';
  room: string;
  epoch: string;
  seq: number;
  part: Uint8Array;
  deflated: boolean;
  more: boolean;
}

/** A place of the page: a node of its mirror, and a fraction of the node's box. */
export interface Spot {
  epoch: string;
  node: number;
  fx: number;
  fy: number;
  kind: 'laser' | 'mark' | 'pen' | 'arrow' | 'box' | 'look' | 'off';
  /** A later frame of the same stroke takes the place of the one before. */
  stroke?: number;
  /** What a pen, an arrow or a box draws: fx, fy, fx, fy ... of the same box, which it may leave on all sides. */
  path?: number[];
}

/** One step of a CSA who uses the page in the shopper's place; `n` numbers them. */
export interface Act {
  epoch: string;
  n: number;
  node: number;
  kind:
    | 'click'
    | 'scroll'
    | 'type'
    | 'fill'
    | 'key'
    | 'select'
    | 'hover'
    | 'grab'
    | 'drag'
    | 'drop';
  fx?: number;
  fy?: number;
  /** What is typed, a field's whole value, or a key's name. */
  text?: string;
  /** Which option is chosen. */
  index?: number;
  /** How far to scroll, or to drag from where it was grabbed. */
  dx?: number;
  dy?: number;
}

/** What became of step `n`; 0 is of none. `line` and `quantity`: what the CSA should put into the cart instead. */
export interface Outcome {
  n: number;
  what:
    | 'done'
    | 'denied'
    | 'confirm'
    | 'gone'
    | 'cart'
    | 'paused'
    | 'resumed'
    | 'looked'
    | 'not_now';
  line?: string;
  quantity?: number;
}

// Frames from the server

export interface Welcome {
  t: 'welcome';
  you: Author;
  now: number;
  heartbeat_s: number;
  sites: SiteView[];
  token?: string;
  available?: boolean;
}

/** A room as it is: every missed entry when `tail` is there, else the whole view. */
export interface Joined {
  t: 'joined';
  room: string;
  replica: number;
  resume: string;
  last: number;
  position: Position;
  present: Author[];
  view?: Omit<RoomView, 'cart'> & { cart: Delta };
  tail?: Entry[];
}

export interface News {
  t: 'news';
  room: string;
  entries: Entry[];
}

export interface TypingNow {
  t: 'typing';
  room: string;
  by: Author;
  on: boolean;
}

export interface Presence {
  t: 'presence';
  room: string;
  present: Author[];
}

export interface Tops {
  t: 'beat';
  tops: Record<string, Position>;
  available: boolean;
}

export interface Lobby {
  t: 'lobby';
  full: boolean;
  cards: Card[];
  gone?: string[];
  total?: number;
}

export interface Drain {
  t: 'drain';
  after_s: number;
}

export interface Refuse {
  t: 'refuse';
  room: string;
  code: string;
  message: string;
  c?: number;
}

/** A batch of changes of the shopper's page; `seq` 0 begins anew with the whole page. */
export interface Mirrored {
  t: 'mirror';
  room: string;
  epoch: string;
  seq: number;
  part: Uint8Array;
  deflated?: boolean;
}

/** This tab is to record its page from a whole snapshot on, or to stop. */
export interface Recorded {
  t: 'record';
  room: string;
  on: boolean;
  rules?: MaskRule[];
  catalogue?: boolean;
  /** SHA-256 of style sheets that the server has: a snapshot names one of them in place of its text. */
  sheets?: string[];
  /** Paths, with `*` for anything, of the pictures and fonts that the page brings itself. SPEC file.4. */
  files?: string[];
  /** SHA-256 of those that the server has: the page names them, and does not send them. */
  known_files?: string[];
}

/** A picture or a font that the page brought, for those who watch; the mirror names it by its SHA-256. SPEC file.6. */
export interface PageFile {
  t: 'file';
  room: string;
  hash: string;
  media_type: string;
  body: Uint8Array;
}

/** Where a CSA points on this tab's page. */
export type Pointed = { t: 'point'; room: string; by: Author } & Spot;

/** A CSA's step on this tab's page. */
export type ActNow = { t: 'act'; room: string; by: Author } & Act;

/** What became of one, for the CSA. */
export type OutcomeNow = { t: 'outcome'; room: string } & Outcome;

export type ServerFrame =
  | Welcome
  | Joined
  | News
  | TypingNow
  | Presence
  | Tops
  | Lobby
  | Drain
  | Refuse
  | Mirrored
  | Recorded
  | PageFile
  | Pointed
  | ActNow
  | OutcomeNow;
