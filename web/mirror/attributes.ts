// The attributes of an element as they may leave the page: how it looks, never what it says. SPEC mirror.2.

import type { Attributes, AttributeValue } from '../core/mirror';
import { bareAddress, isPlain, type Sheets } from './css';
import { MEDIA, mediaState, PICTURE, POPOVER, pictureOf, type States } from './states';
import { isField, type Verdicts } from './verdict';

/** As long as every other mask: it says that something is there, and nothing of it. */
export const MASK = '••••••';
/** The attribute by which the viewer knows what it must draw as a placeholder. */
export const PLACEHOLDER = 'data-cobrowse-placeholder';

const MAX_DATA_IMAGE_CHARS = 200_000;
/** Attributes that say how something looks and stands, never what it says. */
const LOOKS = new Set(
  (
    'dir width height colspan rowspan span align valign bgcolor border cellpadding cellspacing size rows cols start color ' +
    'media viewBox d x y x1 x2 y1 y2 cx cy r rx ry dx dy fx fy points transform preserveAspectRatio pathLength ' +
    'fill fill-opacity fill-rule clip-rule clip-path mask filter opacity stroke stroke-width stroke-linecap stroke-linejoin ' +
    'stroke-dasharray stroke-dashoffset stroke-miterlimit stroke-opacity vector-effect offset stop-color stop-opacity ' +
    'gradientUnits gradientTransform spreadMethod patternUnits patternContentUnits patternTransform clipPathUnits maskUnits ' +
    'markerWidth markerHeight marker-start marker-mid marker-end orient refX refY text-anchor dominant-baseline font-size ' +
    'font-weight stdDeviation flood-color flood-opacity operator values mode k1 k2 k3 k4 ' +
    'frameborder scrolling marginwidth marginheight rr_scrollLeft rr_scrollTop rr_width rr_height rr_open_mode'
  ).split(' '),
);
/** Attributes that are there or not, whatever stands in them. */
const MARKS = new Set(
  'hidden inert open multiple disabled readonly required reversed nowrap popover controls'.split(
    ' ',
  ),
);
/** Attributes that name something else of the page. */
const NAMES = new Set('id slot in in2 result'.split(' '));
const INPUT_TYPES =
  /^(?:button|checkbox|color|date|datetime-local|email|file|image|month|number|password|radio|range|reset|search|submit|tel|text|time|url|week)$/;
const BUTTONS = /^(?:button|submit|reset)$/;

/** The page that is recorded. */
export interface Page {
  verdicts: Verdicts;
  sheets: Sheets;
  states?: States | undefined;
  nodeOf(id: number): Node | null;
  idOf(node: Node): number;
}

/** What an image may be loaded from: an address without its query, or nothing. */
function cleanPicture(value: string): string {
  if (/^data:image\/(?:png|jpeg|gif|webp|avif);base64,[\w+/=]+$/i.test(value)) {
    return value.length <= MAX_DATA_IMAGE_CHARS ? value : '';
  }
  return bareAddress(value);
}

/** One attribute of an element as it may be seen; undefined: it does not go out. */
function cleanAttribute(
  page: Page,
  element: Element,
  given: string,
  value: AttributeValue,
): AttributeValue | undefined {
  const { verdicts, sheets } = page;
  const tag = element.localName;
  const name = given === 'rr_src' ? 'src' : given;
  if (value === null) return /^on/i.test(name) ? undefined : null;
  if (name === 'style') return cleanStyle(sheets, value);
  if (typeof value === 'object') return undefined;
  const text = String(value);
  switch (name) {
    // What our own attributes say is never the page's word, but what is so.
    case POPOVER:
      return element.matches(':popover-open') ? '' : null;
    case PICTURE:
      return (
        (verdicts.of(element) === 'show' && pictureOf(element as HTMLCanvasElement)) || undefined
      );
    case MEDIA:
      return mediaState(element as HTMLMediaElement);
    case PLACEHOLDER:
      return undefined;
    case 'class':
      return sheets.classes(text);
    case 'lang':
      return /^[a-z]{2,3}(?:-[A-Z]{2})?$/i.test(text) ? text : undefined;
    case 'name':
      return tag === 'slot' ? sheets.id(text) : undefined;
    case '_cssText':
      return sheets.clean(text, tag === 'style' ? 'page' : 'file');
    case 'rel':
      return tag === 'link' && text === 'stylesheet' ? text : undefined;
    case 'href':
    case 'xlink:href':
      if (tag === 'link') return bareAddress(text) || undefined;
      if (element.namespaceURI?.endsWith('/svg') && tag !== 'a') {
        const hash = /#([\w-]+)$/.exec(text);
        return hash?.[1] ? `#${sheets.id(hash[1])}` : undefined;
      }
      return '#';
    case 'src':
    case 'poster':
      if (name === 'src' && !/^(?:img|image|input)$/.test(tag)) return undefined;
      if (verdicts.of(element) !== 'show') return undefined;
      // Of several sizes the browser has chosen one.
      return (
        cleanPicture((tag === 'img' && (element as HTMLImageElement).currentSrc) || text) ||
        undefined
      );
    case 'type':
      if (tag === 'input') return INPUT_TYPES.test(text) ? text : 'text';
      return /^(?:[1aAiI]|button|submit|reset)$/.test(text) ? text : undefined;
    case 'contenteditable':
      return text === 'false' ? undefined : '';
    case 'value':
      return cleanValue(page, element, text);
    case 'min':
    case 'max':
    case 'step':
    case 'low':
    case 'high':
    case 'optimum':
      return verdicts.of(element) === 'show' && /^[\d.:TW-]{1,30}$/.test(text) ? text : undefined;
    case 'checked':
    case 'selected': {
      const field = element.closest('select') ?? element;
      return verdicts.ofField(field) === 'show' ? value : undefined;
    }
    case 'placeholder':
      if (!text || verdicts.isDenied(element)) return undefined;
      return verdicts.of(element) === 'show' ? text : MASK;
  }
  if (NAMES.has(name)) return text.startsWith('Source') ? text : sheets.id(text);
  if (MARKS.has(name)) return '';
  if (LOOKS.has(name)) return cleanLook(sheets, text, value);
  if (/^(?:data|aria)-|^(?:role|part|slot|theme|variant|state)$/.test(name))
    return sheets.attribute(name, text);
  return undefined;
}

function cleanLook(
  sheets: Sheets,
  text: string,
  value: AttributeValue,
): AttributeValue | undefined {
  const place = /^url\(["']?#([^"')]+)["']?\)$/.exec(text);
  if (place?.[1]) return `url(#${sheets.id(place[1])})`;
  return isPlain(text) ? value : undefined;
}

function cleanStyle(sheets: Sheets, value: AttributeValue): AttributeValue | undefined {
  if (typeof value === 'string') return sheets.clean(value, 'attribute');
  if (value === null || typeof value !== 'object') return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([property, set]) => {
      if (typeof set === 'string') return [property, sheets.cleanValue(property, set)];
      return [property, Array.isArray(set) ? [sheets.cleanValue(property, set[0]), set[1]] : set];
    }),
  );
}

/** What stands in a field, on a button, or in a meter. */
function cleanValue({ verdicts }: Page, element: Element, text: string): string | undefined {
  const tag = element.localName;
  if (tag === 'option' || tag === 'button' || tag === 'param' || tag === 'data') return undefined;
  if (text === '' || verdicts.isDenied(element)) return undefined;
  const type = element.getAttribute('type') ?? '';
  if (tag === 'input' && /^(?:checkbox|radio)$/.test(type)) return undefined;
  const typed = isField(element) && !(tag === 'input' && BUTTONS.test(type));
  const verdict = typed ? verdicts.ofField(element) : verdicts.of(element);
  if (verdict === 'show') return text;
  // A date or a number cannot hold dots, and a slider would stand somewhere.
  return tag === 'li' || tag === 'meter' || tag === 'progress' ? undefined : MASK;
}

/** All attributes of an element as they may be seen. */
export function cleanAttributes(page: Page, element: Element, attributes: Attributes): Attributes {
  const cleaned: Attributes = {};
  for (const name in attributes) {
    const value = cleanAttribute(page, element, name, attributes[name] as AttributeValue);
    if (value !== undefined) cleaned[name === 'rr_src' ? 'src' : name] = value;
  }
  if ('popover' in attributes && element.matches(':popover-open')) cleaned[POPOVER] = '';
  if ('poster' in cleaned) cleaned[MEDIA] = mediaState(element as HTMLMediaElement);
  // An image that names its sizes alone.
  if ('srcset' in attributes && !('src' in cleaned)) {
    const src = cleanAttribute(page, element, 'src', '');
    if (src) cleaned.src = src;
  }
  return cleaned;
}
