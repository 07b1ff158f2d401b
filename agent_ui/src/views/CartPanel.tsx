// The shopper's cart, live: lines, codes, notes, and leave to change it.

import { useEffect, useRef } from 'preact/hooks';
import { own, project } from '../../../web/core/cart';
import type { RoomView, SiteView } from '../../../web/core/messages';
import { mayEdit, type OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { CartLine } from './CartLine';
import { Coupons, Proposals } from './CartParts';

export function CartPanel({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words, formats } = desk;
  const site = desk.siteOf(room.id);
  const quantities = Object.entries(project(view.cart));
  const editable = mayEdit(view, site);
  const { total_minor, currency, priced, count } = totals(view, quantities, site);

  // Only what changes from now on glows.
  const opened_at_offset = useRef(view.changes.at(-1)?.[0] ?? 0);
  return (
    <section class="cart" aria-labelledby="cart-title">
      <header class="cart-head">
        <h2 id="cart-title" tabIndex={-1} data-focus="cart">
          {words.cart}
          {count > 0 && <span class="cart-total"> {formats.money(total_minor, currency)}</span>}
        </h2>
        <Liveness />
      </header>
      {quantities.length === 0 ? (
        <p class="empty">{words.cartEmpty}</p>
      ) : (
        <>
          <ul class="lines">
            {quantities.map(([line, quantity]) => {
              const change = view.changes.filter(([, , , changed]) => changed === line).pop();
              return (
                <CartLine
                  key={line}
                  line={line}
                  quantity={quantity}
                  item={own(view.items, line)}
                  counts={own(view.cart.lines, line)}
                  currency={currency}
                  site={site}
                  editable={editable}
                  glow={change && change[0] > opened_at_offset.current ? change : undefined}
                  room={room}
                />
              );
            })}
          </ul>
          <p class="sum">
            <span>
              {words.total} <span class="quiet">{words.itemCount(count)}</span>
            </span>
            <strong class="money">{formats.money(total_minor, currency)}</strong>
          </p>
          {!priced && <p class="quiet">{words.notAllPriced}</p>}
        </>
      )}
      <div class="cart-steps">
        <button
          type="button"
          class="primary"
          aria-keyshortcuts="p"
          onClick={() => {
            desk.dialog.value = 'propose';
          }}
        >
          {words.propose} …
        </button>
        <Leave room={room} view={view} site={site} />
      </div>
      <Proposals room={room} view={view} site={site} />
      <Coupons room={room} view={view} editable={editable} />
    </section>
  );
}

/** Whether what is seen is the present: live, or as of when. */
function Liveness() {
  const { words, formats, connection } = useDesk();
  const { status, since } = connection.value;
  return status === 'live' ? (
    <span class="live">
      <span class="dot on" aria-hidden="true" /> {words.live}
    </span>
  ) : (
    <span class="stale">{words.stale(formats.time(since))}</span>
  );
}

/** Leave to change the cart: what the site says, or the asking. */
function Leave(props: { room: OpenRoom; view: RoomView; site: SiteView | undefined }) {
  const { words, notice } = useDesk();
  const { room, view, site } = props;
  const asked = view.grant.asked !== null || room.underway.value.has('ask');
  const granted = site?.csa_edits === 'ask' && view.grant.edit;
  useEffect(() => {
    if (granted) notice.value = words.mayEdit;
  }, [granted]);

  if (!site) return null;
  if (site.csa_edits === 'always') return <p class="quiet">{words.siteEdits}</p>;
  if (site.csa_edits === 'never') return <p class="quiet">{words.neverEdits}</p>;
  if (granted) return <p class="granted">{words.mayEdit}</p>;
  return asked ? (
    <p class="asked">{words.askedToEdit}</p>
  ) : (
    <button type="button" onClick={() => room.do({ k: 'ask' })}>
      {words.askToEdit}
    </button>
  );
}

/** What the cart comes to, as far as its lines have prices. */
export function totals(
  view: RoomView,
  quantities: readonly (readonly [line: string, quantity: number])[],
  site: SiteView | undefined,
): { total_minor: number; currency: string; priced: boolean; count: number } {
  let total_minor = 0;
  let count = 0;
  let priced = true;
  let currency = '';
  for (const [line, quantity] of quantities) {
    const item = own(view.items, line);
    count += quantity;
    currency ||= item?.currency ?? '';
    if (item?.price_minor === undefined || item.price_minor === null) priced = false;
    else total_minor += item.price_minor * quantity;
  }
  return { total_minor, currency: currency || site?.currency || '', priced, count };
}
