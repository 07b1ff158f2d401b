// What the snippet's core gives to the panel.

import type { Link } from '../core/link';
import type { Item, Offer } from '../core/messages';
import type { RoomReplica } from '../core/replica';
import type { Host } from './host';
import type { Shelf } from './store';

/** The shop refused a change of its cart, for a reason in the shopper's words ("" when it gave none). */
export interface Notice {
  at: number;
  item: Item;
  reason: string;
}

export interface Shell extends Host {
  link: Link;
  room: RoomReplica;
  locale: string;
  /** What this tab remembers over its pages. */
  tab: Shelf;
  notices: readonly Notice[];
  /** The offer of help that is open now. */
  offer(): Offer | null;
  isOpen(): boolean;
  /** Takes or dismisses that offer. */
  answer(accept: boolean): void;
  close(): void;
}

/** What the panel gives back. */
export interface Panel {
  /** Draws what has changed in link, room or shell. */
  draw(): void;
  /** Shows the panel; takes the focus when the shopper opened it. */
  show(focus: boolean): void;
  /** Hides it; true when the focus was inside. */
  hide(): boolean;
}
