// One connection after another: connect, greet, beat, notice that it is dead, come back with jitter. What
// the frames mean is the link's affair. SPEC wire.4, wire.8, wire.9.

import { Changes } from './changes';
import { decode, encode } from './codec';
import type { ClientFrame, Hello, ServerFrame } from './messages';

/** A WebSocket, as far as it is used here. */
export interface Socket {
  binaryType: BinaryType;
  onopen: (() => void) | null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null;
  onclose: ((event: { code: number; reason?: string }) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Where the server is, and what a test gives in place of the browser's own. `now` is in seconds. */
export interface Surroundings {
  url: string;
  WebSocket?: new (url: string) => Socket;
  now?(): number;
  random?(): number;
  setTimeout?(run: () => void, ms: number): unknown;
  clearTimeout?(timer: unknown): void;
  /** It will not come back; `why` is what the server said. */
  stopped?(why?: string): void;
}

export type ConnectionStatus = 'connecting' | 'live' | 'offline' | 'stopped';

const CONNECT_S = 10;
const WAKE_S = 5;
/** A connection that has lasted so long starts the next series of attempts anew. */
const STEADY_S = 5;
const MIN_RETRY_S = 0.5;
const MAX_RETRY_S = 20;

export abstract class Connection<Options extends Surroundings> extends Changes {
  status: ConnectionStatus = 'stopped';
  /** When it went live, or when it ceased to be; the local clock in seconds. */
  since = 0;
  /** When the next attempt is due, while offline; the local clock in seconds. */
  retryAt?: number | undefined;
  /** Why it is stopped: the server's close code. */
  code?: number | undefined;

  options_: Options;
  socket_?: Socket | undefined;
  timer_: unknown;
  attempt_ = 0;
  missed_ = 0;
  heartbeat_s_ = 0;
  ahead_s_ = 0;

  constructor(options: Options) {
    super();
    this.options_ = options;
  }

  /** The first frame of a connection. */
  abstract hello_(): Hello;
  abstract take_(frame: ServerFrame): void;
  /** There is no connection now. True: there will not be one either, by the code that closed it. */
  abstract down_(code?: number): boolean;

  start(): void {
    if (this.status === 'stopped') this.connect_();
  }

  stop(): void {
    this.hangUp_();
    this.down_();
    this.set_('stopped');
  }

  retryNow(): void {
    if (this.status === 'offline') this.connect_();
  }

  /** The page is back, or the network: retry, or make sure that the connection is still there. */
  wake(): void {
    this.retryNow();
    if (this.status !== 'live') return;
    this.missed_ = 1;
    this.beat_(WAKE_S);
  }

  /** Seconds, on the server's clock. */
  now(): number {
    return this.clock_() + this.ahead_s_;
  }

  /** Whether the frame is on its way. */
  send(frame: ClientFrame): boolean {
    const live = this.status === 'live';
    if (live) this.socket_?.send(encode(frame));
    return live;
  }

  // For the link

  clock_(): number {
    return this.options_.now?.() ?? Date.now() / 1000;
  }

  later_(after_s: number, run: () => void): unknown {
    return (this.options_.setTimeout ?? setTimeout)(run, after_s * 1000);
  }

  cancel_(timer: unknown): void {
    (this.options_.clearTimeout ?? clearTimeout)(timer as number);
  }

  /** Runs later, if the connection is still the same. */
  soon_(after_s: number, run: () => void): void {
    const socket = this.socket_;
    this.later_(after_s, () => socket === this.socket_ && run());
  }

  /** The server has answered the greeting. */
  live_(heartbeat_s: number, server_now: number): void {
    this.heartbeat_s_ = heartbeat_s;
    this.ahead_s_ = server_now - this.clock_();
    this.wait_(heartbeat_s, () => this.beat_());
    this.set_('live');
  }

  connect_(): void {
    this.hangUp_();
    this.retryAt = this.code = undefined;
    type Make = new (url: string) => Socket;
    try {
      const socket = new (this.options_.WebSocket ?? (WebSocket as unknown as Make))(
        this.options_.url,
      );
      this.socket_ = socket;
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => socket.send(encode(this.hello_()));
      socket.onmessage = (event) => {
        if (socket !== this.socket_) return;
        this.missed_ = 0;
        const frame = decode(event.data);
        if (frame) this.take_(frame);
      };
      socket.onclose = (event) => {
        if (socket === this.socket_) this.lost_(event.code, event.reason);
      };
      this.wait_(CONNECT_S, () => this.lost_());
      this.set_('connecting');
    } catch {
      this.lost_(); // the page's policy forbids it
    }
  }

  /** The connection is gone, or not worth keeping: comes back after a while. */
  lost_(code?: number, why?: string): void {
    if (this.status === 'live' && this.clock_() > this.since + STEADY_S) this.attempt_ = 0;
    this.hangUp_();
    if (this.down_(code)) {
      this.code = code;
      this.set_('stopped');
      this.options_.stopped?.(why);
      return;
    }
    const most_s = Math.min(MAX_RETRY_S, 2 ** this.attempt_++);
    const random = (this.options_.random ?? Math.random)();
    const after_s = MIN_RETRY_S + random * (most_s - MIN_RETRY_S);
    this.retryAt = this.clock_() + after_s;
    this.wait_(after_s, () => this.connect_());
    this.set_('offline');
  }

  /** Ends the connection without a further word from it. */
  hangUp_(): void {
    this.cancel_(this.timer_);
    const socket = this.socket_;
    this.socket_ = undefined;
    this.missed_ = 0;
    socket?.close();
  }

  /** Two heartbeats without any frame: it is dead. Counted in beats, for timers in hidden tabs are late. */
  beat_(again_s = this.heartbeat_s_): void {
    if (this.missed_ > 1) {
      this.lost_();
      return;
    }
    this.missed_++;
    this.send({ t: 'beat' });
    this.wait_(again_s, () => this.beat_());
  }

  /** The one timer: for the welcome, the next beat, or the next attempt. */
  wait_(after_s: number, run: () => void): void {
    this.cancel_(this.timer_);
    this.timer_ = this.later_(after_s, run);
  }

  set_(status: ConnectionStatus): void {
    if (status === 'live' || this.status === 'live' || this.status === 'stopped') {
      this.since = this.clock_();
    }
    this.status = status;
    this.changed_();
  }
}
