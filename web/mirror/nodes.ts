// The nodes of a page as they may leave it: what is not shown stands there as a box, or not at all. SPEC mirror.1, mirror.2.

import { type MirrorNode, NodeType } from '../core/mirror';
import { cleanAttributes, MASK, type Page, PLACEHOLDER } from './attributes';
import { MEDIA, mediaState, PICTURE, pictureOf } from './states';

/** Nodes of frames are of another realm: `instanceof` does not know them. */
export const isElement = (node: Node | null | undefined): node is Element => node?.nodeType === 1;
const isMedia = (element: Element): element is HTMLMediaElement =>
  /^(?:audio|video)$/.test(element.localName);

/** The element that a node is, or is in; the frame's for what stands directly in a frame's document. */
export function elementOf(node: Node | null): Element | null {
  if (!node || isElement(node)) return node;
  return (
    node.parentElement ??
    (node as ShadowRoot).host ??
    (node as Document).defaultView?.frameElement ??
    elementOf(node.parentNode)
  );
}

/**
 * Whether a node is left out of the mirror altogether. What is omitted leaves a gap where it stands in the page, since style
 * sheets count the children of an element; but not in the head, nor the widget, which is none of the page's own.
 */
export function isOmitted(page: Page, node: Node | null): boolean {
  if (node?.nodeType === Node.COMMENT_NODE) return true;
  const { placeOf } = page.verdicts;
  if (!placeOf(elementOf(node)).omitted) return false;
  const around = elementOf(node?.parentNode ?? null);
  return (
    !isElement(node) ||
    !around ||
    placeOf(around).omitted ||
    /^(?:head|html)$/.test(around.localName) ||
    node.localName === 'cobrowse-widget'
  );
}

/** Whether a node is inside of something that is shown as an empty box. */
export function isInsideBox(page: Page, node: Node | null): boolean {
  const around = isElement(node) ? elementOf(node.parentNode) : elementOf(node);
  return page.verdicts.placeOf(around).boxed;
}

/** A text of this element as it may be seen. Blanks stay: they part words, and say nothing. */
export function cleanText(
  { sheets, verdicts }: Page,
  element: Element | null,
  text: string,
): string {
  if (element?.localName === 'style') return sheets.clean(text, 'page');
  if (!/\S/.test(text)) return text.slice(0, 200);
  if (!element) return MASK;
  const { select, typed } = verdicts.placeOf(element);
  if (verdicts.isDenied(select ?? element)) return MASK;
  const shown = typed ? verdicts.ofField(typed) : verdicts.of(element);
  return shown === 'show' ? text : MASK;
}

/** How a thing stands among others: a box stands in its place. Each with the value that says nothing. */
const STANDING = Object.entries({
  margin: '0px',
  position: 'static',
  inset: 'auto',
  float: 'none',
  flex: '0 1 auto',
  order: '0',
  'align-self': 'auto',
  'justify-self': 'auto',
  'grid-area': 'auto',
  'vertical-align': 'baseline',
  'z-index': 'auto',
});

/** A frame that looks like one where one pays. */
const isPaying = ({ localName, outerHTML }: Element) =>
  localName === 'iframe' && /pay|card|stripe|adyen|klarna|braintree/i.test(outerHTML);

/** The box that stands for what is not shown; `kind` is what that is. */
function box(
  node: MirrorNode,
  element: Element,
  kind = isPaying(element) ? 'payment' : element.localName,
): MirrorNode {
  const { width, height } = element.getBoundingClientRect();
  const looks = getComputedStyle(element);
  const display = looks.display.replace(/ ?math$/, '') || 'inline';
  let style = `display:${display === 'inline' ? 'inline-block' : display};box-sizing:border-box`;
  for (const [name, usual] of STANDING) {
    const value = looks.getPropertyValue(name);
    if (value && value !== usual) style += `;${name}:${value}`;
  }
  return {
    type: NodeType.Element,
    id: node.id,
    tagName: 'div',
    attributes: {
      [PLACEHOLDER]: kind,
      ...(isMedia(element) && { [MEDIA]: mediaState(element) }),
      style,
      rr_width: `${width}px`,
      rr_height: `${height}px`,
    },
    childNodes: [],
    ...(node.isShadow && { isShadow: true }),
  };
}

/** A canvas cannot be drawn where scripts are forbidden: its picture goes out with it. */
function withPicture(page: Page, node: MirrorNode, canvas: HTMLCanvasElement): MirrorNode {
  const picture = page.verdicts.of(canvas) === 'show' ? pictureOf(canvas) : undefined;
  if (!picture) return box(node, canvas);
  page.states?.watch(canvas);
  const { id, type } = node;
  const attributes = {
    ...cleanAttributes(page, canvas, node.attributes ?? {}),
    [PICTURE]: picture,
  };
  return {
    id,
    type,
    tagName: 'canvas',
    attributes,
    childNodes: [],
    ...(node.isShadow && { isShadow: true }),
  };
}

/** A part that draws in a closed root, which nobody can read: what one sees of it is all there is. */
export function isClosed(element: Element, node: Pick<MirrorNode, 'childNodes'>): boolean {
  return (
    element.localName.includes('-') &&
    !element.shadowRoot &&
    !node.childNodes?.length &&
    !element.hasChildNodes() &&
    element.matches(':defined') &&
    element.getBoundingClientRect().height > 0
  );
}

/** Nodes that are cleaned themselves, each with the one it came from, whose children are not yet. */
export type Unfinished = [from: MirrorNode, cleaned: MirrorNode][];

/** So many nodes take a fraction of a slice: more questions to the clock than that cost as much as the nodes. */
const NODES_A_STEP = 32;

/** Cleans the children of all that is unfinished, and theirs, a few nodes at a time: the caller may rest in between. */
export function* finish(page: Page, unfinished: Unfinished): Generator<void, void> {
  let done = 0;
  for (const [from, cleaned] of unfinished) {
    for (const child of from.childNodes ?? []) {
      const kept = cleanNode(page, child, unfinished);
      if (kept) cleaned.childNodes?.push(kept);
      if (++done % NODES_A_STEP === 0) yield;
    }
  }
}

/** A node as it may be seen, without its children; undefined: it does not go out. */
export function cleanNode(
  page: Page,
  node: MirrorNode,
  unfinished: Unfinished,
): MirrorNode | undefined {
  const live = page.nodeOf(node.id);
  const { id, type } = node;
  const kept: MirrorNode = { id, type };
  if (node.isShadow) kept.isShadow = true;
  if (node.rootId !== undefined) kept.rootId = node.rootId;
  const withChildren = (cleaned: MirrorNode) => {
    unfinished.push([node, cleaned]);
    return cleaned;
  };
  switch (type) {
    case NodeType.Document:
      if (live) page.states?.follow(live as Document);
      // The quirks of a page without a doctype are part of its looks.
      return withChildren({
        ...kept,
        ...(node.compatMode === 'BackCompat' && { compatMode: node.compatMode }),
        childNodes: [],
      });
    case NodeType.Doctype:
      return { ...kept, ...{ name: 'html', publicId: '', systemId: '' } };
    case NodeType.Text: {
      const around = elementOf(live);
      if (!live || page.verdicts.placeOf(around).omitted) return undefined;
      kept.textContent = cleanText(page, around, node.textContent ?? '');
      if (node.isStyle) kept.isStyle = true;
      return kept;
    }
    case NodeType.Element:
      break;
    default:
      return undefined;
  }
  if (!isElement(live)) return undefined;
  const { verdicts } = page;
  const place = verdicts.placeOf(live);
  if (place.omitted) return isOmitted(page, live) ? undefined : { ...kept, ...GAP };
  if (place.boxed) return box(node, live, verdicts.of(live) === 'hide' ? 'hidden' : undefined);
  if (live.localName === 'canvas') return withPicture(page, node, live as HTMLCanvasElement);
  if (isMedia(live) && !live.hasAttribute('poster')) return box(node, live);
  if (isClosed(live, node)) return box(node, live, 'closed');
  if (node.isShadowHost && live.shadowRoot) page.states?.follow(live.shadowRoot);
  const attributes = cleanAttributes(page, live, node.attributes ?? {});
  if (live.localName === 'img' && !attributes.src) return box(node, live);
  if (verdicts.isDenied(live)) attributes[PLACEHOLDER] = 'field';
  kept.tagName = node.tagName ?? 'div';
  kept.attributes = attributes;
  kept.childNodes = [];
  if (node.isSVG) kept.isSVG = true;
  if (node.isShadowHost) kept.isShadowHost = true;
  return live.localName === 'textarea' ? kept : withChildren(kept);
}

const GAP = {
  tagName: 'cobrowse-gap',
  attributes: { style: 'display:none!important' },
  childNodes: [],
};

/** The next sibling that the mirror has, for one that it has not. */
export function nextIdOf(page: Page, id: number | null): number | null {
  if (id === null) return null;
  let next = page.nodeOf(id);
  while (next && (isOmitted(page, next) || page.idOf(next) < 0)) next = next.nextSibling;
  return next ? page.idOf(next) : null;
}

/** Whether the element stands in the mirror as a box, or a gap: nothing of it is told. */
export function isBox(page: Page, element: Element): boolean {
  const { verdicts } = page;
  const { boxed, omitted } = verdicts.placeOf(element);
  if (boxed || omitted) return true;
  if (!/^(?:img|canvas|audio|video)$/.test(element.localName)) return false;
  return isMedia(element) ? !element.hasAttribute('poster') : verdicts.of(element) !== 'show';
}
