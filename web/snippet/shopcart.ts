// The shop's own cart and the shared cart kept as one, through the page's adapter; the merge itself is reconcile.ts.

import { hasSeen, own, project } from '../core/cart';
import { parseLineId } from '../core/line';
import type { Link } from '../core/link';
import type { Item } from '../core/messages';
import type { RoomReplica } from '../core/replica';
import { clip, exponent, fit, type GaItem, toItem } from './ga4';
import { type Base, reconcile } from './reconcile';
import type { Shelf } from './store';

/** What the shop's page gives to `Cobrowse('cart', ...)`. */
export interface Adapter {
  read(): (GaItem | null)[] | Promise<(GaItem | null)[]>;
  /** Sets a line's quantity; may answer `{refused}`, a reason in the shopper's words. */
  set(line: GaItem, quantity: number): unknown;
}

export interface ShopCart {
  /** Brings both carts together, soon and one tab at a time. */
  sync(): void;
  /** A purchase was reported under this dot: once the room has it, both carts begin anew. */
  bought(dot: string): void;
  /** The room refused the operation of this dot. */
  refused(dot: string): unknown;
  stop(): void;
}

const MAX_STEP = 99;
const MAX_QUANTITY = 999; // of one line in the shared cart: what a shop says beyond it is no order
const LOST_S = 60; // an increment that the room has not seen by then went down with its tab
const RETRY_MS = 5000;
const SETTLE_MS = 30; // a page tells of one change more than once
const MAX_PASSES = 4;

/** `told(item, reason)` is called when the shop refuses a change; `failed` when the adapter throws. */
export function keepInStep(
  adapter: Adapter,
  link: Link,
  room: RoomReplica,
  shelf: Shelf,
  currency: () => string,
  told: (item: Item, reason: string) => void,
  failed: (error: unknown) => void,
): ShopCart {
  const now_s = () => Date.now() / 1000;
  const described = new Set<string>();
  const dead = new Set<string>();
  const unmade = new Map<string, number>(); // by line: the change that the shop refused, to be taken back
  let timer = 0;
  let running = false;
  let stopped = false;

  /** The line in the shop's words, for one that the other side has added as well. */
  function shopLine(line: string, item: Item | undefined): GaItem {
    const { sku, options = {} } = parseLineId(line) ?? {};
    const money = item?.currency || currency();
    return {
      item_id: sku,
      item_variant: options.variant,
      item_name: item?.name,
      price: item?.price_minor === undefined ? undefined : item.price_minor / 10 ** exponent(money),
      currency: money,
      item_url: item?.url,
      item_image: item?.image,
    };
  }

  /** One pass under the lock; true when the shop was changed, so that another look is due. */
  async function pass(): Promise<unknown> {
    if (link.status !== 'live') return; // what happens meanwhile shows when the line is back
    const shop = new Map<string, number>();
    const unknown: Item[] = [];
    for (const entry of await adapter.read()) {
      const item = toItem(entry, currency());
      const n = Math.trunc(Number(entry?.quantity));
      if (!item || !(n > 0)) continue;
      shop.set(item.line, Math.min(MAX_QUANTITY, (shop.get(item.line) ?? 0) + n));
      if (!own(room.confirmed?.items, item.line) && !described.has(item.line)) unknown.push(item);
    }
    // No waiting from here to `save`: what is read of the room and what is written belong together.
    const { confirmed, position } = room;
    if (stopped || !confirmed || !position || link.status !== 'live') return;
    const [epoch, offset] = position;
    const seen = (dot: string) => hasSeen(confirmed.cart.context, dot);
    const emptied = shelf.get<[string, number]>('emptied');
    let base = shelf.get<Base>('base');
    if (base?.epoch !== epoch) base = undefined; // the room was forgotten: nothing is agreed
    if (base && base.offset > offset) return; // another tab has read further; its news is on the way
    if (emptied) {
      if (seen(emptied[0])) base = { epoch, offset, lines: [], sent: [] };
      else if (now_s() - emptied[1] < LOST_S) return;
      shelf.put('emptied');
    }
    if (base) {
      const fresh = now_s() - LOST_S;
      base.sent = base.sent.filter(([dot, , , at]) => !at || at > fresh || seen(dot));
      for (const sent of base.sent) if (dead.has(sent[0])) sent[3] = 0;
    }
    const shared = new Map(Object.entries(project(confirmed.cart)));
    const plan = reconcile(shop, shared, base, seen);
    const save = () =>
      shelf.put('base', { epoch, offset, lines: [...plan.agreed], sent: plan.sent });
    for (const { line } of unknown) described.add(line); // not sooner: a pass may end before it says anything
    while (unknown.length) room.do({ k: 'describe', items: fit(unknown) });
    for (const [line, whole] of plan.room) {
      for (let rest = whole; rest; ) {
        const n = Math.max(-MAX_STEP, Math.min(MAX_STEP, rest));
        const { c } = room.do({ k: 'increment', line, n, undoes: unmade.get(line) ?? 0 });
        plan.sent.push([`${room.replica}.${c}`, line, n, now_s()]);
        rest -= n;
      }
      unmade.delete(line);
    }
    save();
    for (const [line, quantity] of plan.shop) {
      const item = own(confirmed.items, line);
      const answer = await adapter.set(shopLine(line, item), quantity);
      const reason = (answer as { refused?: unknown } | null | undefined)?.refused;
      // Refused or not, the shop has answered: what it holds now is the shopper's side of the next pass.
      plan.agreed.set(line, shared.get(line) ?? 0);
      save();
      if (reason === undefined) continue;
      const change = confirmed.changes.filter(([, , by, of]) => of === line && by[0] !== 'shopper');
      unmade.set(line, change.at(-1)?.[0] ?? 0);
      told(item ?? { line }, clip(reason, 120));
    }
    return plan.shop.length;
  }

  async function run() {
    timer = 0;
    if (running) return sync();
    running = true;
    const locked = async () => {
      for (let passes = MAX_PASSES; passes && (await pass()); ) passes--;
    };
    try {
      await (navigator.locks ? navigator.locks.request(shelf.name('cart'), locked) : locked());
    } catch (error) {
      failed(error);
      again(RETRY_MS);
    }
    running = false;
  }

  const again = (ms: number) => {
    if (!stopped && !timer) timer = window.setTimeout(run, ms);
  };
  const sync = () => again(SETTLE_MS);
  sync();
  return {
    sync,
    bought: (dot) => shelf.put('emptied', [dot, now_s()]),
    refused: (dot) => dead.add(dot),
    stop() {
      stopped = true;
    },
  };
}
