// A visitor's room that is open in the console: its replica as signals, and what only this screen knows.

import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { bump, own, quantity } from '../../web/core/cart';
import type { Link } from '../../web/core/link';
import type {
  Author,
  Change,
  Message,
  Operation,
  RoomView,
  SiteView,
} from '../../web/core/messages';
import type { RoomReplica } from '../../web/core/replica';
import type { Api, PastConversation, Person } from './api';
import { slidOut, type Unsent } from './flow';

export type Loading<T> = { state: 'idle' | 'loading' | 'failed' } | { state: 'ready'; value: T };

export interface OpenRoom {
  readonly id: string;
  readonly view: ReadonlySignal<RoomView | undefined>;
  readonly unsent: ReadonlySignal<readonly Unsent[]>;
  /** Asked of the room and not yet in its log, by the operation's tag ("ask", "take" ...). */
  readonly underway: ReadonlySignal<ReadonlySet<string>>;
  readonly present: ReadonlySignal<readonly Author[]>;
  readonly typing: ReadonlySignal<readonly Author[]>;
  readonly older: Signal<{ state: 'idle' | 'loading' | 'all' | 'failed'; messages: Message[] }>;
  readonly history: Signal<Loading<PastConversation[]>>;
  /** What the shop has signed of the visitor, if they have written; it comes with the history. */
  readonly person: Signal<Person | null>;
  /** Why the room could not be joined; "" while nothing speaks against it. */
  readonly refusal: Signal<string>;
  /** Where the conversation was scrolled to; undefined: at its end. */
  scroll_top_px: number | undefined;
  do(op: Operation): void;
  type(on: boolean): void;
  retry(c: number): void;
  dismiss(c: number): void;
  loadOlder(): Promise<void>;
  loadHistory(): Promise<void>;
  close(): void;
}

export function openRoom(link: Link, api: Api, id: string): OpenRoom {
  const replica: RoomReplica = link.join(id);
  const view = signal(replica.view);
  const pending = signal([...replica.pending]);
  const present = signal<readonly Author[]>(replica.present);
  const typing = signal<readonly Author[]>(replica.typing);
  const older = signal<OpenRoom['older']['value']>({ state: 'idle', messages: [] });
  const history = signal<Loading<PastConversation[]>>({ state: 'idle' });
  const person = signal<Person | null>(null);

  const stop = replica.subscribe(() =>
    batch(() => {
      keepSlidOut(view.peek(), replica.view);
      view.value = replica.view;
      pending.value = [...replica.pending];
      present.value = [...replica.present];
      typing.value = [...replica.typing];
    }),
  );
  function keepSlidOut(before: RoomView | undefined, after: RoomView | undefined): void {
    if (!before || !after) return;
    const left = slidOut(before.conversation.messages, after.conversation.messages);
    if (left.length === 0) return;
    const held = older.peek();
    older.value = { ...held, messages: [...held.messages, ...left] };
  }
  const find = (c: number) => replica.pending.find((candidate) => candidate.c === c);

  return {
    id,
    view,
    unsent: computed(() =>
      pending.value.flatMap(({ c, at, op, state, message }) =>
        op.k === 'say' ? [{ c, at, text: op.text, state, message }] : [],
      ),
    ),
    underway: computed(
      () => new Set(pending.value.flatMap(({ op, state }) => (state === 'sending' ? [op.k] : []))),
    ),
    present,
    typing,
    older,
    history,
    person,
    refusal: signal(''),
    scroll_top_px: undefined,
    do: (op) => {
      replica.do(op);
    },
    type: (on) => link.typing(replica, on),
    retry: (c) => {
      const found = find(c);
      if (found) replica.retry(found);
    },
    dismiss: (c) => {
      const found = find(c);
      if (found) replica.dismiss(found);
    },
    async loadOlder() {
      const held = older.value;
      if (held.state === 'loading' || held.state === 'all') return;
      const first = (held.messages[0] ?? view.value?.conversation.messages[0])?.[0];
      if (first === undefined) return;
      older.value = { ...held, state: 'loading' };
      try {
        const before = await api.messages(id, first);
        older.value = {
          state: before.length > 0 ? 'idle' : 'all',
          messages: [...before, ...older.value.messages],
        };
      } catch {
        older.value = { ...older.value, state: 'failed' };
      }
    },
    async loadHistory() {
      history.value = { state: 'loading' };
      try {
        const { conversations, contact } = await api.history(id);
        person.value = contact;
        history.value = { state: 'ready', value: conversations };
      } catch {
        history.value = { state: 'failed' };
      }
    },
    close() {
      stop();
      link.leave(id);
    },
  };
}

/** Whether a CSA may change the lines now: the site's word, or the shopper's. */
export function mayEdit(view: RoomView, site: SiteView | undefined): boolean {
  return site?.csa_edits === 'always' || (site?.csa_edits === 'ask' && view.grant.edit);
}

const MAX_STEP = 99;

/** What takes a change of a line back, marked as doing so; undefined when nothing would be left to take. */
export function undoing(view: RoomView, change: Change): Operation | undefined {
  const [offset, , , line, before, after] = change;
  const held = quantity(own(view.cart.lines, line));
  const wanted = Math.max(0, held + before - after);
  const step = Math.min(Math.max(wanted - held, -MAX_STEP), MAX_STEP);
  return step === 0 ? undefined : ({ ...bump(view.cart, line, step), undoes: offset } as Operation);
}
