// A scripted server and clock, for what the link does at the edges of time and order.

import { encode as pack } from '@msgpack/msgpack';
import { unpack } from './codec';
import type { Socket } from './connection';
import { Link, type LinkOptions } from './link';
import type { Author, ClientFrame, Entry, Fact, Joined, RoomView, ServerFrame } from './messages';

export const LEA: Author = ['shopper', 'v1', 'Lea'];
export const GINNY: Author = ['csa', 'a1', 'Ginny'];

export let sockets: FakeSocket[];
export let clock: Clock;

export class FakeSocket implements Socket {
  binaryType: BinaryType = 'blob';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number; reason?: string }) => void) | null = null;
  sent: ClientFrame[] = [];
  closed = false;

  constructor() {
    sockets.push(this);
  }

  send(bytes: Uint8Array): void {
    this.sent.push(unpack(bytes) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  hear(frame: ServerFrame): void {
    this.onmessage?.({ data: bytesOf(frame) });
  }

  took(t: ClientFrame['t']): ClientFrame[] {
    return this.sent.filter((frame) => frame.t === t);
  }
}

export class Clock {
  now = 1000;
  timers = new Map<number, { at: number; run: () => void }>();
  next = 1;

  pass(seconds: number): void {
    const end = this.now + seconds;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end);
      const first = due.sort(([, a], [, b]) => a.at - b.at)[0];
      if (!first) break;
      this.timers.delete(first[0]);
      this.now = first[1].at;
      first[1].run();
    }
    this.now = end;
  }
}

function bytesOf(frame: ServerFrame): ArrayBuffer {
  return new Uint8Array(pack(frame)).buffer;
}

export function link(more: Partial<LinkOptions> = {}): Link {
  return new Link({
    url: 'wss://shop.test/live',
    role: 'shopper',
    hello: () => ({ site: 'shop', token: 'token' }),
    WebSocket: FakeSocket,
    now: () => clock.now,
    random: () => 1,
    setTimeout: (run, ms) => {
      clock.timers.set(clock.next, { at: clock.now + ms / 1000, run });
      return clock.next++;
    },
    clearTimeout: (timer) => clock.timers.delete(timer as number),
    ...more,
  });
}

export function last(): FakeSocket {
  return sockets[sockets.length - 1] as FakeSocket;
}

export const view: RoomView = {
  site: 'shop',
  cart: { lines: {}, coupons: {}, notes: {}, proposals: {}, context: { vector: {}, cloud: [] } },
  items: {},
  conversation: {
    number: 0,
    status: 'none',
    opened_at: 0,
    reason: '',
    taken_by: null,
    messages: [],
    read: {},
  },
  offer: null,
  grant: { edit: false, at: 0, asked: null },
  changes: [],
  visit: null,
  offers: [],
  sharing: {},
};

export function joined(more: Partial<Joined> = {}): Joined {
  const fresh = more.tail ? {} : { view };
  return {
    t: 'joined',
    room: 'r1',
    replica: 7,
    resume: 'resume-7',
    last: 0,
    position: ['e1', 0, 0],
    present: [],
    ...fresh,
    ...more,
  };
}

export function welcome(you: Author): ServerFrame {
  return { t: 'welcome', you, now: clock.now + 50, heartbeat_s: 20, sites: [], available: true };
}

export function entry(offset: number, c: number, fact: Fact, replica = 7, by = LEA): Entry {
  return [offset, offset * 11, clock.now, replica, c, by, fact];
}

/** A shopper's link that has come up. */
export function live(more: Partial<LinkOptions> = {}, first: Partial<Joined> = {}): Link {
  const made = link(more);
  made.start();
  up(first);
  return made;
}

export function up(first: Partial<Joined> = {}): void {
  last().onopen?.();
  last().hear(welcome(LEA));
  last().hear(joined(first));
}

export const say = (text: string) => ({ k: 'say', text }) as const;
export const texts = (frames: ClientFrame[]) =>
  frames.map((frame) => frame.t === 'do' && [frame.c, frame.op.k === 'say' && frame.op.text]);

/** Before each test. */
export function reset(): void {
  sockets = [];
  clock = new Clock();
}
