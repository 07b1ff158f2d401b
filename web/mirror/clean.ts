// rrweb's events as they may leave the page: every node, attribute, text and value weighed before it is sent. What is not
// named here does not go out. SPEC mirror.1, mirror.2.

import { mediaNow } from '../core/media_features';
import {
  EventType,
  type Incremental,
  type MirrorEvent,
  type MirrorNode,
  type Mutation,
  NodeType,
  Source,
} from '../core/mirror';
import { cleanAttributes, MASK, type Page } from './attributes';
import {
  cleanNode,
  cleanText,
  elementOf,
  finish,
  isBox,
  isElement,
  isInsideBox,
  isOmitted,
  nextIdOf,
  type Unfinished,
} from './nodes';
import { MEDIA } from './states';

const SLICE_MS = 8;

/** A batch of a busy page may hold a thousand: each is looked up once. Those of style sheets are read before any is weighed. */
function cleanTexts(page: Page, texts: Mutation['texts']): Mutation['texts'] {
  const { sheets, verdicts } = page;
  const elements = texts.map(({ id, value }) => {
    const node = page.nodeOf(id);
    const element = elementOf(node);
    if (value && element?.localName === 'style') sheets.learn(value);
    return node?.nodeType === Node.COMMENT_NODE ? null : element;
  });
  const cleaned: Mutation['texts'] = [];
  texts.forEach(({ id, value }, at) => {
    const element = elements[at];
    if (!element) return;
    const { omitted, boxed } = verdicts.placeOf(element);
    if (!omitted && !boxed) cleaned.push({ id, value: value && cleanText(page, element, value) });
  });
  return cleaned;
}

function cleanChanges(page: Page, changes: Mutation['attributes']): Mutation['attributes'] {
  const kept: Mutation['attributes'] = [];
  for (const { id, attributes } of changes) {
    const element = page.nodeOf(id);
    if (!isElement(element)) continue;
    const { omitted, boxed } = page.verdicts.placeOf(element);
    if (omitted || (boxed && isInsideBox(page, element))) continue;
    const cleaned = cleanAttributes(page, element, attributes);
    // Of a box nothing is told but how far its film is.
    if (isBox(page, element)) {
      if (MEDIA in cleaned) kept.push({ id, attributes: { [MEDIA]: cleaned[MEDIA] as string } });
    } else if (Object.keys(cleaned).length) kept.push({ id, attributes: cleaned });
  }
  return kept;
}

function cleanMutation(page: Page, mutation: Mutation): Mutation {
  return {
    source: Source.Mutation,
    texts: cleanTexts(page, mutation.texts),
    attributes: cleanChanges(page, mutation.attributes),
    removes: mutation.removes.map(({ id, parentId, isShadow }) => ({
      id,
      parentId,
      ...(isShadow && { isShadow }),
    })),
    adds: mutation.adds.flatMap((add) => {
      const parent = page.nodeOf(add.parentId);
      if (!parent || isOmitted(page, parent)) return [];
      if (isElement(parent) && (isBox(page, parent) || isInsideBox(page, parent))) return [];
      const unfinished: Unfinished = [];
      const node = cleanNode(page, add.node, unfinished);
      for (const _ of finish(page, unfinished));
      return node ? [{ parentId: add.parentId, nextId: nextIdOf(page, add.nextId), node }] : [];
    }),
  };
}

function cleanIncremental(page: Page, data: Incremental): Incremental | undefined {
  const { sheets, verdicts } = page;
  switch (data.source) {
    case Source.Mutation: {
      const { texts, attributes, removes, adds } = cleanMutation(page, data);
      // Empty lists stay at home: the server puts them back.
      const lists = Object.entries({ texts, attributes, removes, adds }).filter(
        ([, l]) => l.length,
      );
      if (!lists.length) return undefined;
      return { source: data.source, ...Object.fromEntries(lists) } as unknown as Mutation;
    }
    case Source.MouseMove:
    case Source.TouchMove:
    case Source.Drag: {
      const positions = data.positions.map(({ x, y, id, timeOffset }) => ({
        x,
        y,
        id,
        timeOffset,
      }));
      return { source: data.source, positions };
    }
    case Source.MouseInteraction: {
      const { source, type, id, x, y } = data;
      return { source, type, id, ...(x !== undefined && y !== undefined && { x, y }) };
    }
    case Source.Scroll:
    case Source.ViewportResize:
      return data;
    case Source.Input: {
      const element = page.nodeOf(data.id);
      if (!isElement(element) || isOmitted(page, element) || isInsideBox(page, element))
        return undefined;
      if (verdicts.isDenied(element)) return undefined;
      const shown = verdicts.ofField(element) === 'show';
      const choice = element.matches('[type=checkbox], [type=radio]');
      if (choice) return shown ? { ...data, text: '' } : undefined;
      if (element.localName === 'select') {
        if (!shown) return undefined;
        // By their places: what they stand for stays here.
        const chosen = [...(element as HTMLSelectElement).selectedOptions].map(
          ({ index }) => index,
        );
        return { source: data.source, id: data.id, text: chosen.join(), isChecked: false };
      }
      const text = data.text && !shown ? MASK : data.text;
      return { source: data.source, id: data.id, text, isChecked: false };
    }
    case Source.Selection: {
      const ranges = data.ranges.flatMap(({ start, startOffset, end, endOffset }) => {
        const from = placeIn(page, start, startOffset, 0);
        const to = placeIn(page, end, endOffset, MASK.length);
        return from < 0 || to < 0 ? [] : [{ start, startOffset: from, end, endOffset: to }];
      });
      return { source: data.source, ranges };
    }
    case Source.StyleSheetRule: {
      const own = sheets.clean;
      return {
        source: data.source,
        ...place(data),
        ...(data.adds && {
          adds: data.adds.map((each) => ({ ...each, rule: own(each.rule, 'page') })),
        }),
        ...(data.removes && { removes: data.removes }),
        ...(data.replace !== undefined && { replace: own(data.replace, 'page') }),
        ...(data.replaceSync !== undefined && { replaceSync: own(data.replaceSync, 'page') }),
      };
    }
    case Source.StyleDeclaration: {
      const { source, index, set, remove } = data;
      const value = set?.value && sheets.cleanValue(set.property, set.value);
      return {
        source,
        ...place(data),
        index,
        ...(set && { set: { ...set, value: value ?? null } }),
        ...(remove && { remove }),
      };
    }
    case Source.AdoptedStyleSheet: {
      const { source, id, styleIds, styles } = data;
      const cleaned = styles?.map((style) => ({
        styleId: style.styleId,
        rules: style.rules.map((each) => ({ ...each, rule: sheets.clean(each.rule, 'page') })),
      }));
      return { source, id, styleIds, ...(cleaned && { styles: cleaned }) };
    }
  }
  return undefined;
}

/** A place in a node as the mirror has it, in a masked text `masked`, which says nothing of its length; -1: it has none. */
function placeIn(page: Page, id: number, offset: number, masked: number): number {
  const node = page.nodeOf(id);
  if (!node || isOmitted(page, node) || isInsideBox(page, node)) return -1;
  if (isElement(node)) {
    const before = [...node.childNodes].slice(0, offset);
    return isBox(page, node) ? -1 : before.filter((each) => !isOmitted(page, each)).length;
  }
  const text = node.textContent ?? '';
  return cleanText(page, elementOf(node), text) === text ? offset : masked;
}

const place = ({ id, styleId }: { id?: number; styleId?: number }) => ({
  ...(id !== undefined && { id }),
  ...(styleId !== undefined && { styleId }),
});

/** All style sheets that an event carries are read for their words before anything in it is weighed. */
function learnFrom(page: Page, event: MirrorEvent): void {
  const { sheets, nodeOf } = page;
  const walk = (node: MirrorNode) => {
    if (node.isStyle && node.textContent) sheets.learn(node.textContent);
    if (node.tagName === 'link' || node.tagName === 'style') {
      const { _cssText: css, href, rel } = node.attributes ?? {};
      if (typeof css === 'string') sheets.learn(css);
      if (node.tagName === 'link' && typeof href === 'string' && rel === 'stylesheet')
        sheets.blind = true;
    }
    if (node.isShadowHost || node.type === NodeType.Document) {
      const live = nodeOf(node.id);
      const root = isElement(live) ? live.shadowRoot : live;
      for (const sheet of (root as DocumentOrShadowRoot | null)?.adoptedStyleSheets ?? []) {
        for (const rule of sheet.cssRules) sheets.learn(rule.cssText);
      }
    }
    node.childNodes?.forEach(walk);
  };
  if (event.type === EventType.FullSnapshot) walk(event.data.node);
  if (event.type !== EventType.Incremental) return;
  const { data } = event;
  if (data.source === Source.Mutation) {
    for (const { node } of data.adds) walk(node);
    for (const { attributes } of data.attributes) {
      if (typeof attributes._cssText === 'string') sheets.learn(attributes._cssText);
    }
  } else if (data.source === Source.StyleSheetRule) {
    for (const { rule } of data.adds ?? []) sheets.learn(rule);
    sheets.learn(`${data.replace ?? ''}${data.replaceSync ?? ''}`);
  } else if (data.source === Source.AdoptedStyleSheet) {
    for (const { rules } of data.styles ?? []) for (const { rule } of rules) sheets.learn(rule);
  }
}

// Only the order counts, and the shopper's clock is nobody's affair.
const timestamp = () => Math.round(performance.now());

/** A change as it may leave the page; undefined: it does not. */
export function cleanEvent(page: Page, event: MirrorEvent): MirrorEvent | undefined {
  page.verdicts.renew();
  learnFrom(page, event);
  switch (event.type) {
    case EventType.Meta: {
      const { width, height } = event.data;
      return {
        type: event.type,
        timestamp: timestamp(),
        data: { href: '', width, height, media: mediaNow() },
      };
    }
    case EventType.Incremental: {
      const data = cleanIncremental(page, event.data);
      return data && { type: event.type, timestamp: timestamp(), data };
    }
  }
  return undefined;
}

/**
 * The whole page as it may leave it, in slices: after each the caller may let others have the thread. Right only while the
 * page stays as it was, since each node is weighed where it stands now.
 */
export function* cleanSnapshot(
  page: Page,
  { type, data }: Extract<MirrorEvent, { type: EventType.FullSnapshot }>,
): Generator<void, MirrorEvent | undefined> {
  page.verdicts.renew();
  learnFrom(page, { type, timestamp: 0, data });
  yield;
  const unfinished: Unfinished = [];
  const node = cleanNode(page, data.node, unfinished);
  let until = performance.now() + SLICE_MS;
  for (const _ of finish(page, unfinished)) {
    if (performance.now() < until) continue;
    yield;
    until = performance.now() + SLICE_MS;
  }
  const { initialOffset } = data;
  return node && { type, timestamp: timestamp(), data: { node, initialOffset } };
}
