// The nodes of a page as they may leave it: what is not shown stands there as a box, or not at all. SPEC mirror.1, mirror.2.

import { type MirrorNode, NodeType } from '../core/mirror';
import { cleanAttributes, MASK, type Page, PLACEHOLDER } from './attributes';

const OMITTED =
  'script, noscript, template, base, meta, source, track, param, link:not([rel~=stylesheet]), title, input[type=hidden], cobrowse-widget';
const FRAMES = 'iframe, frame, object, embed';

/** The element that a node is, or is in. */
export const elementOf = (node: Node | null): Element | null =>
  node instanceof Element ? node : (node?.parentElement ?? hostOf(node));

function hostOf(node: Node | null): Element | null {
  const root = node?.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** Whether a node is left out of the mirror altogether, with all that is in it. */
export function isOmitted(node: Node | null): boolean {
  for (let at = elementOf(node); at; at = at.parentElement ?? hostOf(at)) {
    if (at.matches(OMITTED)) return true;
  }
  return node?.nodeType === Node.COMMENT_NODE;
}

/** Whether a node is inside of something that is shown as an empty box. */
export function isInsideBox(page: Page, node: Node | null): boolean {
  const from = node instanceof Element ? (node.parentElement ?? hostOf(node)) : elementOf(node);
  if (from && page.verdicts.of(from) === 'hide') return true;
  for (let at = from; at; at = at.parentElement ?? hostOf(at)) if (at.matches(FRAMES)) return true;
  return false;
}

/** A text as it may be seen. Blanks stay: they part words, and say nothing. */
export function cleanText(page: Page, node: Node | null, text: string): string {
  const element = elementOf(node);
  if (element?.localName === 'style') return page.sheets.clean(text, 'page');
  if (text.trim() === '') return /^\s*$/.test(text) ? text.slice(0, 200) : '';
  if (!element) return MASK;
  if (page.verdicts.isDenied(element.closest('select') ?? element)) return MASK;
  const field = element.closest('textarea, [contenteditable]:not([contenteditable=false])');
  const shown = field ? page.verdicts.ofField(field) : page.verdicts.of(element);
  return shown === 'show' ? text : MASK;
}

/** The box that stands for what is not shown. */
function box(node: MirrorNode, element: Element, kind: string): MirrorNode {
  const { width, height } = element.getBoundingClientRect();
  const display = getComputedStyle(element).display;
  const style = `display:${display === 'inline' ? 'inline-block' : display};box-sizing:border-box`;
  return {
    type: NodeType.Element,
    id: node.id,
    tagName: 'div',
    attributes: { [PLACEHOLDER]: kind, style, rr_width: `${width}px`, rr_height: `${height}px` },
    childNodes: [],
    ...(node.isShadow && { isShadow: true }),
  };
}

/** A canvas cannot be drawn where scripts are forbidden: it goes out as a picture. */
function canvasPicture(page: Page, node: MirrorNode, canvas: HTMLCanvasElement): MirrorNode {
  if (page.verdicts.of(canvas) !== 'show') return box(node, canvas, 'canvas');
  try {
    const src = canvas.toDataURL('image/webp', 0.8);
    const attributes = { ...cleanAttributes(page, canvas, node.attributes ?? {}), src };
    return { ...node, tagName: 'img', attributes, childNodes: [] };
  } catch {
    return box(node, canvas, 'canvas'); // it holds pictures of another origin
  }
}

/** A node with all below it as it may be seen; undefined: it does not go out. */
export function cleanNode(page: Page, node: MirrorNode): MirrorNode | undefined {
  const live = page.nodeOf(node.id);
  const { id, type } = node;
  const kept = {
    id,
    type,
    ...(node.isShadow && { isShadow: true }),
    ...(node.rootId !== undefined && { rootId: node.rootId }),
  };
  switch (type) {
    case NodeType.Document:
      return { ...kept, childNodes: cleanChildren(page, node) };
    case NodeType.Doctype:
      return { ...kept, ...{ name: 'html', publicId: '', systemId: '' } };
    case NodeType.Text: {
      if (!live || isOmitted(live)) return undefined;
      const textContent = cleanText(page, live, node.textContent ?? '');
      return { ...kept, textContent, ...(node.isStyle && { isStyle: true }) };
    }
    case NodeType.Element:
      break;
    default:
      return undefined;
  }
  if (!(live instanceof Element) || live.matches(OMITTED)) return undefined;
  if (live.matches(FRAMES)) return box(node, live, 'frame');
  if (page.verdicts.of(live) === 'hide') return box(node, live, 'hidden');
  if (live instanceof HTMLCanvasElement) return canvasPicture(page, node, live);
  if (live.matches('audio, video') && !live.hasAttribute('poster')) return box(node, live, 'media');
  const attributes = cleanAttributes(page, live, node.attributes ?? {});
  if (live.localName === 'img' && !attributes.src) return box(node, live, 'picture');
  if (page.verdicts.isDenied(live)) attributes[PLACEHOLDER] = 'field';
  const isTextarea = live.localName === 'textarea';
  return {
    ...kept,
    tagName: node.tagName ?? 'div',
    attributes,
    childNodes: isTextarea ? [] : cleanChildren(page, node),
    ...(node.isSVG && { isSVG: true }),
    ...(node.isShadowHost && { isShadowHost: true }),
  };
}

function cleanChildren(page: Page, node: MirrorNode): MirrorNode[] {
  return (node.childNodes ?? []).flatMap((child) => cleanNode(page, child) ?? []);
}

/** The next sibling that the mirror has, for one that it has not. */
export function nextIdOf(page: Page, id: number | null): number | null {
  if (id === null) return null;
  let next = page.nodeOf(id);
  while (next && (isOmitted(next) || page.idOf(next) < 0)) next = next.nextSibling;
  return next ? page.idOf(next) : null;
}

/** Whether the element stands in the mirror as a box. */
export function isBox(page: Page, element: Element): boolean {
  return (
    element.matches(FRAMES) ||
    page.verdicts.of(element) === 'hide' ||
    (element.matches('img, canvas') && page.verdicts.of(element) !== 'show')
  );
}
