// The one file that a shop's page names: keeps early calls and events, and loads the core when the page has time to spare.

import { type Report, watchPage } from './events';

type Api = { (...call: unknown[]): void; q?: unknown; on?: boolean };
declare global {
  interface Window {
    Cobrowse?: Api;
  }
}

/** What the core is started with. `listen` gives the events so far, then each as it happens. */
export interface Page {
  listen(report: Report): void;
  happened(name: unknown, fields?: Record<string, unknown>): void;
}

(() => {
  const MAX_EARLY = 100;
  const tag = (document.currentScript ??
    document.querySelector('script[src*="/cobrowse.js"]')) as HTMLScriptElement | null;
  const stub: Api = (...call) => {
    (stub.q as unknown[]).push(call);
  };
  stub.q = [];
  window.Cobrowse ??= stub;
  const api = window.Cobrowse;
  if (!tag || api.on) return;
  api.on = true; // a page that holds the tag twice starts it once

  const early: Parameters<Report>[] = [];
  // What happens on a page that is left before its core comes waits in the tab for the next page.
  try {
    early.push(...JSON.parse(sessionStorage.cobrowse));
    sessionStorage.cobrowse = '';
  } catch {} // nothing was left, or storage is blocked
  addEventListener('pagehide', () => {
    try {
      [...(api.q as unknown[])].forEach(read);
      sessionStorage.cobrowse = JSON.stringify(early.splice(0));
    } catch {} // the core is here, or storage is blocked
  });
  let report: Report = (...event) => {
    if (early.length < MAX_EARLY) early.push(event);
  };
  const { look, read, happened } = watchPage((...event) => report(...event));
  const page: Page = {
    happened,
    listen(to: Report) {
      report = to;
      for (const event of early.splice(0)) to(...event);
      look();
    },
  };
  // Without its core the page is just the shop's page.
  const load = (file: string, use: (part: any) => void) =>
    import(new URL(`assets/${file}`, tag.src).href).then(use).catch(() => {});
  const start = () => {
    // Whoever sets the masking up: of this page nothing leaves, so nothing else begins.
    if (/^#cobrowse-preview=/.test(location.hash)) {
      load(PREVIEW_FILE, ({ preview }) => preview(tag.src, tag.dataset.site));
      return;
    }
    load(CORE_FILE, (core) => core.start(new URL(tag.src), tag.dataset.site ?? '', page));
    load(ATTENTION_FILE, (attention) => attention.start(page.happened));
  };
  const spare = window.requestIdleCallback ?? setTimeout;
  const whenSpare = () => spare(start, { timeout: 2000 } as never);
  if (document.readyState === 'complete') whenSpare();
  else addEventListener('load', whenSpare);
})();
