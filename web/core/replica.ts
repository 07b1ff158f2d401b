// One room as one tab knows it: what the log says (`confirmed`), the operations of our own that it has not
// acknowledged yet (`pending`), and what both make together (`view`). SPEC wire.5 to wire.7.

import { deltaOf, join } from './cart';
import { Changes } from './changes';
import type {
  Author,
  CartOperation,
  ClientFrame,
  Entry,
  Joined,
  Operation,
  Position,
  RoomView,
} from './messages';
import { applyEntry, remember } from './room';

/** An operation of our own on its way; a refused `say` stays until it is retried or dismissed. */
export interface Pending {
  c: number;
  at: number;
  op: Operation;
  state: 'sending' | 'refused';
  code?: string;
  message?: string;
}

/** What outlives the page: plain JSON. */
export interface Saved {
  room: string;
  replica: number;
  resume: string;
  last: number;
  pending: Pending[];
}

/** What a replica needs of the link that carries it. */
export interface Port {
  send(frame: ClientFrame): boolean;
  now(): number;
  save_(): void;
  refused_(room: RoomReplica, pending: Pending): void;
}

const isSending = (pending: Pending) => pending.state === 'sending';

export class RoomReplica extends Changes {
  id: string;
  replica = 0;
  joined = false;
  you?: Author | undefined;
  position?: Position | undefined;
  confirmed?: RoomView;
  pending: readonly Pending[] = [];
  present: readonly Author[] = [];
  typing: readonly Author[] = [];

  resume_ = '';
  last_ = 0;
  leaving_ = false;
  /** When we last said that we type, and the timers that end it: ours, and what we show of others. */
  typedAt_ = 0;
  typing_: unknown;
  shown_: unknown;
  port_: Port;
  view_?: RoomView | undefined;

  constructor(id: string, port: Port) {
    super();
    this.id = id;
    this.port_ = port;
  }

  /** The room as its reader should see it: what is confirmed, and our own pending operations. */
  get view(): RoomView | undefined {
    this.view_ ??=
      this.confirmed &&
      this.sending_().reduce((view, op) => this.foresee_(view, op), this.confirmed);
    return this.view_;
  }

  /** Takes an operation: at once in `view`, kept until the log has it or refuses it. */
  do(op: Operation): Pending {
    const c = this.last_ + this.sending_().length + 1;
    const pending: Pending = { c, at: this.port_.now(), op, state: 'sending' };
    this.pending = [...this.pending, pending];
    this.port_.save_();
    if (this.joined) this.send_(pending);
    this.changed_();
    return pending;
  }

  /** Sends a refused operation again, as a new one. */
  retry(pending: Pending): Pending {
    this.dismiss(pending);
    return this.do(pending.op);
  }

  /** Forgets a refused operation. */
  dismiss(pending: Pending): void {
    this.pending = this.pending.filter((other) => other !== pending || isSending(other));
    this.port_.save_();
    this.changed_();
  }

  override changed_(): void {
    this.view_ = undefined;
    super.changed_();
  }

  // For the link

  sending_(): Pending[] {
    return this.pending.filter(isSending);
  }

  saved_(): Saved {
    const { id, replica, resume_, last_, pending } = this;
    return { room: id, replica, resume: resume_, last: last_, pending: [...pending] };
  }

  restore_({ room, replica, resume, last, pending }: Saved): void {
    this.id = room;
    this.replica = replica;
    this.resume_ = resume;
    this.last_ = last;
    this.pending = pending;
  }

  /** This life of the tab is over: another connection has it. */
  forget_(): void {
    this.resume_ = '';
    this.replica = this.last_ = 0;
    this.pending = [];
    this.changed_();
  }

  /** Takes the room as the server gives it, and sends again what it has not acknowledged. */
  take_(frame: Joined): Entry[] {
    if (frame.view) this.confirmed = { ...frame.view, cart: join({}, frame.view.cart) };
    // Before the new number: the tail may answer operations of the old one.
    const fresh = this.apply_(frame.tail ?? []) ?? [];
    if (frame.replica === this.replica) {
      this.pending = this.pending.filter((own) => !isSending(own) || own.c > frame.last);
    }
    this.id = frame.room;
    this.replica = frame.replica;
    this.resume_ = frame.resume;
    this.position = frame.position;
    this.present = frame.present;
    this.typing = [];
    this.joined = true;
    this.number_(frame.last);
    this.port_.save_();
    for (const own of this.sending_()) this.send_(own);
    this.changed_();
    return fresh;
  }

  /** Applies entries that are new and returns them; undefined when some are missing before them. */
  apply_(entries: Entry[]): Entry[] | undefined {
    const fresh: Entry[] = [];
    let top = this.position;
    for (const entry of entries) {
      const [offset, hash, , replica, c, by, fact] = entry;
      if (!top || !this.confirmed || offset > top[1] + 1) return undefined;
      if (offset <= top[1]) continue;
      this.position = top = [top[0], offset, hash];
      this.confirmed = applyEntry(this.confirmed, entry);
      fresh.push(entry);
      this.view_ = undefined;
      if (fact.k === 'said') this.typed_(by, false);
      const own = replica === this.replica && this.sending_().find((each) => each.c === c);
      if (own) {
        this.last_ = c;
        if (fact.k === 'declined') this.refuse_(own, fact.code, fact.message);
        else this.pending = this.pending.filter((other) => other !== own);
        this.port_.save_();
      }
    }
    if (fresh.length) this.changed_();
    return fresh;
  }

  refuse_(own: Pending, code: string, message: string): void {
    const refused: Pending = { ...own, state: 'refused', code, message };
    this.pending = this.pending.flatMap((other) =>
      other !== own ? other : own.op.k === 'say' ? refused : [],
    );
    this.port_.refused_(this, refused);
  }

  /** Numbers the pending operations on from the last that the log has. */
  number_(last: number): void {
    this.last_ = last;
    this.sending_().forEach((own, index) => {
      own.c = last + 1 + index;
    });
  }

  send_({ c, at, op }: Pending): void {
    this.port_.send({ t: 'do', room: this.id, c, at, op });
  }

  typed_(by: Author, on: boolean): void {
    const others = this.typing.filter(([role, id]) => role !== by[0] || id !== by[1]);
    this.typing = on ? [...others, by] : others;
  }

  /** The connection is gone, and with it what only it could tell. */
  down_(): void {
    this.joined = false;
    this.typedAt_ = 0;
    this.typing = [];
    this.changed_();
  }

  foresee_(view: RoomView, { c, at, op }: Pending): RoomView {
    const { you } = this;
    switch (op.k) {
      case 'grant':
        return { ...view, grant: { edit: op.edit, at, asked: null } };
      case 'settle':
        return view.offer?.id === op.offer ? { ...view, offer: null } : view;
      case 'describe':
        return remember(view, op.items);
      case 'read': {
        if (!you) return view;
        const read = { ...view.conversation.read, [you[0]]: op.upto };
        return { ...view, conversation: { ...view.conversation, read } };
      }
    }
    const dot = `${this.replica}.${c}`;
    const delta = you && deltaOf(view.cart, op as CartOperation, dot, at, you);
    return delta ? { ...view, cart: join(view.cart, delta) } : view;
  }
}
