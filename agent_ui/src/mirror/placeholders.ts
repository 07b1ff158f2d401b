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
/** Narrower or lower than this a box holds no word that can be read. */
const TOO_SMALL = '(width < 48px) or (height < 18px)';

/** How what is not shown looks: plainly not the shop's own, and of the same size with its words as without. */
export function placeholderStyles({ field, ...kinds }: PlaceholderWords): string[] {
  return [
    `${BOX} { background: repeating-linear-gradient(45deg, #8882 0 6px, #8884 6px 12px) !important;` +
      ' border-radius: 4px; outline: 1px dashed #8888; outline-offset: -1px; min-width: 8px; min-height: 8px; }',
    `${BOX}:not([${PLACEHOLDER}=field]) { position: relative; container-type: size; contain: strict; }`,
    `${BOX}::after { position: absolute !important; inset: 0 !important; margin: auto !important; display: block !important;` +
      ' width: fit-content !important; height: fit-content !important; max-width: 100%; max-height: 100%; overflow: hidden;' +
      ' box-sizing: border-box; padding: 2px 8px !important; border-radius: 4px; background: #fff !important; color: #3b3b3b !important;' +
      ' font: 600 13px/1.35 system-ui, sans-serif !important; text-align: center; white-space: normal; text-transform: none;' +
      ' letter-spacing: normal; text-indent: 0; text-decoration: none; text-shadow: none; }',
    ...Object.entries(kinds).map(([kind, words]) => {
      const state = kind === 'video' || kind === 'audio' ? ` " · " attr(${MEDIA})` : '';
      return `[${PLACEHOLDER}=${kind}]::after { content: ${JSON.stringify(words)}${state} !important; }`;
    }),
    `@container ${TOO_SMALL} { ${BOX}::after { display: none !important; } }`,
  ];
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
