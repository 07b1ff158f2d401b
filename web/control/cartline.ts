// What the cart can do better than a click: a button that puts something into the basket says what, and the CSA does it in the
// shared cart instead, by name, seen by both and undone by either. SPEC mirror.9.

import { lineId } from '../core/line';

const ADDS = '[data-cobrowse-add]';
const MAX_QUANTITY = 99;

/** The line that a press on this element would add, and how many; undefined where it does something else. */
export function cartLineOf(target: Element): { line: string; quantity: number } | undefined {
  const pressed = target.closest('button, a, input, [role=button]');
  const adds = pressed?.closest(ADDS);
  if (!pressed || !adds || !(adds === pressed || isSubmit(pressed))) return undefined;
  const sku = adds.getAttribute('data-cobrowse-add');
  if (!sku) return undefined;
  const form = adds.closest('form');
  const variant = adds.getAttribute('data-cobrowse-variant') ?? fieldOf(form, 'item_variant');
  const asked = adds.getAttribute('data-cobrowse-quantity') ?? fieldOf(form, 'quantity');
  const quantity = Math.min(MAX_QUANTITY, Math.max(1, Math.trunc(Number(asked)) || 1));
  return { line: lineId(sku, variant ? { variant } : {}), quantity };
}

const isSubmit = (pressed: Element) =>
  pressed.matches('button:not([type]), button[type=submit], input:is([type=submit], [type=image])');

function fieldOf(form: HTMLFormElement | null, name: string): string {
  if (!form) return '';
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}
