// What a CSA does on the shopper's page: points, asks them to look elsewhere, and, with a leave of its own and from a bundle
// of its own, uses it. Whatever is not covered by the leave as it stands now does nothing. SPEC mirror.7 to mirror.9.

import { type Signal, signal } from '@preact/signals';
import type {
  ActNow,
  Author,
  Outcome,
  Pointed,
  Recorded,
  ShareLevel,
  Sharing,
} from '../core/messages';
import { complain } from '../snippet/api';
import type { Hand, HandPort, Shell } from '../snippet/shell';
import { nameOf } from './context';
import type { Pointer } from './pointer';
import type { Words } from './words';

/** What a CSA asks the shopper to do by themselves: to look at something, or to press what only they may press. */
export interface Request {
  kind: 'look' | 'confirm';
  by: Author;
  frame: Pointed;
  target: Element;
}

export interface Guide {
  readonly request: Signal<Request | undefined>;
  take(frame: Pointed | ActNow): void;
  /** The recorder's rules have come. */
  obey(frame: Recorded): void;
  /** The shopper's answer to the request. */
  answer(yes: boolean): void;
  /** Looks again how far the leave goes. */
  look(): void;
  /** Ends all of it within this turn. */
  stop(): void;
}

export function makeGuide(
  shell: Shell,
  words: Words,
  leave: { now(): Sharing; lets(csa: Author, level: ShareLevel): boolean },
  pointer: Pointer,
  locate: (epoch: string, node: number) => Element | undefined,
): Guide {
  const { link, room } = shell;
  const request = signal<Request | undefined>(undefined);
  let rules: Pick<Recorded, 'rules' | 'catalogue'> = {};
  let hand: Hand | undefined;
  let loading: Promise<void> | undefined;

  const lets = (by: Author, level: ShareLevel) => link.status === 'live' && leave.lets(by, level);
  const holders = () =>
    (leave.now().grants ?? []).filter(({ level }) => level === 'control').map(({ to }) => to[1]);

  const tell = (to: string, outcome: Outcome) =>
    link.send({ t: 'outcome', room: room.id, to, ...outcome });

  const port: HandPort = {
    rules: () => rules,
    locate,
    lets: (by) => lets(by, 'control'),
    holders,
    tell,
    show: (frame, target) => pointer.show(frame, target),
    confirm(frame, target) {
      pointer.show(frame, target, words.pressThis(nameOf(words, frame.by)));
      request.value = { kind: 'confirm', by: frame.by, frame, target };
    },
  };

  function load(): Promise<void> {
    type Module = { makeHand(port: HandPort): Hand };
    loading ??= (import(new URL(CONTROL_FILE, import.meta.url).href) as Promise<Module>)
      .then(({ makeHand }) => {
        hand = makeHand(port);
      })
      .catch((error) => {
        loading = undefined;
        complain(error);
      });
    return loading;
  }

  function goTo({ target, frame }: Request) {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    target.scrollIntoView({ block: 'center', behavior: still ? 'auto' : 'smooth' });
    pointer.show({ ...frame, kind: 'mark' }, target);
    tell(frame.by[1], { n: 0, what: 'looked' });
  }

  return {
    request,
    take(frame) {
      if (frame.t === 'act') {
        if (!lets(frame.by, 'control')) return;
        if (hand) hand.act(frame);
        else void load().then(() => hand?.act(frame)); // it asks for the leave again
        return;
      }
      if (!lets(frame.by, 'point')) return pointer.hide();
      if (frame.kind === 'off') return pointer.off(frame.by);
      const target = locate(frame.epoch, frame.node);
      if (!target) return;
      if (frame.kind !== 'look') return pointer.show(frame, target);
      const asked: Request = { kind: 'look', by: frame.by, frame, target };
      if (isInSight(target)) goTo(asked);
      else request.value = asked;
    },
    obey: (frame) => {
      rules = frame;
    },
    answer(yes) {
      const asked = request.peek();
      request.value = undefined;
      if (asked?.kind !== 'look') return;
      if (yes && asked.target.isConnected) goTo(asked);
      else tell(asked.by[1], { n: 0, what: 'not_now' });
    },
    look() {
      if (holders().length) void load();
      else hand?.stop();
      const asked = request.peek();
      if (asked && !lets(asked.by, 'point')) request.value = undefined;
    },
    stop() {
      hand?.stop();
      pointer.hide();
      request.value = undefined;
    },
  };
}

function isInSight(target: Element): boolean {
  const { top, bottom, left, right } = target.getBoundingClientRect();
  return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
}
