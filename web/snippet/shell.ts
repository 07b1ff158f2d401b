// What the snippet's core gives to the panel.

import type { Link } from '../core/link';
import type { ActNow, Author, Item, Offer, Outcome, Pointed, Recorded } from '../core/messages';
import type { MaskRule } from '../core/mirror';
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

/** What the recorder of the page's mirror needs of the panel, which loads it once the shopper has consented. */
export interface RecorderPort {
  room(): string;
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** How much of what was sent has not left yet. */
  waiting_bytes(): number;
}

export interface Recorder {
  /** Records from a whole snapshot on; called again, takes another one. */
  record(as: Omit<Recorded, 't' | 'room' | 'on'>): void;
  /** Ends it within this turn: nothing is sent after it. */
  stop(): void;
  /** The element that a place of the mirror names, while that is the page's present epoch. */
  locate(epoch: string, node: number): Element | undefined;
}

/** What control of the page needs of the panel, which loads it once the shopper has let a CSA use the page. */
export interface HandPort {
  rules(): { rules?: MaskRule[]; catalogue?: boolean };
  locate(epoch: string, node: number): Element | undefined;
  /** Whether this CSA may use the page now. */
  lets(by: Author): boolean;
  /** The ids of the CSAs who may. */
  holders(): string[];
  tell(to: string, outcome: Outcome): void;
  show(frame: Pointed, at: Element): void;
  /** Shows the shopper what the CSA asks them to press themselves. */
  confirm(frame: Pointed, at: Element): void;
}

export interface Hand {
  /** Does one step, if it may be done, and tells what became of it. */
  act(frame: ActNow): void;
  /** Does nothing more. */
  stop(): void;
}
