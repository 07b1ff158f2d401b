// GA4's e-commerce events, as the shop's page has them, made the room's `event` operations. Pure.

import { lineId } from '../core/line';
import type { Item, Operation, Params } from '../core/messages';
import type { Fields, Viewed } from './events';

/** GA4's item as pages write it; item_url and item_image are our extras. */
export interface GaItem {
  item_id?: unknown;
  item_name?: unknown;
  item_variant?: unknown;
  item_category?: unknown;
  item_brand?: unknown;
  price?: unknown;
  quantity?: unknown;
  currency?: unknown;
  item_url?: unknown;
  item_image?: unknown;
}

export type EventOperation = Extract<Operation, { k: 'event' }>;

const NAME = /^[A-Za-z][\w.-]{0,39}$/;
const MAX_LINE_ID_CHARS = 512;
const MAX_ITEMS = 20;
const MAX_ITEMS_BYTES = 15_000; // an operation has at most 16 KiB
const MAX_PARAMS = 16;

/** The text, cut to at most n characters and without half surrogates; "" for what is no text. */
export const clip = (text: unknown, n: number): string =>
  (typeof text === 'string' || typeof text === 'number' ? `${text}` : '')
    .slice(0, n)
    .replace(/[\ud800-\udfff]/gu, '');

/** How many digits a currency's minor unit has. */
export function exponent(currency: string): number {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
        .maximumFractionDigits ?? 2
    );
  } catch {
    return 2;
  }
}

/** The amount in minor units; undefined for what is no amount. */
export function minor(amount: unknown, currency: string): number | undefined {
  const n = Math.round(Number(amount) * 10 ** exponent(currency));
  return amount != null && amount !== '' && n >= 0 && n <= 1e12 ? n : undefined;
}

/** The address made absolute; "" when it is none of http or https, or too long. */
export function address(url: unknown): string {
  try {
    const { href } = new URL(clip(url, 2001) || 'http:', location.href);
    return /^https?:/.test(href) && href.length <= 2000 ? href : '';
  } catch {
    return '';
  }
}

/** The line that an item names; "" for an item without a usable number, and for what is none. */
export function lineOf(item: GaItem | null): string {
  const sku = clip(item?.item_id, 200);
  const variant = clip(item?.item_variant, 120);
  const line = sku && sku !== '__proto__' ? lineId(sku, variant ? { variant } : undefined) : '';
  return line.length <= MAX_LINE_ID_CHARS ? line : '';
}

/** What the page says of a line; undefined for an item without a usable number, and for what is none. */
export function toItem(item: GaItem | null, currency: string): Item | undefined {
  const line = lineOf(item);
  if (!item || !line) return undefined;
  const money = clip(item.currency, 3) || currency;
  const price_minor = minor(item.price, money);
  return {
    line,
    name: clip(item.item_name, 300),
    variant: clip(item.item_variant, 120),
    ...(price_minor !== undefined && { price_minor }),
    currency: money,
    category: clip(item.item_category, 120),
    url: address(item.item_url),
    image: address(item.item_image),
  };
}

/** Takes from the front of the list as many items as one operation holds, at least one. */
export function fit(items: Item[]): Item[] {
  let n = MAX_ITEMS;
  // Escaped, nothing has fewer characters than it has bytes on the wire.
  while (n > 1 && encodeURI(JSON.stringify(items.slice(0, n))).length > MAX_ITEMS_BYTES) n--;
  return items.splice(0, n);
}

/** An event's fields: GA4 has them in `ecommerce`, gtag beside its name. */
const fieldsOf = (fields: Fields | null): Fields => ({
  ...fields,
  ...(fields?.ecommerce as Fields),
});

/** The items of an event that can be named, each with its quantity (1 when it has none). */
export function itemsOf(fields: Fields | null, fallback: string): [item: Item, quantity: number][] {
  const { items, currency } = fieldsOf(fields);
  const list: (GaItem | null)[] = Array.isArray(items) ? items : [];
  return list.slice(0, MAX_ITEMS).flatMap((entry) => {
    const item = toItem(entry, clip(currency, 3) || fallback);
    const n = Math.trunc(Number(entry?.quantity ?? 1));
    return item ? [[item, n > 0 ? n : 1]] : [];
  });
}

/** The operation for an event of this name; undefined when the name is no event's. */
export function toEvent(
  name: unknown,
  fields: Fields | null,
  fallback: string,
  viewed?: Viewed,
): EventOperation | undefined {
  if (typeof name !== 'string' || !NAME.test(name) || name.startsWith('gtm.')) return undefined;
  const all = fieldsOf(fields);
  const value_minor = minor(all.value, clip(all.currency, 3) || fallback);
  const params: Params = {};
  for (const [key, value] of Object.entries(all)) {
    if (!NAME.test(key) || /^(event|value|currency|gtm\..*)$/.test(key)) continue;
    if (Object.keys(params).length === MAX_PARAMS) break;
    if (typeof value === 'string') params[key] = clip(value, 120);
    else if (typeof value === 'boolean') params[key] = value;
    else if (typeof value === 'number' && Math.abs(value) <= 1e15) params[key] = value;
  }
  return {
    k: 'event',
    name,
    items: fit(itemsOf(fields, fallback).map(([item]) => item)),
    params,
    ...(value_minor !== undefined && { value_minor }),
    ...(viewed && {
      page: {
        path: clip(viewed.path, 2000),
        title: clip(viewed.title, 300),
        kind: clip(viewed.kind, 20),
        referrer: clip(viewed.referrer, 2000),
      },
    }),
  };
}
