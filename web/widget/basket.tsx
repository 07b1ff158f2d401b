// The shared basket: its lines, codes and total, and who changed what.

import { useRef, useState } from 'preact/hooks';
import { bump, dropCoupon, own, project, setTo } from '../core/cart';
import type { Change } from '../core/messages';
import { clip } from '../snippet/ga4';
import { Activity, ChangeText, isUndone, UndoButton } from './activity';
import { type Context, itemOf, priceOf } from './context';
import { money } from './format';
import { BasketIcon, BinIcon, MinusIcon, PlusIcon } from './icons';
import { Picture } from './picture';

const RECENT_S = 600;
const GLOW_S = 3;
const MAX_QUANTITY = 999;
const CODE = /^[A-Za-z0-9_.-]{1,40}$/;

export function Basket(context: Context) {
  const { shell, words, view } = context;
  const top = useRef<HTMLDivElement>(null);
  if (!view) return null;
  const lines = Object.entries(project(view.cart));
  return (
    <div class="basket" ref={top} tabIndex={-1}>
      {lines.length === 0 ? (
        <div class="empty">
          <BasketIcon />
          <p class="hello">{words.emptyCart}</p>
          <p>{words.emptyCartHint}</p>
        </div>
      ) : (
        <>
          <ul class="lines">
            {lines.map(([line, n]) => (
              <Line
                key={line}
                line={line}
                n={n}
                gone={() => top.current?.focus({ preventScroll: true })}
                {...context}
              />
            ))}
          </ul>
          <Total lines={lines} {...context} />
          <Notes {...context} />
          <Codes {...context} />
        </>
      )}
      {(view.changes.length > 0 || shell.notices.length > 0) && <Activity {...context} />}
    </div>
  );
}

/** What was written down for this basket, such as a wish for the delivery. */
function Notes({ view }: Context) {
  const notes = Object.entries(view?.cart.notes ?? {}).filter(([, [, , text]]) => text);
  return (
    <>
      {notes.map(([field, [, , text]]) => (
        <p key={field} class="note" dir="auto">
          {text}
        </p>
      ))}
    </>
  );
}

interface LineProps extends Context {
  line: string;
  n: number;
  /** The line goes away under the focus. */
  gone(): void;
}

function Line({ line, n, gone, ...context }: LineProps) {
  const { shell, words, view, now } = context;
  const item = itemOf(view, line);
  const cart = view?.cart ?? {};
  const latest = view?.changes.filter((change) => change[3] === line).at(-1);
  const step = (by: number) => () => {
    if (n + by === 0) gone();
    shell.room.do(n + by === 0 ? setTo(cart, line, 0) : bump(cart, line, by));
  };
  const remove = () => {
    gone();
    shell.room.do(setTo(cart, line, 0));
  };
  return (
    <li>
      {latest && now - latest[1] < GLOW_S && (
        <span key={latest[0]} class={`glow ${latest[2][0]}`} aria-hidden="true" />
      )}
      <Picture item={item} />
      <div class="about">
        {item.url ? (
          <a class="title" dir="auto" href={item.url}>
            {item.name}
          </a>
        ) : (
          <span class="title" dir="auto">
            {item.name}
          </span>
        )}
        {item.variant && (
          <span class="variant" dir="auto">
            {item.variant}
          </span>
        )}
        <div class="stepper">
          <button type="button" class="icon" aria-label={words.less(item.name)} onClick={step(-1)}>
            <MinusIcon />
          </button>
          <output aria-label={words.quantity(n)}>{n}</output>
          <button
            type="button"
            class="icon"
            aria-label={words.more(item.name)}
            disabled={n >= MAX_QUANTITY}
            onClick={step(1)}
          >
            <PlusIcon />
          </button>
          <button
            type="button"
            class="icon bin"
            aria-label={words.remove(item.name)}
            onClick={remove}
          >
            <BinIcon />
          </button>
        </div>
        <Lately change={latest} {...context} />
      </div>
      <span class="price">{priceOf(context, item, n)}</span>
    </li>
  );
}

/** What somebody else has just done to the line. */
function Lately({ change, ...context }: { change: Change | undefined } & Context) {
  if (!change || change[2][0] === 'shopper' || context.now - change[1] > RECENT_S) return null;
  return (
    <p class="lately">
      <i class={`mark ${change[2][0]}`} />
      <span>
        <ChangeText change={change} short {...context} />
        {!isUndone(context, change) && (
          <>
            {'\u00a0· '}
            <UndoButton change={change} {...context} />
          </>
        )}
      </span>
    </p>
  );
}

function Total({ lines, ...context }: { lines: [string, number][] } & Context) {
  const { shell, words, view } = context;
  const currency = shell.link.sites[0]?.currency ?? '';
  let sum = 0;
  let part = false;
  for (const [line, n] of lines) {
    const item = itemOf(view, line);
    if (item.price_minor === undefined || (item.currency || currency) !== currency) part = true;
    else sum += item.price_minor * n;
  }
  return (
    <p class="total">
      <span>{part ? words.partTotal : words.total}</span>
      <b>{money(sum, currency, shell.locale)}</b>
    </p>
  );
}

function Codes({ shell, words, view }: Context) {
  const [code, setCode] = useState('');
  const cart = view?.cart;
  const held = Object.keys(cart?.coupons ?? {});
  const given = clip(code.trim(), 40);
  const add = (event: Event) => {
    event.preventDefault();
    if (!CODE.test(given) || own(cart?.coupons, given)) return;
    shell.room.do({ k: 'coupon_add', code: given });
    setCode('');
  };
  return (
    <form class="codes" onSubmit={add}>
      {held.length > 0 && (
        <ul>
          {held.map((each) => (
            <li key={each}>
              {each}
              <button
                type="button"
                class="icon"
                aria-label={words.couponRemove(each)}
                onClick={() => cart && shell.room.do(dropCoupon(cart, each))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        aria-label={words.coupon}
        placeholder={words.coupon}
        autocomplete="off"
        maxLength={40}
        value={code}
        onInput={(event) => setCode(event.currentTarget.value)}
      />
      <button type="submit" aria-disabled={!CODE.test(given)}>
        {words.couponAdd}
      </button>
      <p class="variant">{words.couponNote}</p>
    </form>
  );
}
