// The conversation as rows to draw: days, messages, what happened between them. Pure.

import type { Author, Message, Offer, RoomView } from '../../web/core/messages';

/** A message of one's own that the log does not have yet. */
export interface Unsent {
  readonly c: number;
  readonly at: number;
  readonly text: string;
  readonly state: 'sending' | 'refused';
  readonly message?: string | undefined;
}

export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'offer'; readonly key: string; readonly offer: Offer }
  | { readonly kind: 'read'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly at: number;
      readonly by: Author;
      readonly text: string;
      /** Follows a message of the same author within two minutes: drawn close, without the name. */
      readonly joined: boolean;
      readonly unsent: Unsent | undefined;
    };

const JOINED_WITHIN_S = 120;

/**
 * Rows from the oldest to the newest. `older` are messages loaded from before the view; `me` writes the unsent.
 * Offers stand where they were made; an accepted one's words are the message that follows it.
 */
export function rows(
  view: RoomView,
  older: readonly Message[],
  unsent: readonly Unsent[],
  me: Author,
): Row[] {
  const conversation = view.conversation;
  const first = conversation.messages[0]?.[0] ?? Number.POSITIVE_INFINITY;
  const messages = [...older.filter(([offset]) => offset < first), ...conversation.messages];
  const offers = [...view.offers];
  const readUpTo = conversation.read.shopper ?? 0;
  const lastRead = messages
    .filter(([offset, , by]) => by[0] === 'csa' && offset <= readUpTo)
    .pop()?.[0];

  const made: Row[] = [];
  let previous: { at: number; by: Author } | undefined;
  let today = Number.NaN;
  const startDay = (at: number) => {
    const midnight = new Date(at * 1000).setHours(0, 0, 0, 0);
    if (midnight === today) return;
    today = midnight;
    previous = undefined;
    made.push({ kind: 'day', key: `day ${midnight}`, at });
  };
  const offersUpTo = (at: number) => {
    while (offers[0] && offers[0].at <= at) {
      const offer = offers.shift() as Offer;
      startDay(offer.at);
      previous = undefined;
      made.push({ kind: 'offer', key: `offer ${offer.id}`, offer });
    }
  };
  const add = (key: string, at: number, by: Author, text: string, pending?: Unsent) => {
    startDay(at);
    const joined =
      previous !== undefined &&
      previous.by[0] === by[0] &&
      previous.by[1] === by[1] &&
      at - previous.at < JOINED_WITHIN_S;
    made.push({ kind: 'message', key, at, by, text, joined, unsent: pending });
    previous = { at, by };
  };

  for (const [offset, at, by, text] of messages) {
    offersUpTo(at);
    add(`message ${offset}`, at, by, text);
    if (offset === lastRead) made.push({ kind: 'read', key: 'read' });
  }
  offersUpTo(Number.POSITIVE_INFINITY);
  for (const pending of unsent) {
    // A clock behind the server's must not start yesterday again.
    const at = Math.max(pending.at, previous?.at ?? 0);
    add(`unsent ${pending.c}`, at, me, pending.text, pending);
  }
  return made;
}

/** The messages that left a view at its beginning while newer ones came: they are older ones now. */
export function slidOut(before: readonly Message[], after: readonly Message[]): Message[] {
  const first = after[0]?.[0] ?? Number.POSITIVE_INFINITY;
  return before.filter(([offset]) => offset < first);
}

/** The offset up to which a CSA who sees all of it has read; 0 when nothing of the shopper's is unread. */
export function unreadUpTo(view: RoomView): number {
  const seen = view.conversation.read.csa ?? 0;
  const last = view.conversation.messages.filter(([, , by]) => by[0] === 'shopper').pop();
  return last && last[0] > seen ? last[0] : 0;
}
