// One line of the cart: picture, options, quantity, price; it glows once when somebody changed it.

import { useSignal } from '@preact/signals';
import { bump, type Counts, setTo } from '../../../web/core/cart';
import type { Change, Item, SiteView } from '../../../web/core/messages';
import { shopAddress, shopFile } from '../addresses';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { decodedLine, IconButton, Picture } from './small';

const MAX_QUANTITY = 999;

export function CartLine(props: {
  line: string;
  quantity: number;
  item: Item | undefined;
  counts: Counts | undefined;
  currency: string;
  site: SiteView | undefined;
  editable: boolean;
  glow: Change | undefined;
  room: OpenRoom;
}) {
  const { words, formats } = useDesk();
  const { line, quantity, item, site, editable, glow, room } = props;
  const name = item?.name || decodedLine(line);
  const full = item?.variant ? `${name}, ${item.variant}` : name;
  const href = shopAddress(site, item?.url);
  const price = item?.price_minor;
  const held = () => room.view.peek()?.cart ?? {};
  const change = (n: number) => room.do(bump(held(), line, n));
  return (
    <li class="line">
      {glow && <span key={glow[0]} class={`glow by-${glow[2][0]}`} aria-hidden="true" />}
      <Picture src={shopFile(site?.key, shopAddress(site, item?.image))} />
      <div class="line-text">
        <p class="line-name" dir="auto">
          {href ? (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {name}
            </a>
          ) : (
            name
          )}
        </p>
        {item?.variant && (
          <p class="quiet" dir="auto">
            {item.variant}
          </p>
        )}
      </div>
      <div class="line-end">
        <span class="money">
          {price === undefined || price === null ? (
            <span class="quiet">{words.noPrice}</span>
          ) : (
            formats.money(price * quantity, item?.currency || props.currency)
          )}
        </span>
        {editable ? (
          <div class="stepper">
            <IconButton icon="minus" label={words.fewer(full)} onClick={() => change(-1)} />
            <QuantityField
              quantity={quantity}
              label={words.quantityOf(full)}
              onSet={(n) => room.do(setTo(held(), line, n))}
            />
            <IconButton
              icon="plus"
              label={words.more(full)}
              disabled={quantity >= MAX_QUANTITY}
              onClick={() => change(1)}
            />
            <IconButton
              icon="close"
              class="remove"
              label={words.removeLine(full)}
              onClick={() => room.do(setTo(held(), line, 0))}
            />
          </div>
        ) : (
          <span class="quiet times">× {quantity}</span>
        )}
      </div>
    </li>
  );
}

/** The quantity as a number to overwrite; it is sent on Enter or on leaving, and Escape takes it back. */
function QuantityField(props: { quantity: number; label: string; onSet: (n: number) => void }) {
  const typed = useSignal<string | undefined>(undefined);
  const finish = () => {
    const n = Number(typed.value);
    const valid = typed.value?.trim() && Number.isInteger(n) && n >= 0 && n <= MAX_QUANTITY;
    if (valid && n !== props.quantity) props.onSet(n);
    typed.value = undefined;
  };
  return (
    <input
      class="quantity"
      inputMode="numeric"
      autocomplete="off"
      maxLength={3}
      aria-label={props.label}
      value={typed.value ?? String(props.quantity)}
      onInput={(event) => {
        typed.value = event.currentTarget.value;
      }}
      onFocus={(event) => event.currentTarget.select()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') typed.value = undefined;
      }}
      onBlur={finish}
    />
  );
}
