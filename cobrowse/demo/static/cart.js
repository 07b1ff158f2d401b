// The basket in this page: reading, changing and drawing it. The server holds the truth; this only remembers what it said last.

const KEY = 'basket-changed';
const MAX_QUANTITY = 99; // as the server has it
const PATIENCE_MS = 10_000; // one call that hangs must not hold up those behind it
let known = { lines: [] };
let turn = Promise.resolve();

function ask(path, options = {}) {
  return fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** Runs `work` after all that was asked for before it, so that an older answer never overwrites a newer one. */
function inTurn(work) {
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}

async function answer(response) {
  const body = await response.json();
  if (response.ok) return body;
  if (body.refused) return { refused: body.refused };
  throw new Error(body.error || `The shop answered ${response.status}.`);
}

async function fetchCart() {
  return answer(await ask('/cart.json', { headers: { accept: 'application/json' } }));
}

async function putLine(line, quantity) {
  if (quantity > MAX_QUANTITY) {
    return { refused: `We can send at most ${MAX_QUANTITY} of one piece` };
  }
  const body = JSON.stringify({
    item_id: line.item_id,
    item_variant: line.item_variant ?? '',
    quantity,
  });
  return answer(
    await ask('/cart/lines', {
      method: 'PUT',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
    }),
  );
}

const keyOf = (line) => `${line.item_id}\n${line.item_variant}`;

/** What the shopper added and removed between two states of the cart, as GA4 events. */
function difference(before, after) {
  const was = new Map(before.lines.map((line) => [keyOf(line), line]));
  const is = new Map(after.lines.map((line) => [keyOf(line), line]));
  const entries = [];
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const line = is.get(key) ?? was.get(key);
    const change = (is.get(key)?.quantity ?? 0) - (was.get(key)?.quantity ?? 0);
    if (!change) continue;
    const item = { ...line, quantity: Math.abs(change) };
    entries.push({
      event: change > 0 ? 'add_to_cart' : 'remove_from_cart',
      ecommerce: {
        currency: after.currency,
        value: Math.round(item.price * item.quantity * 100) / 100,
        items: [item],
      },
    });
  }
  return entries;
}

/** Draws `next`. `byShopper` says that it was done in this page, and not by an advisor or in another tab. */
async function show(next, { byShopper }) {
  const entries = difference(known, next);
  const changed = entries.length > 0 || known.code !== next.code;
  known = next;
  const count = document.querySelector('[data-cart-count]');
  count.hidden = !next.count;
  count.firstChild.data = String(next.count);
  if (changed && byShopper) {
    window.dataLayer.push(...entries);
    localStorage.setItem(KEY, String(Date.now()));
    window.Cobrowse('cartChanged');
  }
  if (changed) await redraw();
  return changed;
}

/** Fetches the cart page's list again, if this is that page; changed lines glow, the focus stays where it was. */
async function redraw() {
  const view = document.querySelector('[data-cart-view]');
  if (!view) return;
  const before = quantities(view);
  const focused = view.contains(document.activeElement) ? document.activeElement.id : '';
  const response = await ask('/cart/fragment');
  if (!response.ok) throw new Error(`The shop answered ${response.status}.`);
  view.innerHTML = await response.text();
  for (const [key, quantity] of quantities(view)) {
    if (before.get(key) !== quantity) {
      view.querySelector(`[data-line="${CSS.escape(key)}"]`).classList.add('changed');
    }
  }
  if (focused) (document.getElementById(focused) ?? document.getElementById('main')).focus();
}

function quantities(view) {
  return new Map(
    [...view.querySelectorAll('[data-line]')].map((line) => [
      line.dataset.line,
      line.dataset.quantity,
    ]),
  );
}

let hiding = 0;
function toast(words, link) {
  const element = document.querySelector('[data-toast]');
  element.textContent = words;
  if (link) {
    const anchor = document.createElement('a');
    anchor.href = '/cart';
    anchor.textContent = link;
    element.append(anchor);
  }
  element.classList.add('shown');
  clearTimeout(hiding);
  hiding = setTimeout(() => element.classList.remove('shown'), 6000);
}

function complain(words) {
  const place = document.querySelector('[data-cart-view] [data-refusal]');
  if (!place) {
    toast(words);
    return;
  }
  place.textContent = words;
  place.hidden = false;
}

const OFFLINE = 'We cannot reach the shop just now. Please try again.';

/** Adds what the form says, without leaving the page. */
async function add(form) {
  const button = form.querySelector('button');
  button.setAttribute('aria-busy', 'true');
  try {
    const next = await answer(
      await ask('/cart/add', {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: new URLSearchParams(new FormData(form)),
      }),
    );
    if (next.refused) {
      toast(next.refused);
      return;
    }
    await show(next, { byShopper: true });
    toast('It is in your basket.', 'See the basket');
  } catch {
    toast(OFFLINE);
  } finally {
    button.removeAttribute('aria-busy');
  }
}

async function step(form, quantity) {
  const fields = new FormData(form);
  const line = { item_id: fields.get('item_id'), item_variant: fields.get('item_variant') };
  try {
    const next = await putLine(line, quantity);
    if (next.refused) complain(next.refused);
    else await show(next, { byShopper: true });
  } catch {
    complain(OFFLINE);
  }
}

/** Reads the cart again: another tab, or an advisor in another tab, may have changed it. */
async function refresh() {
  try {
    const changed = await show(await fetchCart(), { byShopper: false });
    if (changed) window.Cobrowse('cartChanged');
  } catch {
    // Offline: what is shown stays until the next change or focus.
  }
}

export const cart = {
  /** What Cobrowse needs to keep the shared cart and the shop's own one and the same. */
  adapter: {
    read: () => inTurn(async () => (await fetchCart()).lines),
    set: (line, quantity) =>
      inTurn(async () => {
        const next = await putLine(line, quantity);
        if (next.refused) return { refused: next.refused };
        await show(next, { byShopper: false });
        localStorage.setItem(KEY, String(Date.now()));
        return undefined;
      }),
  },

  /** Takes over the cart's forms and keeps the page in step with other tabs. */
  watch() {
    inTurn(async () => {
      const first = await fetchCart().catch(() => null);
      if (first) known = first;
    });
    document.addEventListener('submit', (event) => {
      const form = event.target;
      if (form.matches('[data-add]')) {
        event.preventDefault();
        inTurn(() => add(form));
      } else if (form.matches('[data-cart-line]')) {
        event.preventDefault();
        const quantity = Number(event.submitter.value);
        inTurn(() => step(form, quantity));
      }
    });
    window.addEventListener('storage', (event) => {
      if (event.key === KEY) inTurn(refresh);
    });
    window.addEventListener('focus', () => inTurn(refresh));
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) inTurn(refresh);
    });
  },
};
