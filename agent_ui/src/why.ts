// Why the visitor on screen is offered help or not: asked when something happened to them, and as time goes by.

import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { ApiError } from './api';
import type { OpenRoom } from './open_room';
import type { Decision, RulesApi, Verdict, Why } from './rules_api';

const SETTLE_MS = 300;
/** CSAs come and go and limits run out without an entry in the room: so it is asked again anyway. */
const ASK_AGAIN_MS = 5_000;

export interface WhyNow {
  readonly state: 'loading' | 'ready' | 'gone' | 'failed';
  readonly why: Why | undefined;
  readonly past: readonly Decision[];
}

const NOTHING: WhyNow = { state: 'loading', why: undefined, past: [] };

/** The answer for the room that is open; it follows the room while `shown`. */
export function followWhy(
  api: RulesApi,
  room: ReadonlySignal<OpenRoom | undefined>,
  shown: ReadonlySignal<boolean>,
): ReadonlySignal<WhyNow> {
  const answer = signal<WhyNow>(NOTHING);
  let of: string | undefined;
  effect(() => {
    const open = room.value;
    void open?.view.value; // whatever happens in the room may change the answer
    if (open?.id !== of) answer.value = NOTHING;
    of = open?.id;
    if (!open || !shown.value) return;
    const given_up = new AbortController();
    let timer = setTimeout(ask, answer.peek().state === 'loading' ? 0 : SETTLE_MS);
    async function ask(): Promise<void> {
      const next = await answerFor(api, (open as OpenRoom).id, answer.peek(), given_up.signal);
      if (given_up.signal.aborted) return;
      answer.value = next;
      timer = setTimeout(ask, ASK_AGAIN_MS);
    }
    return () => {
      clearTimeout(timer);
      given_up.abort();
    };
  });
  return answer;
}

async function answerFor(
  api: RulesApi,
  room: string,
  before: WhyNow,
  signal: AbortSignal,
): Promise<WhyNow> {
  const [why, past] = await Promise.allSettled([
    api.why(room, signal),
    api.decisions(room, undefined, signal),
  ]);
  const decided = past.status === 'fulfilled' ? past.value : before.past;
  if (why.status === 'fulfilled') return { state: 'ready', why: why.value, past: decided };
  const gone = why.reason instanceof ApiError && why.reason.status === 404;
  return { state: gone ? 'gone' : 'failed', why: undefined, past: decided };
}

/** Those that time alone brings about first, then the server's own order. */
export function byUrgency(verdicts: readonly Verdict[]): Verdict[] {
  const urgency = ({ cause, due }: Verdict) =>
    cause === 'fires' || cause === 'control' ? -1 : (due ?? Number.POSITIVE_INFINITY);
  return [...verdicts].sort((a, b) => {
    const [first, second] = [urgency(a), urgency(b)];
    return first === second ? 0 : first - second;
  });
}
