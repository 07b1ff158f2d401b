// What stands in a drawn page for what cannot or must not be shown, and says so to the CSA: in words of the console's, never of
// the page's. SPEC mirror.11.

/** The attributes by which the recorder says what a box stands for, and where a film is. */
export const PLACEHOLDER = 'data-cobrowse-placeholder';
export const MEDIA = 'data-cobrowse-media';

/** By what a box stands for: an element's name, or why it is shut. `field` is one whose value never leaves the page. */
export interface PlaceholderWords {
  hidden: string;
  payment: string;
  iframe: string;
  object: string;
  embed: string;
  math: string;
  video: string;
  audio: string;
  canvas: string;
  img: string;
  closed: string;
  field: string;
}

const BOX = `[${PLACEHOLDER}]`;
const FONT = '600 13px system-ui, sans-serif';
const LINE_PX = 18;
const PADDING_PX = { across: 16, down: 4 };
const MAX_LINES = 3;
/** The longest that is said of how far a film is. */
const LONGEST_STATE = ' · ▶ 00:00:00 / 00:00:00';

/** How wide a text stands, in px. */
export type Measure = (text: string) => number;

/** By lines from one to three: the least width in px on which the text stands in no more than so many lines. */
export function widthsOf(text: string, measure: Measure): number[] {
  const words = text.split(' ');
  const linesAt = (width: number) => {
    let [lines, line] = [1, ''];
    for (const word of words) {
      const longer = line ? `${line} ${word}` : word;
      if (line && measure(longer) > width) lines += 1;
      line = line && measure(longer) > width ? word : longer;
    }
    return lines;
  };
  const runs = words.flatMap((_, from) =>
    words
      .slice(from)
      .map((__, to) => Math.ceil(measure(words.slice(from, from + to + 1).join(' ')))),
  );
  const longest = Math.max(...words.map((word) => Math.ceil(measure(word))));
  const candidates = runs.filter((width) => width >= longest).sort((one, other) => one - other);
  return Array.from(
    { length: MAX_LINES },
    (_, at) => candidates.find((width) => linesAt(width) <= at + 1) as number,
  );
}

const measureOnScreen: Measure = (text) => {
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  if (!pen) return text.length * 9;
  pen.font = FONT;
  return pen.measureText(text).width;
};

/** Boxes in which the text can be read whole. */
function roomFor(text: string, measure: Measure): string {
  return widthsOf(text, measure)
    .map((width, at) => {
      const height = (at + 1) * LINE_PX + PADDING_PX.down;
      return `((width >= ${width + PADDING_PX.across}px) and (height >= ${height}px))`;
    })
    .join(' or ');
}

/**
 * How what is not shown looks: plainly not the shop's own, and of the same size with its words as without. Where the words do not
 * fit they are not seen, and still there for who hears the page.
 */
export function placeholderStyles(
  { field, ...kinds }: PlaceholderWords,
  measure: Measure = measureOnScreen,
): string[] {
  return [
    `${BOX} { background: repeating-linear-gradient(45deg, #8882 0 6px, #8884 6px 12px) !important;` +
      ' border-radius: 4px; outline: 1px dashed #8888; outline-offset: -1px; min-width: 8px; min-height: 8px; }',
    `${BOX}:not([${PLACEHOLDER}=field]) { position: relative; container-type: size; contain: strict; }`,
    `${BOX}::after { position: absolute !important; inset: 0 !important; margin: auto !important; display: block !important;` +
      ' width: fit-content !important; height: fit-content !important; max-width: 100%; max-height: 100%; overflow: hidden;' +
      ' box-sizing: border-box; padding: 2px 8px !important; border-radius: 4px; background: #fff !important; color: #3b3b3b !important;' +
      ' font: 600 13px/18px system-ui, sans-serif !important; text-align: center; white-space: normal; text-transform: none;' +
      ' letter-spacing: normal; text-indent: 0; text-decoration: none; text-shadow: none; opacity: 0 !important; }',
    ...Object.entries(kinds).flatMap(([kind, words]) => {
      const isFilm = kind === 'video' || kind === 'audio';
      const said = `[${PLACEHOLDER}=${kind}]::after`;
      const state = isFilm ? ` " · " attr(${MEDIA})` : '';
      const room = roomFor(isFilm ? words + LONGEST_STATE : words, measure);
      return [
        `${said} { content: ${JSON.stringify(words)}${state} !important; }`,
        `@container ${room} { ${said} { opacity: 1 !important; } }`,
      ];
    }),
  ];
}

/** The same looks in an open shadow root, which the page's own style does not reach. */
export function makeShadowStyles(rules: readonly string[]): (root: ShadowRoot) => void {
  const sheets = new WeakMap<Document, CSSStyleSheet>();
  return (root) => {
    const { ownerDocument: page } = root;
    const view = page.defaultView as (Window & typeof globalThis) | null;
    if (!view) return;
    const sheet = sheets.get(page) ?? new view.CSSStyleSheet();
    if (!sheets.has(page)) sheet.replaceSync(rules.join('\n'));
    sheets.set(page, sheet);
    if (!root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  };
}

/** A film of which the poster is shown. */
export interface Film {
  left: number;
  top: number;
  width: number;
  height: number;
  /** "▶ 0:12 / 3:40" */
  state: string;
}

/** The films that are drawn by their posters, where they stand. */
export function filmsIn(page: Document): Film[] {
  return [...page.querySelectorAll(`video[${MEDIA}]`)].flatMap((film) => {
    const { left, top, width, height } = film.getBoundingClientRect();
    const state = film.getAttribute(MEDIA) ?? '';
    return width && height ? [{ left, top, width, height, state }] : [];
  });
}
