// What was begun and not sent, by room and box; it outlives a change of visitor and a reload of the page.

import { keep, kept } from './tab_storage';

const NAME = 'drafts';
let drafts: Record<string, string> | undefined;

function all(): Record<string, string> {
  drafts ??= kept<Record<string, string>>(NAME) ?? {};
  return drafts;
}

export function draft(name: string): string {
  return all()[name] ?? '';
}

export function keepDraft(name: string, text: string): void {
  const { [name]: _before, ...others } = all();
  drafts = text ? { ...others, [name]: text } : others;
  keep(NAME, drafts);
}
