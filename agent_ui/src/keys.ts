// The keyboard map as data: the handler and the map on screen read the same table.

import type { Tool } from './mirror/tools';

export type Command =
  | 'next'
  | 'previous'
  | 'open'
  | 'reply'
  | 'take'
  | 'cart'
  | 'propose'
  | 'mirror'
  | Tool
  | 'search'
  | 'waiting'
  | 'mine'
  | 'visitors'
  | 'rules'
  | 'code'
  | 'keys'
  | 'back';

export interface Binding {
  readonly keys: readonly string[];
  readonly command: Command;
}

/** In the order in which the map shows them. "open" is the list's own Enter; it is here to be shown. */
export const BINDINGS: readonly Binding[] = [
  { keys: ['j', 'ArrowDown'], command: 'next' },
  { keys: ['k', 'ArrowUp'], command: 'previous' },
  { keys: ['Enter'], command: 'open' },
  { keys: ['r'], command: 'reply' },
  { keys: ['t'], command: 'take' },
  { keys: ['c'], command: 'cart' },
  { keys: ['p'], command: 'propose' },
  { keys: ['m'], command: 'mirror' },
  { keys: ['l'], command: 'laser' },
  { keys: ['h'], command: 'mark' },
  { keys: ['d'], command: 'pen' },
  { keys: ['a'], command: 'arrow' },
  { keys: ['b'], command: 'box' },
  { keys: ['o'], command: 'look' },
  { keys: ['u'], command: 'control' },
  { keys: ['n'], command: 'code' },
  { keys: ['/'], command: 'search' },
  { keys: ['1'], command: 'waiting' },
  { keys: ['2'], command: 'mine' },
  { keys: ['3'], command: 'visitors' },
  { keys: ['4'], command: 'rules' },
  { keys: ['?'], command: 'keys' },
  { keys: ['Escape'], command: 'back' },
];

export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
}

/** Where the focus is: in a field that takes text, among the list's rows, or anywhere else. */
export type Focus = 'field' | 'list' | 'other';

/**
 * The command that a key press means here, if any. In a field only Escape is one; the arrows move only
 * in the list, since elsewhere they scroll; Enter is the focused control's own.
 */
export function commandFor(press: Press, focus: Focus): Command | undefined {
  if (press.ctrlKey || press.metaKey || press.altKey || press.isComposing) return undefined;
  if (focus === 'field' && press.key !== 'Escape') return undefined;
  if (press.key.startsWith('Arrow') && focus !== 'list') return undefined;
  const found = BINDINGS.find(({ keys }) => keys.includes(press.key))?.command;
  return found === 'open' ? undefined : found;
}

const SIGNS: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' };

/** What stands on the key. */
export function keySign(key: string): string {
  return SIGNS[key] ?? key;
}
