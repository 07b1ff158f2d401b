// The parts of the shop that change without a navigation: the server renders a piece of HTML for every address, this script
// swaps it in and writes the history, so that back, forward and reload do what people expect.

const TYPING_PAUSE_MS = 350;

/** Wires a [data-routed] place, if the page has one. `pushEvents` is called with each new piece. */
export function watchRoutes(pushEvents) {
  const place = document.querySelector('[data-routed]');
  if (!place) return;
  const path = place.dataset.routed;
  let latest = 0;
  let pause = 0;

  async function go(url, { push, keepFocus = false }) {
    const mine = ++latest;
    clearTimeout(pause);
    place.setAttribute('aria-busy', 'true');
    let html;
    try {
      const response = await fetch(`${path}/fragment${url.search}`);
      if (!response.ok) throw new Error(`The shop answered ${response.status}.`);
      html = await response.text();
    } catch {
      if (mine === latest) location.assign(url.href); // the browser explains it better than we could
      return;
    }
    if (mine !== latest) return;
    const focused = document.activeElement;
    const caret = focused?.selectionStart ?? null;
    const viewed = place.querySelector('[data-quick-view]') ? document.body.dataset.quickFrom : '';
    place.innerHTML = html;
    place.removeAttribute('aria-busy');
    if (push && url.href !== location.href) history.pushState({ routed: true }, '', url.href);
    document.title = `${place.firstElementChild.dataset.title} · Alcove & Oak`;
    pushEvents(place);
    const dialog = openQuickView();
    if (dialog) return;
    if (keepFocus && focused?.id) {
      const again = document.getElementById(focused.id);
      again?.focus();
      if (caret !== null && again?.type === 'search') again.setSelectionRange(caret, caret);
    } else if (viewed) {
      place.querySelector(`[data-quick="${CSS.escape(viewed)}"]`)?.focus();
    } else if (push) {
      window.scrollTo({ top: 0 });
      document.getElementById('main').focus({ preventScroll: true });
    }
  }

  function openQuickView() {
    const dialog = place.querySelector('[data-quick-view]');
    if (!dialog) return null;
    dialog.open = false;
    dialog.showModal();
    const close = () => dialog.querySelector('[data-close]').click();
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close();
    });
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) close();
    });
    return dialog;
  }

  function addressOf(form) {
    const fields = [...new FormData(form)].filter(([, value]) => value !== '');
    return new URL(`${path}?${new URLSearchParams(fields)}`, location.href);
  }

  /** Writes what was typed into the present address, so that "back" brings it back. */
  function rememberTyped(form) {
    const here = new URL(location.href);
    for (const input of form.querySelectorAll('input:not([type=hidden]), select')) {
      if (input.name && (input.type !== 'radio' || input.checked) && input.value) {
        here.searchParams.set(input.name, input.value);
      }
    }
    if (!form.matches('[data-live]')) history.replaceState(history.state, '', here.href);
  }

  place.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-route]');
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (link.dataset.quick) document.body.dataset.quickFrom = link.dataset.quick;
    go(new URL(link.href), { push: true });
  });
  place.addEventListener('submit', (event) => {
    if (!event.target.matches('form[data-route]')) return;
    event.preventDefault();
    rememberTyped(event.target);
    go(addressOf(event.target), { push: true });
  });
  place.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-live]');
    if (form && event.target.type !== 'search') {
      go(addressOf(form), { push: true, keepFocus: true });
    }
  });
  place.addEventListener('input', (event) => {
    const form = event.target.closest('form[data-live]');
    if (!form || event.target.type !== 'search') return;
    clearTimeout(pause);
    pause = setTimeout(() => go(addressOf(form), { push: true, keepFocus: true }), TYPING_PAUSE_MS);
  });
  window.addEventListener('popstate', () => go(new URL(location.href), { push: false }));
  openQuickView();
}
