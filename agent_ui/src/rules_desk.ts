// What the console knows of the rules: the list, and what one does to them.

import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Loading } from './open_room';
import type { Rule, RuleList, RulesApi } from './rules_api';

const READ_AGAIN_MS = 10_000;

export interface RulesDesk {
  readonly api: RulesApi;
  readonly list: ReadonlySignal<Loading<RuleList>>;
  readonly known: ReadonlySignal<RuleList | undefined>;
  readonly search: Signal<string>;
  /** The shop whose results are shown, and over how many days. */
  readonly site: Signal<string>;
  readonly days: Signal<number>;
  find(id: string): Rule | undefined;
  load(): Promise<void>;
  /** Raises what the request raises; the list is read again in any case. */
  switchOn(id: string, enabled: boolean): Promise<void>;
}

/** The rules, read while `shown` and again every 10 s, since files and colleagues change them too. */
export function createRulesDesk(
  api: RulesApi,
  site: string,
  shown: ReadonlySignal<boolean>,
): RulesDesk {
  const list = signal<Loading<RuleList>>({ state: 'idle' });
  const known = signal<RuleList | undefined>(undefined);
  const chosen = signal(site);
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    if (!known.peek()) list.value = { state: 'loading' };
    try {
      const value = await api.list(chosen.peek());
      if (mine !== asked) return;
      known.value = value;
      list.value = { state: 'ready', value };
    } catch {
      if (mine === asked) list.value = { state: 'failed' };
    }
  }

  effect(() => {
    void chosen.value;
    if (!shown.value) return;
    void load();
    const timer = setInterval(load, READ_AGAIN_MS);
    return () => clearInterval(timer);
  });

  return {
    api,
    list,
    known: computed(() => known.value),
    search: signal(''),
    site: chosen,
    days: signal(30),
    find: (id) => known.value?.rules.find((rule) => rule.id === id),
    load,
    switchOn: async (id, enabled) => {
      try {
        await api.switch(id, enabled);
      } finally {
        await load();
      }
    },
  };
}
