// What the conversation shows, in order: messages, proposals, days, and our own messages on their way. Pure.

import type { Proposal } from '../core/cart';
import type { Message, RoomView } from '../core/messages';
import type { Pending } from '../core/replica';
import { dayOf } from './format';

/** After this long without an acknowledgement a message says so. */
export const UNDELIVERED_S = 10;
const GROUP_S = 300;

export type Row =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'proposal'; key: string; at: number; proposal: Proposal }
  | {
      kind: 'message';
      key: string;
      at: number;
      message: Message;
      /** The first and the last of one author's messages in a row. */
      first: boolean;
      last: boolean;
      /** Set on the shopper's newest message. */
      delivery?: 'delivered' | 'read';
    }
  | { kind: 'pending'; key: string; at: number; pending: Pending; text: string; late: boolean };

const together = (a: Message | undefined, b: Message) =>
  a !== undefined && a[2][0] === b[2][0] && a[2][1] === b[2][1] && b[1] - a[1] < GROUP_S;

/** The rows of the conversation as of `now` (seconds). */
export function timeline(
  view: RoomView | undefined,
  pending: readonly Pending[],
  now: number,
): Row[] {
  const messages = view?.conversation.messages ?? [];
  const read = view?.conversation.read.csa ?? 0;
  const newest = messages.filter(([, , by]) => by[0] === 'shopper').at(-1);
  const rows: Row[] = messages.map((message, i) => {
    const next = messages[i + 1];
    return {
      kind: 'message',
      key: `m${message[0]}`,
      at: message[1],
      message,
      first: !together(messages[i - 1], message),
      last: !next || !together(message, next),
      ...(message === newest && {
        delivery: read >= message[0] ? ('read' as const) : ('delivered' as const),
      }),
    };
  });
  for (const proposal of Object.values(view?.cart.proposals ?? {})) {
    rows.push({ kind: 'proposal', key: `p${proposal.id}`, at: proposal.at, proposal });
  }
  rows.sort((a, b) => a.at - b.at);
  for (const own of pending) {
    if (own.op.k !== 'say') continue;
    const late = own.state === 'refused' || now - own.at > UNDELIVERED_S;
    const key = `c${own.c}`;
    rows.push({ kind: 'pending', key, at: own.at, pending: own, text: own.op.text, late });
  }
  let day = 0;
  return rows.flatMap((row): Row[] => {
    const fresh = dayOf(row.at) !== day;
    day = dayOf(row.at);
    return fresh ? [{ kind: 'day', key: `d${day}`, at: row.at }, row] : [row];
  });
}
