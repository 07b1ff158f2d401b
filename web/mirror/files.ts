// Pictures and fonts that only the shopper's browser may fetch: the page brings them itself, where the site says of which
// paths. A bundle of its own, loaded only there. It looks at what leaves the page anyway: what is masked names no picture,
// and so brings none. SPEC file.4.

import {
  type AttributeValue,
  EventType,
  type Incremental,
  type MirrorEvent,
  type MirrorNode,
  Source,
} from '../core/mirror';
import { onPage } from './paths';

/** The server has the same bounds (cobrowse/core/page_files.py), and ends the mirror of a page that does not keep them. */
const MAX_FILE_BYTES = 256 * 1024;
const MAX_PAGE_BYTES = 512 * 1024;
const MAX_FILES = 64;
const PIECE_BYTES = 48 * 1024;
const MAX_ADDRESS_CHARS = 2000;
const PACE_MS = 25;
/** As many as a browser tells of what it has loaded, if nobody says otherwise: of more it does not tell. */
const TIMELINE_ENTRIES = 250;

const ADDRESSES = ['src', 'poster'] as const;
const CSS_ADDRESS = /url\("([^"\\]+)"\)/g;
/** The first bytes of pictures and fonts; an SVG or a style sheet has none that tell. */
const FIRST_BYTES = [
  ...['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'GIF87a', 'GIF89a', '\0\0\x01\0'],
  ...['wOFF', 'wOF2', '\0\x01\0\0\0', 'true\0', 'OTTO'],
];

export interface FilesPort {
  nodeOf(id: number): Node | null;
  /** Sends an event with the page's next changes. */
  tell(event: MirrorEvent): void;
  /** Whether all that was told has left the browser. */
  isClear(): boolean;
  /** Counts how often what waited was dropped, since the page is told anew. */
  drops(): number;
  /** The hashes of the files that the server has; what it says anew takes the place of what we added. */
  here(): Set<string>;
}

/** Gets what is about to be sent; returns the names of those files in it that the server has, to be sent before it. */
export type BringFiles = (events: readonly MirrorEvent[]) => MirrorEvent[];

/** Files of these paths, until `signal` ends it. Where there is no safe origin there is nothing to reckon with. */
export function bringFiles(
  paths: readonly string[],
  port: FilesPort,
  signal: AbortSignal,
): BringFiles {
  const { subtle } = crypto;
  const { origin } = location;
  const hashes = new Map<string, string>();
  const sent = new Set<string>();
  /** By address: where the page itself has loaded it from; "" where queries, which do not leave the page, tell several apart. */
  const loaded = new Map<string, string>();
  const wanted = new Set<string>();
  const asked = new Set<string>();
  const named = new Set<string>();
  let left_bytes = MAX_PAGE_BYTES;
  let tries = 0;
  let line = Promise.resolve();

  const isOurs = (address: string) =>
    address.startsWith(`${origin}/`) &&
    address.length <= MAX_ADDRESS_CHARS &&
    paths.some((path) => onPage(path, address.slice(origin.length)));

  function note(url: string) {
    const address = bare(url);
    if (!isOurs(address)) return;
    loaded.set(address, (loaded.get(address) ?? url) === url ? url : '');
    if (wanted.has(address)) ask(address);
  }

  const { length } = performance.getEntriesByType('resource');
  const timeline = new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) note(name);
  });
  timeline.observe({ type: 'resource', buffered: true });
  signal.addEventListener('abort', () => timeline.disconnect());

  function ask(address: string) {
    const url = loaded.get(address) ?? (length < TIMELINE_ENTRIES ? '' : address);
    if (!url || asked.has(address) || tries >= MAX_FILES) return;
    asked.add(address);
    tries++;
    line = line
      .then(() => (loaded.get(address) === '' ? undefined : bring(address, url)))
      .catch(() => undefined);
  }

  async function bring(address: string, url: string) {
    if (signal.aborted) return;
    const answer = await fetch(url, {
      mode: 'same-origin',
      credentials: 'same-origin',
      cache: 'force-cache',
      redirect: 'error',
      signal,
    });
    const bytes = answer.ok && (await read(answer, MAX_FILE_BYTES));
    if (!bytes || !isPictureOrFont(bytes)) return;
    const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
    const hash = Array.from(digest, (n) => n.toString(16).padStart(2, '0')).join('');
    if (!port.here().has(hash)) {
      if (!sent.has(hash)) {
        if (bytes.length > left_bytes) return;
        left_bytes -= bytes.length;
        sent.add(hash);
      }
      await send(hash, bytes);
    }
    if (signal.aborted) return;
    port.here().add(hash);
    hashes.set(address, hash);
    asked.delete(address);
    wanted.delete(address); // our own fetching is told of as loading, too
    named.add(address);
    port.tell(nameOf(address, hash));
  }

  /** Piece by piece, each when nothing waits before it: the page's changes never wait for more than one. */
  async function send(hash: string, bytes: Uint8Array) {
    let [at, drops] = [0, port.drops()];
    for (;;) {
      while (!port.isClear()) {
        if (signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      }
      // What was on its way is dropped when the page is told anew.
      if (drops !== port.drops()) [at, drops] = [0, port.drops()];
      if (signal.aborted || at >= bytes.length) return;
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      const body = btoa(Array.from(piece, (n) => String.fromCharCode(n)).join(''));
      const data = { hash, size_bytes: bytes.length, at, body };
      port.tell({ type: EventType.FileSent, timestamp: 0, data });
      at += PIECE_BYTES;
    }
  }

  return (events) => {
    if (!subtle) return [];
    const names: MirrorEvent[] = [];
    for (const event of events) {
      if (event.type === EventType.FullSnapshot) {
        named.clear();
        wanted.clear();
      }
      for (const [address, url] of addressesIn(event, port.nodeOf)) {
        if (!isOurs(address)) continue;
        if (url) note(url);
        const hash = hashes.get(address);
        if (!hash || !port.here().has(hash)) {
          wanted.add(address);
          ask(address);
        } else if (!named.has(address)) {
          named.add(address);
          names.push(nameOf(address, hash));
        }
      }
    }
    return names;
  };
}

const nameOf = (address: string, hash: string): MirrorEvent => ({
  type: EventType.FileNamed,
  timestamp: 0,
  data: { address, hash },
});

const bare = (url: string) => url.replace(/[?#].*/s, '');

/** The addresses in an event, and where the page has loaded a picture from, if an element of it says that. */
function* addressesIn(
  event: MirrorEvent,
  nodeOf: (id: number) => Node | null,
): Generator<[address: string, url?: string]> {
  if (event.type === EventType.FullSnapshot) yield* inNode(event.data.node);
  if (event.type === EventType.Incremental) yield* inChange(event.data);

  function* inCss(css: unknown): Generator<[string]> {
    if (typeof css !== 'string') return;
    for (const [, address = ''] of css.matchAll(CSS_ADDRESS)) yield [address];
  }

  function* inAttributes(
    id: number,
    attributes: Record<string, AttributeValue>,
  ): Generator<[string, string?]> {
    for (const name of ADDRESSES) {
      const address = attributes[name];
      if (typeof address !== 'string' || !/^http/.test(address)) continue;
      const live = nodeOf(id) as HTMLImageElement | null;
      // Of what is not there yet the browser tells when it is; of pictures in frames it never does.
      const url = live?.complete && live.naturalWidth ? live.currentSrc : '';
      yield url && bare(url) === address ? [address, url] : [address];
    }
    // Of a sheet that is named by its hash the text is still there, though it is not sent.
    yield* inCss(attributes._cssText);
    const { style } = attributes;
    for (const value of typeof style === 'object' && style ? Object.values(style) : [style])
      yield* inCss(Array.isArray(value) ? value[0] : value);
  }

  function* inNode({
    id,
    attributes = {},
    isStyle,
    textContent,
    childNodes = [],
  }: MirrorNode): Generator<[string, string?]> {
    yield* inAttributes(id, attributes);
    if (isStyle) yield* inCss(textContent);
    for (const child of childNodes) yield* inNode(child);
  }

  function* inChange(data: Incremental): Generator<[string, string?]> {
    switch (data.source) {
      case Source.Mutation: {
        // Lists that hold nothing have been left out.
        const { adds = [], attributes = [], texts = [] } = data as Partial<typeof data>;
        for (const { node } of adds) yield* inNode(node);
        for (const each of attributes) yield* inAttributes(each.id, each.attributes);
        for (const { id, value } of texts)
          if (nodeOf(id)?.parentNode?.nodeName === 'STYLE') yield* inCss(value);
        break;
      }
      case Source.StyleSheetRule:
        for (const { rule } of data.adds ?? []) yield* inCss(rule);
        yield* inCss(data.replace);
        yield* inCss(data.replaceSync);
        break;
      case Source.StyleDeclaration:
        yield* inCss(data.set?.value);
        break;
      case Source.AdoptedStyleSheet:
        for (const { rules } of data.styles ?? []) for (const { rule } of rules) yield* inCss(rule);
    }
  }
}

/** The body of an answer; undefined, and read no further, where it has more than `max_bytes`. */
async function read(
  { body }: Response,
  max_bytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = body?.getReader();
  const bytes = new Uint8Array(max_bytes);
  for (let at = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) return bytes.slice(0, at);
    if (at + value.length > max_bytes) {
      await reader.cancel();
      return undefined;
    }
    bytes.set(value, at);
    at += value.length;
  }
  return undefined;
}

function isPictureOrFont(bytes: Uint8Array): boolean {
  const first = String.fromCharCode(...bytes.subarray(0, 12));
  return (
    FIRST_BYTES.some((each) => first.startsWith(each)) ||
    (first.startsWith('RIFF') && first.endsWith('WEBP')) ||
    /^ftypavi[fs]$/.test(first.slice(4))
  );
}
