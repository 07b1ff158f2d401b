// What a page cannot be told from its events: how far it was scrolled, the pointer that leaves for the browser's bar, and the
// campaign in its address. Loaded when the page has time to spare; told as the events that GA4 knows, so that a shop which
// tells them itself is not told twice.

type Happened = (name: string, fields: Record<string, unknown>) => void;

const REST_MS = 400; // a page that is scrolled past is not read: what counts is where it rests
const QUARTER = 25;
const CAMPAIGN = ['source', 'medium', 'campaign', 'content', 'term'] as const;

/** How much of the page has been on screen, in whole quarters of a hundred. */
export function quarters(seen_px: number, height_px: number): number {
  const percent = height_px > 0 ? (100 * seen_px) / height_px : 0;
  return Math.min(100, Math.floor((percent + 1) / QUARTER) * QUARTER);
}

/** The campaign that an address names, undefined for none. */
export function campaignOf(search: string): Record<string, string> | undefined {
  const given = new URLSearchParams(search);
  const found: Record<string, string> = {};
  for (const name of CAMPAIGN) {
    const value = given.get(`utm_${name}`);
    if (value) found[name] = value;
  }
  return Object.keys(found).length ? found : undefined;
}

/** Watches the page and reports, each thing once a page. Returns how to stop. */
export function start(happened: Happened): () => void {
  const life = new AbortController();
  let place = '';
  let deepest = 0;
  let left = false;
  let rest = 0;

  /** A router shows another page without loading one. */
  const turned = () => {
    if (place === location.pathname) return;
    place = location.pathname;
    deepest = 0;
    left = false;
  };

  const rested = () => {
    turned();
    const { scrollHeight } = document.documentElement;
    const depth = quarters(scrollY + innerHeight, scrollHeight);
    if (scrollHeight <= innerHeight || depth <= deepest) return;
    deepest = depth;
    happened('scroll', { percent_scrolled: depth });
  };

  const scrolled = () => {
    clearTimeout(rest);
    rest = window.setTimeout(rested, REST_MS);
  };

  const leaves = ({ clientY, relatedTarget }: MouseEvent) => {
    turned();
    if (left || relatedTarget || clientY > 0) return;
    left = true;
    happened('exit_intent', {});
  };

  turned();
  const campaign = campaignOf(location.search);
  if (campaign) happened('campaign_details', campaign);
  addEventListener('scroll', scrolled, { passive: true, signal: life.signal });
  document.addEventListener('mouseout', leaves, life);
  return () => {
    clearTimeout(rest);
    life.abort();
  };
}
