// What a CSA can hold in their hand over a shopper's page, and how much leave each wants.

import type { ShareLevel } from '../../../web/core/messages';

export const TOOLS = ['laser', 'mark', 'pen', 'arrow', 'box', 'look', 'control'] as const;
export type Tool = (typeof TOOLS)[number];

export const levelFor = (tool: Tool): 'point' | 'control' =>
  tool === 'control' ? 'control' : 'point';

const NEXT: Partial<Record<ShareLevel, ShareLevel>> = {
  none: 'view',
  view: 'point',
  point: 'control',
};

/** The level to ask for next; undefined when there is no more. */
export function nextLevel(held: ShareLevel): ShareLevel | undefined {
  return NEXT[held];
}

/** Tools that draw a line from where the pointer goes down to where it comes up. */
export const draws = (tool: Tool): tool is 'pen' | 'arrow' | 'box' =>
  tool === 'pen' || tool === 'arrow' || tool === 'box';
