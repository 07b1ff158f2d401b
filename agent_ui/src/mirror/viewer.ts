// A shopper's page as it is drawn in the console: rrweb's replayer in a sandboxed frame that runs no script, with a policy of
// its own (/console/mirror). A bundle by itself, fetched when the first page is looked at. SPEC mirror.6.

import { Replayer } from '@rrweb/replay';
import { type Checksum, checksum } from '../../../web/core/checksum';
import type { Mirrored, PageFile, Spot } from '../../../web/core/messages';
import { BLUR, EventType, FOCUS, type MirrorEvent, Source } from '../../../web/core/mirror';
import { boxIn, lying } from '../../../web/core/placing';
import { around, type Box, fractions, overlap, type Place } from '../../../web/core/pointing';
import { makePageFiles, type Redraw, redraw } from './files';
import { makeOwn } from './own';
import {
  type Film,
  filmsIn,
  makeShadowStyles,
  PLACEHOLDER,
  type PlaceholderWords,
  placeholderStyles,
} from './placeholders';
import { makeFocus, makeHover, makeSelect, settle } from './settle';

const FRAME = '/console/mirror';
/** So far ahead that every event counts as past, which the replayer draws at once. */
const AHEAD_MS = 1e12;
const MAX_EVENTS_KEPT = 200;

const FIELDS = 'input, textarea, select, [contenteditable]:not([contenteditable=false])';
const WHOLE = /^(date|time|month|week|datetime-local|color|range)$/;
const PRESSED = /^(checkbox|radio|button|submit|reset|image|file|hidden)$/;

const STYLES = [
  '* { cursor: default !important; }',
  // What is selected looks as it does where the page has the focus.
  '::selection { background-color: Highlight; color: HighlightText; }',
  // Where no script runs, Chromium puts controls on every film.
  ...(CSS.supports('selector(video::-webkit-media-controls)')
    ? [':is(video, audio):not([controls])::-webkit-media-controls { display: none !important; }']
    : []),
];

export interface Drawn {
  /** The shopper's viewport; 0 before the first picture. */
  width: number;
  height: number;
  epoch: string;
  cursor: { x: number; y: number; pressed: boolean } | undefined;
  /** The node that has the shopper's focus. */
  focus: number | undefined;
}

/** A field of the page that a CSA may type into, and how. */
export interface PageField {
  epoch: string;
  node: number;
  kind: 'text' | 'choice' | 'whole';
  /** The input's type, where the value is set as a whole. */
  type: string;
  options: string[];
}

/** The smallest that a drawing hangs on: what is smaller makes fractions too coarse. */
const MIN_HANGER_PX = 8;

export interface Viewer {
  /** Draws a batch, or what is drawn already with a file that has come. */
  take(frame: Mirrored | PageFile): Promise<void>;
  /** The node under a point of the page, in the shopper's pixels. */
  spotAt(x: number, y: number): Omit<Spot, 'kind'> | undefined;
  /** A drawing as fractions of the node that it is about: the one under an arrow's tip, else the one it fits best. */
  hang(kind: 'pen' | 'arrow' | 'box', line: readonly Place[]): Omit<Spot, 'kind'> | undefined;
  boxOf(node: number): Box | undefined;
  /** The films of which the posters are drawn. */
  films(): Film[];
  fieldAt(x: number, y: number): PageField | undefined;
  /** What has the focus, as something to type to: keys go to buttons and links as well. */
  fieldOf(node: number): PageField | undefined;
  destroy(): void;
}

/**
 * Two frames, one in the other: rrweb makes the inner one, in which it draws, and that has the policy of the page around it.
 * Neither runs scripts.
 */
async function makeFrame(root: HTMLElement): Promise<HTMLIFrameElement> {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-same-origin');
  frame.title = 'page';
  frame.tabIndex = -1;
  const loaded = new Promise<void>((resolve, reject) => {
    frame.onload = () => resolve();
    frame.onerror = () => reject(new Error('the frame did not load'));
  });
  frame.src = FRAME;
  root.prepend(frame);
  await loaded;
  return frame;
}

function makeReplayer(root: HTMLElement, styles: string[]): Replayer {
  const replayer = new Replayer([], {
    root,
    liveMode: true,
    useVirtualDom: false,
    mouseTail: false,
    pauseAnimation: false,
    showWarning: false,
    triggerFocus: false,
    insertStyleRules: styles,
    logger: { log() {}, warn() {} },
  });
  replayer.startLive(Date.now() + AHEAD_MS);
  return replayer;
}

/**
 * Draws into `root` what is of this site, with `words` where something is not shown. `drawn` is called after each batch, `missed` when one is missing, `drifted` when what is
 * drawn is not the page any more.
 */
export async function makeViewer(
  root: HTMLElement,
  site: string,
  words: PlaceholderWords,
  drawn: (page: Drawn) => void,
  missed: () => void,
  drifted: () => void,
): Promise<Viewer> {
  const page: Drawn = { width: 0, height: 0, epoch: '', cursor: undefined, focus: undefined };
  const frame = await makeFrame(root);
  const { body } = frame.contentDocument as Document;
  body.style.margin = '0';
  const styles = [...STYLES, ...placeholderStyles(words)];
  const replayer = makeReplayer(body, styles);
  const styleShadow = makeShadowStyles(styles);
  const { iframe } = replayer;
  iframe.style.border = '0';
  const mirror = replayer.getMirror();
  const nodes = { nodeOf: (id: number) => mirror.getNode(id) };
  const files = makePageFiles(site);
  const drawing = { fileAt: files.at, media: '' };
  const hover = makeHover();
  const focus = makeFocus();
  const select = makeSelect();
  let next_seq = -1;
  let isTrusted = true;
  // Batches are drawn in the order of their coming, however long each takes to unpack.
  let line: Promise<void> = Promise.resolve();

  function draw(events: MirrorEvent[]) {
    /** What was drawn before its file was named. */
    const anew = new Map<string, string>();
    for (const event of events) {
      if (event.type === EventType.Checksum) {
        compare(event.data);
        continue;
      }
      if (event.type === EventType.FileSent) continue;
      if (event.type === EventType.FileNamed) {
        for (const each of files.name(event.data.address, event.data.hash)) anew.set(...each);
        continue;
      }
      if (event.type === EventType.Meta) {
        page.width = event.data.width;
        page.height = event.data.height;
        drawing.media = event.data.media ?? '';
      }
      if (event.type === EventType.Incremental && event.data.source === Source.Selection) {
        select(event.data.ranges, nodes.nodeOf);
        continue;
      }
      if (event.type === EventType.FullSnapshot) anew.clear();
      const unsettled = makeOwn(event, drawing, nodes);
      // At once, where the replayer's own way in waits for a microtask: the next event may be about what this one draws.
      replayer.service.send({ type: 'ADD_EVENT', payload: { event: event as never } });
      if (event.type === EventType.Incremental) note(event.data);
      const chosen = event.type === EventType.Incremental && 'text' in event.data;
      for (const id of unsettled) {
        const node = mirror.getNode(id);
        if (!isElement(node)) continue;
        settle(node, words.field, chosen ? (event.data as { text: string }).text : undefined);
        if (node.shadowRoot) styleShadow(node.shadowRoot);
      }
    }
    redrawn(anew);
    const { events: kept } = replayer.service.state.context;
    if (kept.length > MAX_EVENTS_KEPT) kept.splice(0, kept.length - MAX_EVENTS_KEPT);
    frame.style.width = `${page.width}px`;
    frame.style.height = `${page.height}px`;
    queueMicrotask(() => drawn(page));
  }

  function redrawn(files: Redraw) {
    if (iframe.contentDocument) redraw(iframe.contentDocument, files);
  }

  /** A new page is asked for once: if that is not equal either, another would not be. SPEC equal.2. */
  function compare(expected: Checksum) {
    const root = iframe.contentDocument;
    if (!root) return;
    const steps = checksum(root, {
      idOf: (node) => mirror.getId(node),
      standing: (element) => (isLeaf(element) ? 'leaf' : 'in'),
    });
    let step = steps.next();
    while (!step.done) step = steps.next();
    const { elements, hash } = step.value;
    const isEqual = elements === expected.elements && hash === expected.hash;
    if (!isEqual && isTrusted) drifted();
    isTrusted = isEqual;
  }

  function note(data: (MirrorEvent & { type: EventType.Incremental })['data']) {
    if (data.source === Source.ViewportResize) {
      page.width = data.width;
      page.height = data.height;
    } else if ('positions' in data) {
      const last = data.positions.at(-1);
      if (last) {
        // Before it has moved only what is under it is known.
        if (last.x >= 0)
          page.cursor = { x: last.x, y: last.y, pressed: page.cursor?.pressed ?? false };
        const over = mirror.getNode(last.id);
        hover(isElement(over) ? over : null);
      }
    } else if (
      data.source === Source.MouseInteraction &&
      data.x !== undefined &&
      data.y !== undefined
    ) {
      page.cursor = { x: data.x, y: data.y, pressed: data.type === 1 };
    }
    if (data.source === Source.MouseInteraction) {
      if (data.type === FOCUS) page.focus = data.id;
      else if (data.type === BLUR && page.focus === data.id) page.focus = undefined;
      else return;
      const focused = page.focus === undefined ? null : mirror.getNode(page.focus);
      focus(isElement(focused) ? focused : null);
    }
  }

  const elementAt = (x: number, y: number) =>
    iframe.contentDocument && lying(iframe.contentDocument, x, y);

  /** Undefined for what the page itself does not have. */
  function idOf(node: Node): number | undefined {
    const id = replayer.getMirror().getId(node);
    return id > 0 ? id : undefined;
  }

  function boxOf(id: number): Box | undefined {
    const node = mirror.getNode(id);
    return isElement(node) ? boxIn(iframe.contentWindow, node) : undefined;
  }

  function describe(field: Element): PageField | undefined {
    const node = idOf(field);
    if (!node) return undefined;
    const type = field.getAttribute('type') ?? '';
    const kind = field.localName === 'select' ? 'choice' : WHOLE.test(type) ? 'whole' : 'text';
    const options = [...field.querySelectorAll('option')].map((option) => option.label);
    return { epoch: page.epoch, node, kind, type, options };
  }

  async function unpackAndDraw({ epoch, seq, part, deflated }: Mirrored): Promise<void> {
    const text = deflated ? await inflate(part) : new TextDecoder().decode(part);
    if (seq === 0) {
      page.epoch = epoch;
      page.focus = undefined;
      files.turn();
      next_seq = 0;
    }
    if (epoch !== page.epoch || seq !== next_seq) {
      if (next_seq >= 0) missed();
      next_seq = -1;
      return;
    }
    next_seq += 1;
    draw(JSON.parse(text));
  }

  return {
    take(frame) {
      line = line
        .then(() => (frame.t === 'file' ? redrawn(files.take(frame)) : unpackAndDraw(frame)))
        .catch(missed);
      return line;
    },
    spotAt(x, y) {
      const node = elementAt(x, y);
      const id = node && idOf(node);
      const box = id && boxOf(id);
      if (!id || !box || !page.epoch || box.width <= 0 || box.height <= 0) return undefined;
      const within = (part: number) => Math.min(1, Math.max(0, part));
      const [fx, fy] = [within((x - box.left) / box.width), within((y - box.top) / box.height)];
      return { epoch: page.epoch, node: id, fx, fy };
    },
    hang(kind, line) {
      const drawnBox = around(line);
      const [tail, tip] = [line[0], line.at(-1)];
      if (!page.epoch || !tail || !tip) return undefined;
      const middle: Place = [
        drawnBox.left + drawnBox.width / 2,
        drawnBox.top + drawnBox.height / 2,
      ];
      let best: { node: number; box: Box; fit: number } | undefined;
      for (const at of kind === 'arrow' ? [tip] : [middle, tail, tip]) {
        for (let each = elementAt(...at); each; each = each.parentElement) {
          const node = idOf(each);
          const box = node && boxOf(node);
          if (!node || !box || Math.min(box.width, box.height) < MIN_HANGER_PX) continue;
          const fit = overlap(box, drawnBox);
          if (!best || (kind !== 'arrow' && fit > best.fit)) best = { node, box, fit };
          if (kind === 'arrow') break;
        }
      }
      if (!best) return undefined;
      const { node, box } = best;
      return { epoch: page.epoch, node, fx: 0.5, fy: 0.5, path: fractions(line, box) };
    },
    boxOf,
    films: () => (iframe.contentDocument ? filmsIn(iframe.contentDocument) : []),
    fieldAt(x, y) {
      const found = elementAt(x, y);
      const field = found?.closest(FIELDS) ?? found?.closest('label')?.control;
      const described = field ? describe(field) : undefined;
      return described?.kind === 'text' && PRESSED.test(described.type) ? undefined : described;
    },
    fieldOf(id) {
      const node = mirror.getNode(id);
      return isElement(node) ? describe(node) : undefined;
    },
    destroy() {
      replayer.destroy();
      frame.remove();
    },
  };
}

const isLeaf = (element: Element) =>
  element.nodeName === 'CANVAS' || element.matches(`[${PLACEHOLDER}]:not([${PLACEHOLDER}=field])`);

/** Elements of the drawn page are of another realm: `instanceof` does not know them. */
function isElement(node: Node | null): node is HTMLElement {
  return node?.nodeType === Node.ELEMENT_NODE;
}

/** Written at once: a Blob of the bytes would ask another process, and wait. */
async function inflate(part: Uint8Array): Promise<string> {
  const { writable, readable } = new DecompressionStream('deflate-raw');
  const writer = writable.getWriter();
  // What fails is told at the other end.
  void writer.write(part as Uint8Array<ArrayBuffer>).catch(() => undefined);
  void writer.close().catch(() => undefined);
  return new Response(readable).text();
}
