// The recorder: what changes on the page becomes batches for the server, masked before anything else is done with it. Loaded
// only after the shopper has consented. SPEC mirror.1 to mirror.3.

import { record } from '@rrweb/record';
import { checksum } from '../core/checksum';
import {
  EventType,
  FOCUS,
  type Incremental,
  type MaskRule,
  type MirrorEvent,
  type Mutation,
  Source,
} from '../core/mirror';
import type { Recorder, RecorderPort } from '../snippet/shell';
import type { Page } from './attributes';
import { cleanEvent, cleanSnapshot } from './clean';
import { readSheets } from './css';
import type { BringFiles, bringFiles } from './files';
import { nameKnown } from './known';
import { isBox, isElement, isOmitted } from './nodes';
import { pack } from './pack';
import { slice, soon } from './slices';
import { type Change, followStates, hovered, type States } from './states';
import { judge } from './verdict';

const MAX_PART_BYTES = 56 * 1024; // a frame has 64 KiB, and other fields
const DEFLATE_FROM_CHARS = 1024;
const MIN_GAP_MS = 20;
/** With so much unsent the page stops telling, and shows itself anew once the way is clear. */
const MAX_UNSENT_BYTES = 256 * 1024;
const CLEAR_MS = 100;
const ANEW_MS = 300;
const CHECK_AFTER_MS = 1000;

/** By their names, which rrweb must not even look into: what is in them is never sent. */
const NEVER = 'frame, object, embed, math, cobrowse-widget';

export function makeRecorder(port: RecorderPort): Recorder {
  let page: Page | undefined;
  let rules: readonly MaskRule[] = [];
  let catalogue = true;
  /** Style sheets that the server has, by their hashes. */
  let known: ReadonlySet<string> = new Set();
  /** Pictures and fonts that it has, and what brings those that it has not, where the site's pages do. */
  let knownFiles = new Set<string>();
  let bring: BringFiles | undefined;
  let endBringing: AbortController | undefined;
  /** Counts how often what waited to be sent was dropped. */
  let drops = 0;
  let path = '';
  let stopRrweb: (() => void) | undefined;
  /** Counts the recordings: what a former one left in flight is dropped. */
  let life = 0;
  let epoch = '';
  let seq = 0;
  let queue: MirrorEvent[] = [];
  let timer = 0;
  let anew = 0;
  let checking = 0;
  /** Counts what has happened: a checksum holds only for a page that stood still. */
  let happened = 0;
  let sentAt = 0;
  let busy = false;
  /** Ends the cleaning of a snapshot that goes on now; what happens meanwhile waits for its end. */
  let endSlices: (() => void) | undefined;
  let waiting: MirrorEvent[] = [];
  /** The page changed while its snapshot was cleaned: the next one is cleaned in one piece. */
  let wasDisturbed = false;
  let states: States | undefined;

  function renewPage() {
    path = location.pathname;
    page = {
      verdicts: judge(rules, catalogue, path),
      sheets: readSheets(),
      states,
      nodeOf: (id) => record.mirror.getNode(id),
      idOf: (node) => record.mirror.getId(node),
    };
  }

  function take(event: MirrorEvent) {
    if (!page) return;
    happened++;
    if (event.type === EventType.Meta) {
      renewPage();
      endSlices?.();
      endSlices = undefined;
      epoch = Array.from(crypto.getRandomValues(new Uint8Array(6)), (n) =>
        (n % 36).toString(36),
      ).join('');
      seq = 0;
      drop();
      waiting = [];
    } else if (endSlices) {
      waiting.push(event);
      return;
    } else if (location.pathname !== path) {
      renewPage();
      snapshotSoon();
    }
    try {
      // What was drawn before goes by the new verdicts, too.
      if (saysMasks(event) || tightens(page, event)) snapshotSoon();
      if (event.type === EventType.FullSnapshot) takeSnapshot(event);
      else add(cleanEvent(page, event));
    } catch {
      snapshotSoon(); // what could not be weighed does not go out
    }
  }

  function drop() {
    queue = [];
    drops++;
  }

  /** Brings what only this browser may fetch. What goes out before that part of us is here is looked at then. SPEC file.4. */
  function bringSoon(paths: readonly string[]) {
    const life = new AbortController();
    endBringing = life;
    const early: MirrorEvent[] = [];
    bring = (events) => {
      early.push(...events);
      return [];
    };
    type Module = { bringFiles: typeof bringFiles };
    (import(new URL(FILES_FILE, import.meta.url).href) as Promise<Module>)
      .then((files) => {
        if (life.signal.aborted) return;
        const way = {
          nodeOf: (id: number) => record.mirror.getNode(id),
          tell: add,
          isClear: () => !queue.length && !busy && !endSlices && !port.waiting_bytes(),
          drops: () => drops,
          here: () => knownFiles,
        };
        bring = files.bringFiles(paths, way, life.signal);
        bring(early);
      })
      .catch(() => {
        if (endBringing === life) bring = undefined;
      });
  }

  function add(cleaned: MirrorEvent | undefined) {
    if (cleaned) queue.push(cleaned);
    if (page?.sheets.missed) snapshotSoon();
    flushSoon();
  }

  /** In slices while the page stays as it is; a page that does not gets one long task, once. SPEC mirror.3. */
  function takeSnapshot(event: Extract<MirrorEvent, { type: EventType.FullSnapshot }>) {
    const steps = cleanSnapshot(page as Page, event);
    if (wasDisturbed) {
      wasDisturbed = false;
      let step = steps.next();
      while (!step.done) step = steps.next();
      add(step.value);
      return tellPlace();
    }
    endSlices = slice(
      steps,
      () => location.pathname !== path || waiting.some(changesPage),
      (cleaned) => {
        endSlices = undefined;
        const late = waiting;
        waiting = [];
        add(cleaned);
        tellPlace();
        late.forEach(take);
      },
      () => {
        wasDisturbed = true;
        record.takeFullSnapshot(true);
      },
    );
  }

  /** Who comes late sees where the shopper is, too: at what, though not where on it, if the pointer has not moved here. */
  function tellPlace() {
    const tell = (data: Incremental) =>
      queue.push({ type: EventType.Incremental, timestamp: Math.round(performance.now()), data });
    const { activeElement, body } = document;
    let id = record.mirror.getId(activeElement);
    if (id > 0 && activeElement !== body)
      tell({ source: Source.MouseInteraction, type: FOCUS, id });
    id = record.mirror.getId([...document.querySelectorAll(':hover')].pop());
    if (id > 0) tell(hovered(id));
  }

  function snapshotSoon() {
    const of = life;
    anew ||= window.setTimeout(() => {
      anew = 0;
      if (of === life && stopRrweb) record.takeFullSnapshot(true);
    }, ANEW_MS);
  }

  function flushSoon(wait_ms = sentAt + MIN_GAP_MS - performance.now()) {
    if (timer || busy || endSlices || !queue.length) return;
    if (wait_ms <= 0) {
      timer = -1;
      const isLong = queue.some((each) => each.type === EventType.FullSnapshot);
      (isLong ? soon : queueMicrotask)(flush);
    } else timer = window.setTimeout(flush, wait_ms);
  }

  async function flush() {
    timer = 0;
    if (!queue.length || busy || endSlices) return;
    const of = life;
    if (port.waiting_bytes() > MAX_UNSENT_BYTES) {
      drop();
      window.setTimeout(function look() {
        if (of !== life || !stopRrweb) return;
        if (port.waiting_bytes() > 0) window.setTimeout(look, CLEAR_MS);
        else record.takeFullSnapshot(true);
      }, CLEAR_MS);
      return;
    }
    const [events, its_epoch, its_seq] = [queue, epoch, seq++];
    queue = [];
    if (bring) events.unshift(...bring(events));
    if (known.size && its_seq === 0) {
      busy = true;
      await nameKnown(events, known);
    }
    const text = JSON.stringify(events);
    const deflated = text.length >= DEFLATE_FROM_CHARS && 'CompressionStream' in window;
    busy = deflated;
    const bytes = new TextEncoder().encode(text);
    const body = deflated ? await deflate(bytes) : bytes;
    busy = false;
    if (of === life && its_epoch === epoch) send(body, its_epoch, its_seq, deflated);
    sentAt = performance.now();
    if (
      of === life &&
      events.some((each) => each.type === EventType.FullSnapshot || changesPage(each))
    )
      checkSoon();
    flushSoon();
  }

  /** Once the page has been quiet for a while, and has nothing better to do. SPEC equal.2. */
  function checkSoon() {
    const of = life;
    clearTimeout(checking);
    if (!('requestIdleCallback' in window)) return;
    checking = window.setTimeout(() => {
      const [of_page, since] = [page, happened];
      if (!of_page) return;
      of_page.verdicts.renew();
      const steps = checksum(document, {
        idOf: of_page.idOf,
        standing: (element) =>
          isOmitted(of_page, element)
            ? 'out'
            : element.localName === 'canvas' || isBox(of_page, element)
              ? 'leaf'
              : 'in',
      });
      requestIdleCallback(function go(idle) {
        if (of !== life) return;
        // What waits may be a piece of a file, after which nobody looks again.
        if (queue.length || busy || endSlices) return checkSoon();
        let step = steps.next();
        while (!step.done && idle.timeRemaining() > 1) step = steps.next();
        if (happened !== since) return;
        if (!step.done) requestIdleCallback(go);
        else add({ type: EventType.Checksum, timestamp: 0, data: step.value });
      });
    }, CHECK_AFTER_MS);
  }

  function send(body: Uint8Array, its_epoch: string, its_seq: number, deflated: boolean) {
    for (let at = 0; at < body.length; at += MAX_PART_BYTES) {
      const part = body.subarray(at, at + MAX_PART_BYTES);
      const more = at + MAX_PART_BYTES < body.length;
      port.send(pack({ room: port.room(), epoch: its_epoch, seq: its_seq, deflated, more }, part));
    }
  }

  /** What rrweb does not tell goes the same way as what it tells. */
  function tellState({ source, ...change }: Change) {
    const data =
      source === Source.Mutation
        ? { source, texts: [], removes: [], adds: [], attributes: [change] }
        : { source, ...change };
    take({ type: EventType.Incremental, timestamp: 0, data } as MirrorEvent);
  }

  function start() {
    states = followStates((node) => record.mirror.getId(node), tellState, snapshotSoon);
    stopRrweb = record({
      emit: (event) => take(event as unknown as MirrorEvent),
      blockSelector: NEVER,
      slimDOMOptions: { comment: true, headWhitespace: true, headFavicon: true },
      recordCrossOriginIframes: false,
      collectFonts: false,
      inlineImages: false,
      sampling: { mousemove: 40, mousemoveCallback: 40, scroll: 40, input: 'all' },
      errorHandler: () => true,
    });
  }

  function stop() {
    life++;
    clearTimeout(timer);
    clearTimeout(anew);
    clearTimeout(checking);
    timer = anew = 0;
    busy = wasDisturbed = false;
    endSlices?.();
    endSlices = undefined;
    queue = [];
    waiting = [];
    endBringing?.abort();
    bring = undefined;
    states?.stop();
    states = undefined;
    stopRrweb?.();
    stopRrweb = page = undefined;
    epoch = '';
  }

  return {
    record({ rules: given = [], catalogue: letsOut = true, sheets, files, known_files }) {
      known = new Set(sheets);
      knownFiles = new Set(known_files);
      const same = stopRrweb && JSON.stringify(given) === JSON.stringify(rules);
      if (same) {
        record.takeFullSnapshot(true);
        return;
      }
      stop();
      [rules, catalogue] = [given, letsOut];
      if (files?.length) bringSoon(files);
      renewPage();
      const of = life;
      soon(() => {
        if (of === life) start();
      });
    },
    stop,
    locate: (its_epoch, node) => {
      const found = its_epoch === epoch ? record.mirror.getNode(node) : null;
      return isElement(found) ? found : undefined;
    },
  };
}

/** Whether the event tells of a change by which other nodes may come to be seen, or not. */
function changesPage({ type, data }: MirrorEvent): boolean {
  if (type !== EventType.Incremental) return false;
  if (data.source === Source.Input) return true;
  // The page in a frame always comes after the page around it.
  const { adds = [], texts, attributes, removes } = data as Partial<Mutation>;
  return (
    data.source === Source.Mutation &&
    !!(texts?.length || attributes?.length || removes?.length || adds.some((add) => add.node.type))
  );
}

/** Whether the page now says otherwise what of it may be seen; by its type a field is hidden or denied, too. SPEC mirror.1. */
const saysMasks = ({ type, data }: MirrorEvent) =>
  type === EventType.Incremental &&
  data.source === Source.Mutation &&
  data.attributes.some(({ attributes }) =>
    ['data-cobrowse-mask', 'data-cobrowse-unmask', 'type'].some((name) => name in attributes),
  );

/** Whether something is held back now, by a class or an id that came or went later, that was let out. SPEC mirror.1. */
function tightens({ nodeOf, verdicts }: Page, { type, data }: MirrorEvent): boolean {
  if (type !== EventType.Incremental || data.source !== Source.Mutation) return false;
  const changed = [...data.attributes, ...data.adds, ...data.removes];
  const roots = new Set<Node | undefined>();
  for (const each of changed) {
    const node = nodeOf('parentId' in each ? each.parentId : each.id);
    roots.add(node?.getRootNode());
    if (!('parentId' in each) && isElement(node) && verdicts.loses(node)) return true;
  }
  return [...roots].some((root) => root && verdicts.tightens(root as Document));
}

/** Written at once: a Blob of the bytes would ask another process, and wait; a pipe into the stream is another stream. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { writable, readable } = new CompressionStream('deflate-raw');
  const writer = writable.getWriter();
  // What fails is told at the other end.
  void writer.write(bytes).catch(() => undefined);
  void writer.close().catch(() => undefined);
  return new Uint8Array(await new Response(readable).arrayBuffer());
}
