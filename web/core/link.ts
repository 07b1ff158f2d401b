// A tab's link to the server: its rooms, what it sends into them and what comes out. SPEC wire.

import { Connection, type Surroundings } from './connection';
import {
  type Author,
  type Entry,
  type Hello,
  type Position,
  PROTOCOL_VERSION,
  type Refuse,
  type ServerFrame,
  type SiteView,
} from './messages';
import { type Pending, type Port, RoomReplica, type Saved } from './replica';

/** Keeps what must outlive the page. The shopper's page gives sessionStorage: one tab, one life. */
export interface Store {
  load(): Saved[] | undefined;
  save(saved: Saved[]): void;
}

export interface LinkOptions extends Surroundings {
  role: Hello['role'];
  /** Who we are, asked for at each connection. */
  hello(): Pick<Hello, 'site' | 'token' | 'locale' | 'utc_min'>;
  store?: Store;
  /** Every frame, after the link has dealt with it. */
  frame?(frame: ServerFrame): void;
  /** Entries that have just been applied; not for a fresh view. */
  news?(room: RoomReplica, entries: Entry[]): void;
  refused?(room: RoomReplica, pending: Pending): void;
  /** The token is worthless: `hello` must not give it again. */
  forget?(): void;
}

/** News may be on their way while the answer to a beat already names them. */
const GAP_S = 1;
const TYPING_EVERY_S = 3;
const TYPING_ENDS_S = 4;
const TYPING_SHOWN_S = 6;

const REPLACED = 4005;
const BAD_TOKEN = 4500;
const BAD_FRAME = 4501;

export class Link extends Connection<LinkOptions> implements Port {
  you?: Author;
  sites: SiteView[] = [];
  /** Whether somebody could answer; for a CSA: whether they take offers and chats. */
  available = false;
  /** The shopper's room. */
  own?: RoomReplica;
  /** The rooms that a CSA has joined. */
  rooms: Map<string, RoomReplica> = new Map();

  forgot_ = false;

  constructor(options: LinkOptions) {
    super(options);
    const saved = options.store?.load() ?? [];
    if (options.role === 'shopper') {
      this.own = new RoomReplica('', this);
      if (saved[0]) this.own.restore_(saved[0]);
      return;
    }
    // A CSA's rooms come back only to deliver what is pending.
    for (const each of saved) {
      if (!each.pending.length) continue;
      const room = new RoomReplica(each.room, this);
      room.restore_(each);
      room.leaving_ = true;
      this.rooms.set(each.room, room);
    }
  }

  join(id: string): RoomReplica {
    let room = this.rooms.get(id);
    if (!room) {
      room = new RoomReplica(id, this);
      this.rooms.set(id, room);
      this.enter_(room);
    }
    room.leaving_ = false;
    return room;
  }

  /** Leaves the room as soon as the operations of our own are delivered. */
  leave(id: string): void {
    const room = this.rooms.get(id);
    if (!room) return;
    room.leaving_ = true;
    this.leaveWhenDone_(room);
  }

  /** Says that we type, or no longer; to be called at every key: it is throttled, and ends by itself. */
  typing(room: RoomReplica, on: boolean): void {
    const now = this.clock_();
    this.cancel_(room.typing_);
    if (on) room.typing_ = this.later_(TYPING_ENDS_S, () => this.typing(room, false));
    if (!room.joined || (on ? now < room.typedAt_ + TYPING_EVERY_S : !room.typedAt_)) return;
    this.send({ t: 'typing', room: room.id, on });
    room.typedAt_ = on ? now : 0;
  }

  // For the rooms

  save_(): void {
    this.options_.store?.save(this.all_().map((room) => room.saved_()));
  }

  refused_(room: RoomReplica, pending: Pending): void {
    this.options_.refused?.(room, pending);
  }

  // For the connection

  hello_(): Hello {
    const { role } = this.options_;
    const hello: Hello = { ...this.options_.hello(), t: 'hello', v: PROTOCOL_VERSION, role };
    if (this.own?.resume_) hello.resume = this.own.resume_;
    if (this.own?.position) hello.position = this.own.position;
    return hello;
  }

  down_(code = 0): boolean {
    const anew = code === BAD_TOKEN && !this.forgot_ && this.options_.forget;
    for (const room of this.all_()) {
      room.down_();
      if (code === REPLACED) room.forget_();
      if (anew) room.resume_ = '';
      if (code === BAD_FRAME) {
        // What this server could not read it would not read the next time.
        for (const own of room.sending_())
          room.refuse_(own, 'invalid', 'the server could not read it');
      }
    }
    if (code >= REPLACED) this.save_();
    if (anew) {
      this.forgot_ = true;
      anew();
    }
    return code >= BAD_TOKEN && code < 5000 && !anew;
  }

  take_(frame: ServerFrame): void {
    const room = 'room' in frame ? (this.own ?? this.rooms.get(frame.room)) : undefined;
    switch (frame.t) {
      case 'welcome':
        this.you = frame.you;
        this.sites = frame.sites;
        this.available = !!frame.available;
        this.forgot_ = false;
        this.live_(frame.heartbeat_s, frame.now);
        this.rooms.forEach(this.enter_, this);
        break;
      case 'joined':
        if (!room) break;
        room.you = this.you;
        this.told_(room, room.take_(frame));
        break;
      case 'news':
        if (room?.joined) this.told_(room, room.apply_(frame.entries));
        break;
      case 'typing':
        if (!room) break;
        this.cancel_(room.shown_);
        room.shown_ = this.later_(TYPING_SHOWN_S, () => {
          room.typing = [];
          room.changed_();
        });
        room.typed_(frame.by, frame.on);
        room.changed_();
        break;
      case 'presence':
        if (!room) break;
        room.present = frame.present;
        room.changed_();
        break;
      case 'beat':
        for (const each of this.all_()) this.compare_(each, frame.tops[each.id]);
        this.available = frame.available;
        this.changed_();
        break;
      case 'drain':
        this.soon_(frame.after_s, () => {
          this.down_();
          this.connect_();
        });
        break;
      case 'refuse':
        if (room) this.notTaken_(room, frame);
    }
    this.options_.frame?.(frame);
  }

  // Inside

  all_(): RoomReplica[] {
    return this.own ? [this.own] : [...this.rooms.values()];
  }

  enter_({ id, resume_: resume, position }: RoomReplica): void {
    this.send({ t: 'join', room: id, resume, ...(position && { position }) });
  }

  /** Something is missing: gets the room anew. A shopper's comes with the connection. */
  again_(room: RoomReplica): void {
    if (this.own) this.lost_();
    else if (room.joined) {
      room.joined = false;
      this.send({ t: 'leave', room: room.id });
      this.enter_(room);
    }
  }

  leaveWhenDone_(room: RoomReplica): void {
    if (!room.leaving_ || room.sending_().length) return;
    this.rooms.delete(room.id);
    this.send({ t: 'leave', room: room.id });
    room.joined = false;
    this.save_();
  }

  told_(room: RoomReplica, fresh: Entry[] | undefined): void {
    if (!fresh) {
      this.again_(room);
      return;
    }
    if (fresh.length) this.options_.news?.(room, fresh);
    this.leaveWhenDone_(room);
  }

  /** An operation out of order is sent again with all that follow; any other refused one is given up. */
  notTaken_(room: RoomReplica, { code, message, c }: Refuse): void {
    const own = room.sending_().find((each) => each.c === c);
    if (!own) return;
    if (code !== 'gap') {
      room.refuse_(own, code, message);
      room.number_(room.last_);
      room.changed_();
    }
    if (room.sending_().length) this.again_(room);
  }

  /** Holds our position against the log's top: another hash or epoch, or entries that do not come. */
  compare_(room: RoomReplica, top: Position | undefined): void {
    const ours = room.position;
    if (!room.joined || !ours || !top) return;
    const [epoch, offset, hash] = top;
    if (epoch !== ours[0] || offset < ours[1] || (offset === ours[1] && hash !== ours[2])) {
      this.again_(room);
    } else if (offset > ours[1]) {
      this.soon_(GAP_S, () => offset > (room.position?.[1] ?? 0) && this.again_(room));
    }
  }
}
