// What every view of the panel draws from, and what a line is called and looks like.

import { own, project } from '../core/cart';
import { parseLineId } from '../core/line';
import type { Author, Item, RoomView } from '../core/messages';
import type { Shell } from '../snippet/shell';
import { money } from './format';
import type { Words } from './words';

export interface Context {
  shell: Shell;
  words: Words;
  view: RoomView | undefined;
  /** Seconds, on the server's clock. */
  now: number;
}

const PATIENCE_S = 3;
const SAFE_URL = /^(https?:\/\/|\/(?![/\\]))/i;
const safe = (url = '') => (SAFE_URL.test(url) ? url : '');

/** What is known of a line; its number where nothing is. Addresses are http, https or paths of the shop. */
export function itemOf(view: RoomView | undefined, line: string): Item & { name: string } {
  const item = own(view?.items, line);
  const parts = parseLineId(line);
  return {
    ...item,
    line,
    name: item?.name || parts?.sku || line,
    url: safe(item?.url),
    image: safe(item?.image),
    variant: item?.variant || Object.values(parts?.options ?? {}).join(', '),
  };
}

/** The address that calls a number as people write it. */
export function telOf(phone: string): string {
  return `tel:${phone.replace(/[^+\d]/g, '')}`;
}

/** The price of n, or nothing where it is not known. */
export function priceOf({ shell }: Context, item: Item, n = 1): string {
  if (item.price_minor === undefined) return '';
  const currency = item.currency || shell.link.sites[0]?.currency || '';
  return money(item.price_minor * n, currency, shell.locale);
}

/** Who is called what: the shopper is "you", a CSA goes by name, the rest is the shop's team. */
export function nameOf(words: Words, [role, , name]: Author): string {
  return role === 'shopper' ? words.you : name || words.someone;
}

/** Whether the line is down for longer than a hiccup. */
export function isDown({ status, since }: Shell['link']): boolean {
  return status === 'stopped' || (status !== 'live' && Date.now() / 1000 - since > PATIENCE_S);
}

/** The CSA that the shopper talks with, or who is there. */
export function hostOf({ shell, view }: Context): Author | undefined {
  const taken_by = view?.conversation.status === 'open' ? view.conversation.taken_by : null;
  return taken_by ?? shell.room.present.find(([role]) => role === 'csa');
}

/** How many things are in the cart. */
export function countOf(view: RoomView | undefined): number {
  return view ? Object.values(project(view.cart)).reduce((sum, n) => sum + n, 0) : 0;
}
