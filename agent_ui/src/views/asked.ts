// Asking the server for what a view shows: once it is drawn, and again when what it depends on changes.

import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Loading } from '../open_room';

/** The answer as it comes; `again` asks once more. While it is asked anew the last answer stays. */
export function useAsked<T>(
  ask: () => Promise<T>,
  on: readonly unknown[],
): { answer: ReadonlySignal<Loading<T>>; again: () => void } {
  const answer = useSignal<Loading<T>>({ state: 'loading' });
  const round = useSignal(0);
  useEffect(() => {
    let current = true;
    if (answer.peek().state !== 'ready') answer.value = { state: 'loading' };
    ask().then(
      (value) => {
        if (current) answer.value = { state: 'ready', value };
      },
      () => {
        if (current) answer.value = { state: 'failed' };
      },
    );
    return () => {
      current = false;
    };
  }, [...on, round.value]);
  return {
    answer,
    again: () => {
      round.value++;
    },
  };
}
