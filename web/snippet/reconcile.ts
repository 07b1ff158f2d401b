// How the shop's own cart and the shared cart become one: a three-way merge, as a pure function.
//
// S is what the shop's cart holds, P what the shared cart holds, B what both last agreed on. What S has beyond B the shopper
// did: it goes into the room as increments. What P has beyond B the other side did: it goes into the shop. Increments that
// are on their way lie between B and S: an increment's dot in the cart's causal context says, without a doubt and in every
// tab, that P holds it already.

/** Quantities by line; lines that are not there have none. */
export type Counts = ReadonlyMap<string, number>;

/**
 * An increment that was sent to the room: its dot, line and step, and when (seconds). 0 is one
 * that the room refused: the shop goes on holding what the shared cart could not take, and neither is changed for it. */
export type Sent = [dot: string, line: string, n: number, at: number];

/** What the shop and the room agreed on, as of a position of the room's log. */
export interface Base {
  epoch: string;
  offset: number;
  lines: [line: string, quantity: number][];
  sent: Sent[];
}

export interface Plan {
  /** Quantities to set in the shop, absolute; after each, `agreed` takes the shared cart's quantity of that line. */
  shop: [line: string, quantity: number][];
  /** Steps to send to the room. */
  room: [line: string, n: number][];
  agreed: Map<string, number>;
  sent: Sent[];
}

/**
 * The steps that make both carts the same, and the base as it stands before them.
 *
 * Without a base (a first visit, or a room that was forgotten) neither side loses anything: the greater quantity wins.
 * `seen` says whether the shared cart holds a dot.
 */
export function reconcile(
  shop: Counts,
  shared: Counts,
  base: Pick<Base, 'lines' | 'sent'> | undefined,
  seen: (dot: string) => boolean,
): Plan {
  const agreed = new Map(base?.lines);
  const flying = new Map<string, number>();
  const plan: Plan = { shop: [], room: [], agreed, sent: [] };
  for (const sent of base?.sent ?? []) {
    const [dot, line, n, at] = sent;
    const sums = at && seen(dot) ? agreed : flying;
    const sum = (sums.get(line) ?? 0) + n;
    sums.set(line, sums === agreed ? Math.max(0, sum) : sum);
    if (sums === flying) plan.sent.push(sent);
  }
  for (const line of new Set([...shop.keys(), ...shared.keys(), ...agreed.keys()])) {
    const s = shop.get(line) ?? 0;
    const p = shared.get(line) ?? 0;
    const b = base ? (agreed.get(line) ?? 0) : Math.min(s, p);
    const coming = p + (flying.get(line) ?? 0);
    const goal = Math.max(0, s + p - b);
    // Only the shopper's own changes go to the room, and none below nothing.
    const n = s - b - (flying.get(line) ?? 0);
    if (n) {
      const step = Math.max(n, -Math.max(0, coming));
      if (step) plan.room.push([line, step]);
    }
    agreed.set(line, s === goal ? p : b);
    if (s !== goal) plan.shop.push([line, goal]);
    if (!agreed.get(line) && !p) agreed.delete(line);
  }
  return plan;
}
