// The snippet's core: composes one session out of its parts and puts it behind the page's global.

import { makeEvents, publish } from './api';
import type { Fields } from './events';
import type { Page } from './loader';
import { beginSession } from './session';
import type { Adapter } from './shopcart';
import { openStores } from './store';

/** Starts Cobrowse on this page. Called by the loader, once. */
export function start(script: URL, site: string, page: Page) {
  const stores = openStores(site);
  const { emit, on } = makeEvents();
  let chosen = '';
  let adapter: Adapter | undefined;
  const begin = () => {
    const locale = chosen || document.documentElement.lang || navigator.language;
    const begun = beginSession(script, site, stores, locale, emit);
    if (adapter) begun.keepCart(adapter);
    return begun;
  };
  const again = () => {
    session.end();
    session = begin();
  };
  let session = begin();
  // A page that comes back from the back/forward cache finds what its successor left in the store.
  addEventListener('pageshow', (event) => event.persisted && again());

  publish({
    open: () => session.show(true),
    close: () => session.hide(),
    toggle: () => session.toggle(),
    on,
    event: (name: string, params?: Fields) => page.happened(name, params),
    setCustomAttributes: (attributes: Fields) => page.happened('attributes', attributes),
    setLocale(tag: string) {
      if (chosen === tag) return;
      chosen = tag;
      again();
    },
    identify: (proof: string) => session.identify(proof),
    cart(given: Adapter) {
      if (typeof given?.read !== 'function' || typeof given.set !== 'function') {
        throw new TypeError('expected { read, set }');
      }
      adapter = given;
      session.keepCart(given);
    },
    cartChanged: () => session.cartChanged(),
    /** Signing out: this browser forgets the visitor. */
    reset() {
      session.end();
      for (const key of ['token', 'base', 'emptied']) stores.visitor.put(key);
      for (const key of ['life', 'open', 'shown']) stores.tab.put(key);
      session = begin();
    },
  });
  // After the calls that came before: with an adapter the shop's cart says what was added, and not the event once more.
  page.listen((...event) => session.report(...event));
}
