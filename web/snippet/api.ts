// The page's side of the snippet: one global function of verbs, and events to listen to.

import { own } from '../core/cart';

export type Listener = (payload: unknown) => void;
export type Emit = (name: EventName, payload?: unknown) => void;
export type EventName =
  | 'ready'
  | 'opened'
  | 'closed'
  | 'message'
  | 'offer-shown'
  | 'offer-accepted'
  | 'cart-changed'
  | 'error';

/** Says in the page's console what its developer should know; nothing is thrown into the page. */
export function complain(problem: unknown) {
  // biome-ignore lint/suspicious/noConsole: the console is where an embedder looks
  console.error('Cobrowse:', problem);
}

/** The two ends of the page's listeners. A listener that throws harms nobody else. */
export function makeEvents() {
  const listeners = new Map<string, Set<Listener>>();
  let ready = false;
  const call = (listener: Listener, payload?: unknown) => {
    try {
      listener(payload);
    } catch (error) {
      complain(error);
    }
  };
  const emit: Emit = (name, payload) => {
    if (name === 'ready') {
      if (ready) return;
      ready = true;
    }
    for (const listener of listeners.get(name) ?? []) call(listener, payload);
  };
  /** Listens; `ready` that has been is told at once. Returns how to stop listening. */
  const on = (name: string, listener: Listener) => {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(listener));
    if (name === 'ready' && ready) call(listener);
    return () => void set.delete(listener);
  };
  return { emit, on };
}

export type Verbs = Record<string, (...args: never[]) => unknown>;

/** Puts the verbs behind the page's global, and honours the calls that came before. */
export function publish(verbs: Verbs) {
  const api = (verb: string, ...args: unknown[]): unknown => {
    try {
      const run = own(verbs, verb);
      if (!run) throw new TypeError(`expected one of ${Object.keys(verbs)}, got ${verb}`);
      return run(...(args as never[]));
    } catch (error) {
      complain(error);
      return undefined;
    }
  };
  const early = (window.Cobrowse?.q ?? []) as Iterable<[string]>;
  // A page that kept the stub goes on calling it: what it pushes comes here.
  const q = { push: (call: Iterable<unknown>) => api(...([...call] as [string])) };
  Object.assign(window.Cobrowse ?? {}, { q });
  window.Cobrowse = Object.assign(api as NonNullable<Window['Cobrowse']>, { q, on: true });
  for (const call of early) q.push(call);
}
