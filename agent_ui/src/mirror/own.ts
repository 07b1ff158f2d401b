// A page's events made ready to be drawn here: its files come by way of our server, `:hover` and `:focus` can be put on by hand,
// and what could load a document is taken away once more. SPEC mirror.4, file.1.

import {
  type Attributes,
  type AttributeValue,
  EventType,
  type Incremental,
  type MirrorEvent,
  type MirrorNode,
  NodeType,
  Source,
} from '../../../web/core/mirror';
import { forShopper } from './media';
import { PLACEHOLDER } from './placeholders';

/** Attributes that the recorder gives where markup cannot say a state: see `settle`. */
export const OPEN_POPOVER = 'data-cobrowse-popover';
export const PICTURE = 'data-cobrowse-picture';

const SETTLED = [OPEN_POPOVER, PICTURE, PLACEHOLDER, 'popover'];

const CSS_ADDRESS = /url\(\s*(["']?)(https?:[^"')]*)\1\s*\)/gi;
const HOVER = /(?<!\\|\((?:any-)?hover\s*):hover(?![\w-])/g;
const FOCUS = /(?<!\\):focus(-visible|-within)?(?![\w-])/g;
/** Where no script runs no part is ever defined; in the page they are. */
const DEFINED = /(?<!\\):defined(?![\w-])/g;
const DEVICE_SIZE = /\((min-|max-)?device-(width|height)/g;
const ADDRESSES = new Set(['src', 'poster', 'href', 'xlink:href']);
/** What would play a film, or load a picture around our server: the recorder sends neither. */
const OF_REPLAYER = /^(?:rr_(?:media|data)|autoplay$)/i;
/** What would load a document, or name one, in a frame. */
const OF_FRAMES = new Set(['src', 'srcdoc', 'name', 'href', 'allow', 'sandbox', 'csp']);

/** How a page is drawn. */
export interface Drawing {
  /** What is drawn in the place of a file's address. */
  fileAt(address: string): string;
  /** What of `MEDIA_FEATURES` holds for the shopper; empty where that is not known. */
  media: string;
}

/** The style sheet with our addresses, and with classes beside `:hover` and `:focus`, which nothing of ours brings about. */
function ownSheet(css: string, { fileAt, media }: Drawing): string {
  return forShopper(css, media)
    .replace(CSS_ADDRESS, (_, __, address: string) => `url("${fileAt(address)}")`)
    .replace(HOVER, ':is(:hover,.\\:hover)')
    .replace(FOCUS, ':is(:focus$1,.\\:focus$1)')
    .replace(DEFINED, ':is(*,:defined)')
    .replace(DEVICE_SIZE, '($1$2');
}

function ownValue(name: string, value: AttributeValue, drawing: Drawing): AttributeValue {
  const { fileAt, media } = drawing;
  if (typeof value === 'string') {
    if (ADDRESSES.has(name)) return /^https?:/i.test(value) ? fileAt(value) : value;
    if (name === '_cssText') return ownSheet(value, drawing);
    if (name === 'media' || name === 'style') value = forShopper(value, media);
    return value.includes('url(')
      ? value.replace(CSS_ADDRESS, (_, __, address: string) => `url("${fileAt(address)}")`)
      : value;
  }
  if (value === null || typeof value !== 'object') return value;
  const own = (each: string) => ownValue('style', each, drawing) as string;
  return Object.fromEntries(
    Object.entries(value).map(([property, set]) => [
      property,
      typeof set === 'string' ? own(set) : Array.isArray(set) ? [own(set[0]), set[1]] : set,
    ]),
  );
}

/** The page as it is drawn so far, as far as it must be known here. */
export interface DrawnNodes {
  nodeOf(id: number): Node | null;
}

/** Changes the event; returns the nodes of which `settle` must look after the state once it is drawn. */
export function makeOwn(event: MirrorEvent, drawing: Drawing, drawn: DrawnNodes): Set<number> {
  const unsettled = new Set<number>();
  const attributes = (id: number, isFrame: boolean, given: Attributes) => {
    for (const name in given) {
      if (OF_REPLAYER.test(name) || (isFrame && OF_FRAMES.has(name.toLowerCase())))
        delete given[name];
      else given[name] = ownValue(name, given[name] as AttributeValue, drawing);
    }
    if (SETTLED.some((name) => name in given)) unsettled.add(id);
  };
  const walk = (node: MirrorNode) => {
    // Empty ones were left out on the way here, and the replayer asks for them.
    if (node.type === NodeType.Element) {
      node.attributes ??= {};
      attributes(node.id, node.tagName?.toLowerCase() === 'iframe', node.attributes);
    }
    if (node.isShadowHost) unsettled.add(node.id);
    if (node.isStyle && node.textContent) node.textContent = ownSheet(node.textContent, drawing);
    node.childNodes?.forEach(walk);
  };
  if (event.type === EventType.FullSnapshot) walk(event.data.node);
  if (event.type === EventType.Incremental) change(event.data);
  return unsettled;

  function change(data: Incremental) {
    switch (data.source) {
      case Source.Mutation:
        // A document may only come into a frame: anywhere else it would take the place of the page.
        data.adds = data.adds.filter(
          ({ node, parentId }) =>
            node.type !== NodeType.Document || drawn.nodeOf(parentId)?.nodeName === 'IFRAME',
        );
        for (const { node, parentId } of data.adds) {
          walk(node);
          if (node.isShadow) unsettled.add(parentId);
        }
        for (const each of data.attributes) {
          const live = drawn.nodeOf(each.id);
          attributes(each.id, live?.nodeName === 'IFRAME', each.attributes);
          if (live?.nodeName === 'CANVAS') unsettled.add(each.id);
        }
        for (const each of data.texts) {
          const isStyle = drawn.nodeOf(each.id)?.parentNode?.nodeName === 'STYLE';
          if (isStyle && each.value) each.value = ownSheet(each.value, drawing);
        }
        break;
      case Source.Input:
        unsettled.add(data.id);
        break;
      case Source.StyleSheetRule:
        for (const each of data.adds ?? []) each.rule = ownSheet(each.rule, drawing);
        if (data.replace) data.replace = ownSheet(data.replace, drawing);
        if (data.replaceSync) data.replaceSync = ownSheet(data.replaceSync, drawing);
        break;
      case Source.StyleDeclaration:
        if (data.set?.value) data.set.value = ownSheet(data.set.value, drawing);
        break;
      case Source.AdoptedStyleSheet:
        unsettled.add(data.id);
        for (const { rules } of data.styles ?? [])
          for (const each of rules) each.rule = ownSheet(each.rule, drawing);
    }
  }
}
