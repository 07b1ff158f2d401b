// Which shopper's page this CSA looks at, and the frames of it on their way to the viewer.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Link } from '../../../web/core/link';
import type {
  Act,
  Author,
  Mirrored,
  OutcomeNow,
  PageFile,
  ServerFrame,
  ShareLevel,
  Sharing,
  Spot,
} from '../../../web/core/messages';
import type { OpenRoom } from '../open_room';
import type { Tool } from './tools';
import type { makeViewer } from './viewer';

/** The viewer's bundle, fetched once: when a page is asked for, so that it is here when the shopper agrees. */
export const loadViewer = (): Promise<{ makeViewer: typeof makeViewer }> =>
  import(new URL(VIEWER_FILE, import.meta.url).href);

/** A page that cannot be drawn is asked for again, and each time later: it may mean never to be drawn. */
const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 10_000;
const CALM_MS = 20_000;

export interface Watching {
  /** The room whose page is open in this console. */
  readonly room: ReadonlySignal<string | undefined>;
  /** Opens the page if the shopper has given leave, else asks for it. */
  open(room: OpenRoom): void;
  ask(room: OpenRoom, level: ShareLevel): void;
  close(): void;
  point(spot: Spot): void;
  /** Sends one step on the page, under the next number, which it returns. */
  act(step: Omit<Act, 'n'>): number;
  /** What became of the last step that has an answer. */
  readonly outcome: ReadonlySignal<OutcomeNow | undefined>;
  /** What the CSA holds in their hand. */
  readonly tool: Signal<Tool>;
  /** Gets every frame of the link. */
  take(frame: ServerFrame): void;
  /** Hands the frames of the open page on, from a whole page on; the disposer ends it. */
  listen(to: (frame: Mirrored | PageFile) => void): () => void;
  /** Asks for the whole page again: at once, and if that does not help, after longer and longer waits. */
  again(): void;
  /** Asks the page itself for the whole of it: what is drawn has drifted from it. */
  anew(): void;
  /** Rooms of which the page is opened as soon as the shopper agrees. */
  readonly wanted: Signal<string | undefined>;
}

/** How far this CSA may go on the page, at a time in the server's seconds. */
export function levelOf(sharing: Sharing | undefined, me: Author, now_s: number): ShareLevel {
  const grant = sharing?.grants?.find(({ to }) => to[1] === me[1]);
  return grant && grant.expires_at > now_s ? grant.level : 'none';
}

/** Whether this CSA waits for the shopper's answer. */
export const isAsking = (sharing: Sharing | undefined, me: Author): boolean =>
  !!sharing?.asks?.some(({ by }) => by[1] === me[1]);

export function watch(link: Link, me: Author): Watching {
  const room = signal<string | undefined>(undefined);
  const wanted = signal<string | undefined>(undefined);
  const outcome = signal<OutcomeNow | undefined>(undefined);
  const tool = signal<Tool>('laser');
  let steps = 0;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let asked_at = -Infinity;
  let wait_ms = 0;
  let listener: ((frame: Mirrored | PageFile) => void) | undefined;
  const tell = (on: boolean) => {
    if (room.peek()) link.send({ t: 'watch', room: room.peek() as string, on });
  };
  const close = () => {
    tell(false);
    room.value = undefined;
  };
  const ask = (open: OpenRoom, level: ShareLevel) => {
    void loadViewer().catch(() => undefined); // the page that opens says so, if it fails again
    open.do({ k: 'ask_share', level });
  };
  return {
    room,
    wanted,
    outcome,
    tool,
    ask,
    open(open) {
      if (levelOf(open.view.peek()?.sharing, me, link.now()) !== 'none') {
        wanted.value = undefined;
        if (room.peek() !== open.id) close();
        room.value = open.id;
        outcome.value = undefined;
        tool.value = 'laser';
      } else {
        wanted.value = open.id;
        ask(open, 'view');
      }
    },
    close,
    point(spot) {
      if (room.peek()) link.send({ t: 'point', room: room.peek() as string, ...spot });
    },
    act(step) {
      steps += 1;
      if (room.peek()) link.send({ t: 'act', room: room.peek() as string, n: steps, ...step });
      return steps;
    },
    take(frame) {
      if (frame.t === 'outcome' && frame.room === room.peek()) outcome.value = frame;
      if ((frame.t === 'mirror' || frame.t === 'file') && frame.room === room.peek())
        listener?.(frame);
      else if (frame.t === 'joined' && frame.room === room.peek() && listener) tell(true);
    },
    listen(to) {
      listener = to;
      tell(true);
      return () => {
        listener = undefined;
      };
    },
    again() {
      if (asking) return;
      const isCalm = performance.now() - asked_at > CALM_MS;
      wait_ms = isCalm ? 0 : Math.min(MAX_WAIT_MS, wait_ms * 2 || MIN_WAIT_MS);
      asking = setTimeout(() => {
        asking = undefined;
        asked_at = performance.now();
        tell(true);
      }, wait_ms);
    },
    anew() {
      if (room.peek()) link.send({ t: 'watch', room: room.peek() as string, on: true, anew: true });
    },
  };
}
