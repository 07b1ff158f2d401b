// The shop's own script: what happened goes to window.dataLayer, what is in the basket is shared with Cobrowse.
import { cart } from './cart.js';
import { watchProduct } from './product.js';
import { watchRoutes } from './routed.js';

window.dataLayer = window.dataLayer || [];
// The stub keeps calls until the tag has loaded, so the order of loading does not matter.
window.Cobrowse =
  window.Cobrowse ||
  function queue() {
    window.Cobrowse.q = window.Cobrowse.q || [];
    // biome-ignore lint/complexity/noArguments: the queue holds the call as it was made
    window.Cobrowse.q.push(arguments);
  };

/** Pushes the events that the server wrote into `root`, a page or a piece of one. A purchase is told once, not at each reload. */
function pushEvents(root) {
  for (const element of root.querySelectorAll('script[data-events]')) {
    for (const entry of JSON.parse(element.textContent)) {
      const order = entry.ecommerce?.transaction_id;
      if (order && sessionStorage.getItem('purchased') === order) continue;
      if (order) sessionStorage.setItem('purchased', order);
      window.dataLayer.push(entry);
    }
  }
}

function watchCheckout() {
  const form = document.querySelector('[data-checkout="payment"]');
  const element = document.querySelector('[data-payment-event]');
  form?.addEventListener('submit', () => {
    const entry = JSON.parse(element.textContent);
    const words = form.querySelector('[name=payment]:checked')?.dataset.words;
    window.dataLayer.push({ ...entry, ecommerce: { ...entry.ecommerce, payment_type: words } });
  });
  document.querySelector('[data-focus]')?.focus();
}

pushEvents(document);
cart.watch();
watchProduct();
watchCheckout();
watchRoutes(pushEvents);
window.Cobrowse('cart', cart.adapter);
