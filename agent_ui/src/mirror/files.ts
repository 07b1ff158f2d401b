// Pictures and fonts that the shopper's page has brought, in the place of their addresses: those of the page as it is
// are drawn, those of the pages before it are kept a while, since they come once. SPEC file.6.

import type { PageFile } from '../../../web/core/messages';
import { shopFile } from '../addresses';

/** Twice what the server holds of a room. */
const MAX_KEPT_CHARS = 4 * 1024 * 1024;
const MEDIA_TYPE = /^(?:image|font)\/[a-z0-9-]+$/;
const SLICE_BYTES = 0x2000;

/** By what is drawn in the place of an address: before and after. */
export type Redraw = ReadonlyMap<string, string>;

export interface PageFiles {
  /** What is drawn in the place of an address: the file that the page brought, else one by way of our server. */
  at(address: string): string;
  /** A file has come. What is drawn already must be drawn with it. */
  take(file: PageFile): Redraw;
  /** What is at the address is the file of this hash. */
  name(address: string, hash: string): Redraw;
  /** Another page begins. */
  turn(): void;
}

export function makePageFiles(site: string): PageFiles {
  /** By hash, as `data:`; the latest named last. */
  const bodies = new Map<string, string>();
  const hashes = new Map<string, string>();

  const at = (address: string) => bodies.get(hashes.get(address) ?? '') ?? shopFile(site, address);

  return {
    at,
    take({ hash, media_type, body }) {
      const redraw = new Map<string, string>();
      if (bodies.has(hash) || !MEDIA_TYPE.test(media_type)) return redraw;
      const data = `data:${media_type};base64,${base64(body)}`;
      let chars = data.length;
      for (const each of bodies.values()) chars += each.length;
      for (const [key, each] of bodies) {
        if (chars <= MAX_KEPT_CHARS) break;
        bodies.delete(key);
        chars -= each.length;
      }
      bodies.set(hash, data);
      for (const [address, named] of hashes)
        if (named === hash) redraw.set(shopFile(site, address), data);
      return redraw;
    },
    name(address, hash) {
      const before = at(address);
      hashes.set(address, hash);
      const body = bodies.get(hash);
      if (!body) return new Map();
      bodies.delete(hash);
      bodies.set(hash, body);
      return before === body ? new Map() : new Map([[before, body]]);
    },
    turn() {
      hashes.clear();
    },
  };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += SLICE_BYTES)
    text += String.fromCharCode(...bytes.subarray(at, at + SLICE_BYTES));
  return btoa(text);
}

/** Draws what stands in this document or shadow root with the files in the place of their addresses. */
export function redraw(root: Document | ShadowRoot, files: Redraw): void {
  if (!files.size) return;
  const anew = (text: string) => {
    let after = text;
    for (const [address, file] of files)
      after = after.replaceAll(`url("${address}")`, `url("${file}")`);
    return after;
  };
  for (const sheet of [...root.styleSheets, ...root.adoptedStyleSheets]) {
    const rules = sheet.cssRules;
    for (let place = 0; place < rules.length; place++) {
      const text = rules[place]?.cssText ?? '';
      const after = text.includes('url(') ? anew(text) : text;
      if (after === text) continue;
      // In its own place: changes that follow name it by that.
      sheet.deleteRule(place);
      sheet.insertRule(after, place);
    }
  }
  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    for (const name of ['src', 'poster']) {
      const file = files.get(element.getAttribute(name) ?? '');
      if (file) element.setAttribute(name, file);
    }
    const style = element.getAttribute('style');
    if (style?.includes('url(')) {
      const after = anew(style);
      if (after !== style) element.setAttribute('style', after);
    }
    if (element.shadowRoot) redraw(element.shadowRoot, files);
    const inner = element.nodeName === 'IFRAME' && (element as HTMLIFrameElement).contentDocument;
    if (inner) redraw(inner, files);
  }
}
