// The nodes of a page as they may leave it: what is not shown stands there as a box, or not at all. SPEC mirror.1, mirror.2.

import { type MirrorNode, NodeType } from '../core/mirror';
import { cleanAttributes, MASK, type Page, PLACEHOLDER } from './attributes';

/** The element that a node is, or is in. */
export function elementOf(node: Node | null): Element | null {
  if (!node || node instanceof Element) return node;
  return node instanceof ShadowRoot ? node.host : elementOf(node.parentNode);
}

/** Whether a node is left out of the mirror altogether, with all that is in it. */
export function isOmitted(page: Page, node: Node | null): boolean {
  return node?.nodeType === Node.COMMENT_NODE || page.verdicts.placeOf(elementOf(node)).omitted;
}

/** Whether a node is inside of something that is shown as an empty box. */
export function isInsideBox(page: Page, node: Node | null): boolean {
  const around = node instanceof Element ? elementOf(node.parentNode) : elementOf(node);
  return page.verdicts.placeOf(around).boxed;
}

/** A text as it may be seen. Blanks stay: they part words, and say nothing. */
export function cleanText({ sheets, verdicts }: Page, node: Node | null, text: string): string {
  const element = elementOf(node);
  if (element?.localName === 'style') return sheets.clean(text, 'page');
  if (!/\S/.test(text)) return text.slice(0, 200);
  if (!element) return MASK;
  const { select, typed } = verdicts.placeOf(element);
  if (verdicts.isDenied(select ?? element)) return MASK;
  const shown = typed ? verdicts.ofField(typed) : verdicts.of(element);
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

/** Nodes that are cleaned themselves, each with the one it came from, whose children are not yet. */
export type Unfinished = [from: MirrorNode, cleaned: MirrorNode][];

/** Cleans the children of all that is unfinished, and theirs, a node at a time: the caller may rest in between. */
export function* finish(page: Page, unfinished: Unfinished): Generator<void, void> {
  for (const [from, cleaned] of unfinished) {
    for (const child of from.childNodes ?? []) {
      const kept = cleanNode(page, child, unfinished);
      if (kept) cleaned.childNodes?.push(kept);
    }
    yield;
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
  const kept = {
    id,
    type,
    ...(node.isShadow && { isShadow: true }),
    ...(node.rootId !== undefined && { rootId: node.rootId }),
  };
  const withChildren = (cleaned: MirrorNode) => {
    unfinished.push([node, cleaned]);
    return cleaned;
  };
  switch (type) {
    case NodeType.Document:
      return withChildren({ ...kept, childNodes: [] });
    case NodeType.Doctype:
      return { ...kept, ...{ name: 'html', publicId: '', systemId: '' } };
    case NodeType.Text: {
      if (!live || isOmitted(page, live)) return undefined;
      const textContent = cleanText(page, live, node.textContent ?? '');
      return { ...kept, textContent, ...(node.isStyle && { isStyle: true }) };
    }
    case NodeType.Element:
      break;
    default:
      return undefined;
  }
  if (!(live instanceof Element)) return undefined;
  const { verdicts } = page;
  const place = verdicts.placeOf(live);
  if (place.omitted) return undefined;
  if (place.boxed) return box(node, live, verdicts.of(live) === 'hide' ? 'hidden' : 'frame');
  if (live instanceof HTMLCanvasElement) return canvasPicture(page, node, live);
  if (live instanceof HTMLMediaElement && !live.hasAttribute('poster'))
    return box(node, live, 'media');
  const attributes = cleanAttributes(page, live, node.attributes ?? {});
  if (live.localName === 'img' && !attributes.src) return box(node, live, 'picture');
  if (verdicts.isDenied(live)) attributes[PLACEHOLDER] = 'field';
  const cleaned = {
    ...kept,
    tagName: node.tagName ?? 'div',
    attributes,
    childNodes: [],
    ...(node.isSVG && { isSVG: true }),
    ...(node.isShadowHost && { isShadowHost: true }),
  };
  return live.localName === 'textarea' ? cleaned : withChildren(cleaned);
}

/** The next sibling that the mirror has, for one that it has not. */
export function nextIdOf(page: Page, id: number | null): number | null {
  if (id === null) return null;
  let next = page.nodeOf(id);
  while (next && (isOmitted(page, next) || page.idOf(next) < 0)) next = next.nextSibling;
  return next ? page.idOf(next) : null;
}

/** Whether the element stands in the mirror as a box. */
export function isBox(page: Page, element: Element): boolean {
  const { verdicts } = page;
  return (
    verdicts.placeOf(element).boxed ||
    (/^(?:img|canvas)$/.test(element.localName) && verdicts.of(element) !== 'show')
  );
}
