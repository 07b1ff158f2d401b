// What happens on the page: the shop's dataLayer (GA4's and gtag's shape), and page views, one for each address. Part of the
// loader, so that nothing is missed while the core is on its way; what it means is the core's to say.

export type Fields = Record<string, unknown>;

/** A page of the shop, as it is when it is viewed. */
export interface Viewed {
  path: string;
  title: string;
  kind: string;
  referrer: string;
}

export type Report = (name: unknown, fields: Fields, page?: Viewed) => void;

const SETTLE_MS = 50; // a router changes the title after the address

const place = () => location.href.replace(/#(?![!/]).*/, '');

/**
 * Reports every event of the page, those already in its dataLayer first. Returns how to report one by name, how to look for a
 * dataLayer that the page has put in the place of the one that was there, and how to read an entry of such a one.
 */
export function watchPage(report: Report) {
  let counted = '';
  let { referrer } = document;
  let watched: unknown[] | undefined;

  /** One page view for each address, whoever speaks of it first: the shop's own tags, or we. */
  const viewed = (fields: Fields = {}) => {
    if (counted === place()) return;
    counted = place();
    const meta = document.querySelector<HTMLMetaElement>('meta[name="cobrowse:page"]');
    const page = {
      path: location.pathname, // no query: those carry what nobody meant to show
      title: document.title,
      kind: meta?.content ?? '',
      referrer: referrer.replace(/[?#].*/, ''),
    };
    report('page_view', fields, page);
    referrer = '';
  };

  const happened = (name: unknown, fields: Fields = {}) => {
    if (name === 'page_view') return viewed(fields);
    const tell = () => {
      viewed(); // a page's view comes before what happens on it
      report(name, fields);
    };
    if (counted === place()) tell();
    else setTimeout(tell, SETTLE_MS);
  };

  const read = (entry: unknown) => {
    try {
      const call = entry as ArrayLike<unknown> & Fields;
      if (call[0] === 'event') happened(call[1], call[2] as Fields | undefined);
      else if (call.event) happened(call.event, call);
    } catch {
      // a page's odd entry is not ours to complain about
    }
  };

  const look = () => {
    const w = window as unknown as { dataLayer?: unknown[] };
    w.dataLayer ??= [];
    if (watched === w.dataLayer) return;
    watched = w.dataLayer;
    const { push } = watched;
    watched.push = function (...entries) {
      const length = push.apply(this, entries);
      entries.forEach(read);
      return length;
    };
    [...watched].forEach(read);
  };

  const moved = () => setTimeout(viewed, SETTLE_MS);
  for (const verb of ['pushState', 'replaceState'] as const) {
    const original = history[verb];
    history[verb] = function (...args) {
      original.apply(this, args);
      moved();
    };
  }
  addEventListener('popstate', moved);
  addEventListener('hashchange', moved);
  viewed();
  look();
  return { happened, look, read };
}
