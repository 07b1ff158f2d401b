// What a page's markup does not say: how far things are scrolled, what is selected, what is under a still pointer,
// which popovers are open, which picture an image chose, what a canvas shows and whether a film plays. Told as changes
// like any other, and weighed like them. SPEC equal.1.

import { mediaQueries } from '../core/media_features';
import { type Attributes, type Incremental, type SelectedRange, Source } from '../core/mirror';

/** Attributes of ours that say it; the viewer (agent_ui/src/mirror) makes of them what they mean. */
export const POPOVER = 'data-cobrowse-popover';
export const PICTURE = 'data-cobrowse-picture';
export const MEDIA = 'data-cobrowse-media';

const SCROLL_EVERY_MS = 40;
const CANVAS_EVERY_MS = 400;
/** What one look at the canvases may take of the page's time. */
const CANVAS_WITHIN_MS = 8;
const MAX_PICTURE_CHARS = 200_000;
const MAX_EXACT_CHARS = 40_000;
const MEDIA_EVENTS = ['play', 'pause', 'ended', 'seeked', 'loadedmetadata', 'emptied'];

type Hovered = Extract<Incremental, { positions: unknown }>;

/** What is under a pointer that has not moved: the page came, or moved, under it. Where on it is not known. */
export const hovered = (id: number): Hovered => ({
  source: Source.MouseMove,
  positions: [{ x: -1, y: -1, id, timeOffset: 0 }],
});

export type Change =
  | { source: Source.Scroll; id: number; x: number; y: number }
  | { source: Source.Selection; ranges: SelectedRange[] }
  | Hovered
  | { source: Source.Mutation; id: number; attributes: Attributes };

export interface States {
  /** Follows what happens in a document or a shadow root; each is followed once. */
  follow(root: Document | ShadowRoot): void;
  /** Looks at this canvas now and then. */
  watch(canvas: HTMLCanvasElement): void;
  stop(): void;
}

/** Where a film stands, in words: "▶ 0:12 / 3:40". */
export function mediaState({ paused, ended, currentTime, duration }: HTMLMediaElement): string {
  const time = (s: number) =>
    `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;
  const of = Number.isFinite(duration) ? ` / ${time(duration)}` : '';
  return `${paused || ended ? '❚❚' : '▶'} ${time(currentTime)}${of}`;
}

/** What a canvas shows, as an address of its own; undefined: it may not be read, or is too large in every size. */
export function pictureOf(canvas: HTMLCanvasElement): string | undefined {
  try {
    const exact = canvas.toDataURL();
    if (exact.length <= MAX_EXACT_CHARS) return exact;
    let [from, picture] = [canvas, canvas.toDataURL('image/webp', 0.8)];
    while (picture.length > MAX_PICTURE_CHARS && from.width > 64) {
      const half = document.createElement('canvas');
      [half.width, half.height] = [from.width >> 1, from.height >> 1];
      half.getContext('2d')?.drawImage(from, 0, 0, half.width, half.height);
      [from, picture] = [half, half.toDataURL('image/webp', 0.8)];
    }
    return picture.length <= MAX_PICTURE_CHARS ? picture : undefined;
  } catch {
    return undefined; // it holds pictures of another origin
  }
}

/** `tell` gets each change, `anew` is called when the whole page must be told again. */
export function followStates(
  idOf: (node: Node) => number,
  tell: (change: Change) => void,
  anew: () => void,
): States {
  const life = new AbortController();
  const { signal } = life;
  const followed = new WeakSet<Node>();
  const scrolled = new Set<Node>();
  const selected = new Set<Document>();
  const canvases = new Map<HTMLCanvasElement, string | undefined>();
  let wasSelected = false;
  let over: Element | undefined;
  let scrolling = 0;
  let looking = 0;

  const say = (element: Element, name: string, value: string | null) => {
    const id = idOf(element);
    if (id > 0) tell({ source: Source.Mutation, id, attributes: { [name]: value } });
  };

  function tellScrolled() {
    scrolling = 0;
    for (const node of scrolled) {
      const id = idOf(node);
      if (id <= 0 || !node.isConnected) continue;
      const element = (node as Document).scrollingElement ?? (node as Element);
      const view = (node as Document).defaultView;
      const [x, y] = view ? [view.scrollX, view.scrollY] : [element.scrollLeft, element.scrollTop];
      tell({ source: Source.Scroll, id, x, y });
    }
    scrolled.clear();
    if (over && idOf(over) > 0) tell(hovered(idOf(over)));
    over = undefined;
    for (const document of selected) tellSelected(document);
    selected.clear();
  }

  function tellSelected(document: Document) {
    const selection = document.getSelection();
    const ranges: SelectedRange[] = [];
    if (selection?.type === 'Range') {
      const range = selection.getRangeAt(0);
      ranges.push({
        start: idOf(range.startContainer),
        startOffset: range.startOffset,
        end: idOf(range.endContainer),
        endOffset: range.endOffset,
      });
    }
    if (ranges.length || wasSelected) tell({ source: Source.Selection, ranges });
    wasSelected = ranges.length > 0;
  }

  function lookAtCanvases() {
    const until = performance.now() + CANVAS_WITHIN_MS;
    for (const [canvas, before] of [...canvases]) {
      if (!canvas.isConnected) canvases.delete(canvas);
      else {
        const picture = pictureOf(canvas);
        canvases.delete(canvas);
        canvases.set(canvas, picture); // the next look begins with the others
        if (picture && picture !== before) say(canvas, PICTURE, picture);
      }
      if (performance.now() > until) break;
    }
    lookSoon();
  }

  function lookSoon() {
    clearTimeout(looking);
    looking = 0;
    if (!canvases.size || signal.aborted) return;
    // In a frame of the page: what WebGL has drawn is gone after it.
    looking = window.setTimeout(() => requestAnimationFrame(lookAtCanvases), CANVAS_EVERY_MS);
  }

  const tellSoon = () => {
    scrolling ||= window.setTimeout(tellScrolled, SCROLL_EVERY_MS);
  };
  const selectedIn = (document: Document) => {
    selected.add(document);
    tellSoon();
  };

  function follow(root: Document | ShadowRoot) {
    // A snapshot says how far the page itself is scrolled, not so of the pages in it.
    const { defaultView } = root as Document;
    if (defaultView && defaultView !== window && (defaultView.scrollX || defaultView.scrollY)) {
      scrolled.add(root);
    }
    // Nor does it say what is selected.
    if (defaultView) selectedIn(root as Document);
    if (followed.has(root)) return;
    followed.add(root);
    const on = (names: string[], take: (target: Element) => void) => {
      for (const name of names)
        root.addEventListener(
          name,
          (event) => take((event.composedPath()[0] ?? event.target) as Element),
          {
            capture: true,
            passive: true,
            signal,
          },
        );
    };
    on(['scroll'], (target) => {
      scrolled.add(target);
      tellSoon();
    });
    on(['mouseover'], (target) => {
      over = target;
      tellSoon();
    });
    // A pointer that moves is told of by rrweb.
    on(['mousemove'], () => {
      over = undefined;
    });
    on(['selectionchange'], () => defaultView && selectedIn(root as Document));
    on(['toggle'], (target) => {
      if (target.hasAttribute('popover')) say(target, POPOVER, '');
    });
    on(['load'], (target) => {
      if (target.localName === 'img') say(target, 'src', target.getAttribute('src') ?? '');
      // A frame that went to another origin is none of ours any more.
      if (target.localName === 'iframe' && !(target as HTMLIFrameElement).contentDocument) anew();
    });
    on(MEDIA_EVENTS, (target) => say(target, MEDIA, ''));
  }

  for (const each of mediaQueries()) each.addEventListener('change', anew, { signal });
  return {
    follow,
    watch(canvas) {
      if (!canvases.has(canvas)) canvases.set(canvas, pictureOf(canvas));
      if (!looking) lookSoon();
    },
    stop() {
      life.abort();
      clearTimeout(scrolling);
      clearTimeout(looking);
      canvases.clear();
    },
  };
}
