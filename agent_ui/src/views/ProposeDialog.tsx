// Suggest a product: find it, say how many and why; it goes to the shopper as a card.

import { useSignal } from '@preact/signals';
import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SiteView } from '../../../web/core/messages';
import { shopAddress, shopFile } from '../addresses';
import type { Product } from '../api';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { Dialog } from './Dialog';
import { Picture } from './small';

const SEARCH_DELAY_MS = 200;
const MAX_STEP = 99;
const MAX_NOTE_CHARS = 500;

export function ProposeDialog({ room }: { room: OpenRoom }) {
  const desk = useDesk();
  const { words } = desk;
  const chosen = useSignal<Product | undefined>(undefined);
  const site = desk.siteOf(room.id);
  const close = () => {
    desk.dialog.value = undefined;
  };
  return (
    <Dialog title={words.proposeTitle} onClose={close}>
      {chosen.value ? (
        <Suggestion
          product={chosen.value}
          site={site}
          onBack={() => {
            chosen.value = undefined;
          }}
          onPropose={(n, note) => {
            const line = chosen.value?.line;
            if (line) room.do({ k: 'propose', line, n, ...(note && { note }) });
            close();
          }}
        />
      ) : (
        <Finder
          site={site}
          onChoose={(product) => {
            chosen.value = product;
          }}
        />
      )}
    </Dialog>
  );
}

type Found =
  | { state: 'searching' | 'failed' }
  | { state: 'found'; of: string; products: Product[] };

function Finder(props: { site: SiteView | undefined; onChoose: (product: Product) => void }) {
  const desk = useDesk();
  const { words } = desk;
  const text = useSignal('');
  const found = useSignal<Found>({ state: 'searching' });
  const active = useSignal(0);
  /** Enter was pressed before the answer to what stands there had come. */
  const entered = useRef(false);
  const key = props.site?.key;

  // The answer to an older question never replaces that to a newer one.
  useEffect(() => {
    if (key === undefined) return;
    const given_up = new AbortController();
    const of = text.value;
    const search = async () => {
      try {
        const products = await desk.api.products(key, of.trim(), given_up.signal);
        if (given_up.signal.aborted) return;
        found.value = { state: 'found', of, products };
        active.value = 0;
        if (entered.current && products[0]) props.onChoose(products[0]);
      } catch {
        if (!given_up.signal.aborted) found.value = { state: 'failed' };
      }
    };
    const timer = setTimeout(search, SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      given_up.abort();
    };
  }, [key, text.value]);

  const products = found.value.state === 'found' ? found.value.products : [];
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && products.length > 0) {
      event.preventDefault();
      active.value = (active.value + step + products.length) % products.length;
      document.getElementById(optionId(active.value))?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const product = products[active.value];
      if (found.value.state !== 'found' || found.value.of !== text.value) entered.current = true;
      else if (product) props.onChoose(product);
    }
  };
  return (
    <>
      <label class="field">
        <span>{words.findProduct}</span>
        <input
          type="text"
          role="combobox"
          aria-expanded={products.length > 0}
          aria-controls="product-options"
          aria-autocomplete="list"
          aria-activedescendant={products.length > 0 ? optionId(active.value) : undefined}
          placeholder={words.findHint}
          maxLength={120}
          autocomplete="off"
          spellcheck={false}
          value={text.value}
          onInput={(event) => {
            entered.current = false;
            text.value = event.currentTarget.value;
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <div class="options" role="listbox" id="product-options" aria-label={words.findProduct}>
        {products.map((product, index) => (
          <Option
            key={product.line}
            product={product}
            site={props.site}
            index={index}
            active={index === active.value}
            onChoose={() => props.onChoose(product)}
          />
        ))}
      </div>
      <p class="quiet" role="status">
        {found.value.state === 'searching' && words.searching}
        {found.value.state === 'failed' && words.productsFailed}
        {found.value.state === 'found' && products.length === 0 && words.noProducts}
      </p>
    </>
  );
}

const optionId = (index: number) => `product-option-${index}`;

function Option(props: {
  product: Product;
  site: SiteView | undefined;
  index: number;
  active: boolean;
  onChoose: () => void;
}) {
  const { product } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox has the focus and takes the keys
    <div
      class="option"
      role="option"
      id={optionId(props.index)}
      aria-selected={props.active}
      tabIndex={-1}
      onClick={props.onChoose}
    >
      <ProductText product={product} site={props.site} />
    </div>
  );
}

function ProductText({ product, site }: { product: Product; site: SiteView | undefined }) {
  const { words, formats } = useDesk();
  const { stock } = product;
  return (
    <>
      <Picture src={shopFile(site?.key, shopAddress(site, product.image))} />
      <div class="line-text">
        <p class="line-name" dir="auto">
          {product.name}
        </p>
        <p class="quiet" dir="auto">
          {[product.variant, product.category].filter(Boolean).join(' · ')}
        </p>
      </div>
      <div class="line-end">
        <span class="money">
          {product.price_minor === null
            ? words.noPrice
            : formats.money(product.price_minor, product.currency || site?.currency || '')}
        </span>
        {stock !== null && (
          <span class={stock === 0 ? 'wrong' : 'quiet'}>
            {stock === 0 ? words.outOfStock : words.inStock(stock)}
          </span>
        )}
      </div>
    </>
  );
}

function Suggestion(props: {
  product: Product;
  site: SiteView | undefined;
  onBack: () => void;
  onPropose: (n: number, note: string) => void;
}) {
  const { words } = useDesk();
  const quantity = useSignal('1');
  const note = useSignal('');
  const n = Number(quantity.value);
  const valid = Number.isInteger(n) && n >= 1 && n <= MAX_STEP;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) props.onPropose(n, note.value.trim());
      }}
    >
      <div class="option chosen">
        <ProductText product={props.product} site={props.site} />
      </div>
      <label class="field short">
        <span>{words.quantity}</span>
        <input
          type="number"
          min={1}
          max={MAX_STEP}
          required
          value={quantity.value}
          onInput={(event) => {
            quantity.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="field">
        <span>{words.noteToShopper}</span>
        <textarea
          rows={3}
          dir="auto"
          maxLength={MAX_NOTE_CHARS}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
        />
      </label>
      <div class="dialog-steps">
        <button type="button" onClick={props.onBack}>
          {words.otherProduct}
        </button>
        <button type="submit" class="primary" disabled={!valid}>
          {words.propose}
        </button>
      </div>
    </form>
  );
}
