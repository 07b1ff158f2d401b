// The pointer of a CSA's hand: where it hovers, presses, drags and drops, by the events that a mouse brings about. What only a
// mouse can do is done for it: `:hover` in style sheets, captured pointers, and dragged elements.

import { deepest } from '../core/placing';

type View = Window & typeof globalThis;

/** Stands for `:hover`, which no script can bring about. */
const HOVERED = 'data-cobrowse-hover';
const HOVER = /(?<!\\|\((?:any-)?hover\s*):hover(?![\w-])/g;
const DRAGGED = '[draggable=true]';
const SLIDER = 'input[type=range]';
const POINTER_ID = 1;

export const windowOf = (node: Node) => node.ownerDocument?.defaultView as View;

export const hostOf = (element: Element): Element | null => {
  const root = element.getRootNode();
  return 'host' in root ? (root as ShadowRoot).host : null;
};

/** What lies at a fraction of the element's box, and where that is. */
export function placeOn(target: Element, fx: number, fy: number): [Element, number, number] {
  const box = target.getBoundingClientRect();
  const [x, y] = [box.left + fx * box.width, box.top + fy * box.height];
  const inner = deepest(target.ownerDocument, x, y);
  return [inner && around(inner).includes(target) ? inner : target, x, y];
}

/** Brings the element into sight, as far as it must be to be pressed. */
export function show(target: Element): void {
  const { top, bottom } = target.getBoundingClientRect();
  if (bottom <= 0 || top >= windowOf(target).innerHeight)
    target.scrollIntoView({ block: 'nearest', behavior: 'instant' });
}

/** Fires one event of the mouse, or of its pointer. False: the page does not want what follows from it. */
export function fire(
  at: Element,
  name: string,
  x: number,
  y: number,
  more: PointerEventInit & DragEventInit = {},
): boolean {
  const view = windowOf(at);
  const about = {
    ...{ bubbles: !/(?:enter|leave)$/.test(name), cancelable: true, composed: true },
    ...{ view, clientX: x, clientY: y, ...more },
  };
  if (more.dataTransfer) return at.dispatchEvent(new view.DragEvent(name, about));
  if (!name.startsWith('pointer')) return at.dispatchEvent(new view.MouseEvent(name, about));
  const pointer = { ...about, pointerId: POINTER_ID, pointerType: 'mouse', isPrimary: true };
  return at.dispatchEvent(new view.PointerEvent(name, { ...pointer, detail: 0 }));
}

/** The pointer's event and the mouse's after it. */
function both(at: Element, name: string, x: number, y: number, more: PointerEventInit = {}) {
  fire(at, `pointer${name}`, x, y, name === 'down' ? { ...more, pressure: 0.5 } : more);
  return fire(at, `mouse${name}`, x, y, /down|up/.test(name) ? { ...more, detail: 1 } : more);
}

// Hovering

let over: Element | undefined;
let marked: Element[] = [];

function around(element: Element | undefined): Element[] {
  const found: Element[] = [];
  for (let at = element ?? null; at; at = at.parentElement ?? hostOf(at)) found.push(at);
  return found;
}

/** The pointer moves there, out of where it was; undefined: away from the page. */
export function hover(to?: Element, x = 0, y = 0, more: PointerEventInit = {}): void {
  const from = over?.isConnected ? over : undefined;
  if (from !== to) {
    const [was, now] = [around(from), around(to)];
    if (from) both(from, 'out', x, y, { relatedTarget: to ?? null });
    for (const each of was)
      if (!now.includes(each)) both(each, 'leave', x, y, { relatedTarget: to ?? null });
    if (to) both(to, 'over', x, y, { relatedTarget: from ?? null });
    for (const each of [...now].reverse())
      if (!was.includes(each)) both(each, 'enter', x, y, { relatedTarget: from ?? null });
    over = to;
    mark(now);
  }
  if (to) both(to, 'move', x, y, more);
}

/** The hand is off the page, which hears nothing of it. */
export function forgetHover(): void {
  over = undefined;
  mark([]);
}

function mark(elements: Element[]) {
  for (const each of marked) if (!elements.includes(each)) each.removeAttribute(HOVERED);
  marked = elements.filter((each) => isStyled(each.getRootNode() as Document | ShadowRoot));
  for (const each of marked) each.setAttribute(HOVERED, '');
}

/** By document or root: how many rules it had, and what stands beside them for `:hover`. */
const styled = new WeakMap<Node, [rules: number, own: CSSStyleSheet[]]>();

/** Whether there is anything that looks different under a pointer; if so, it does now. */
function isStyled(root: Document | ShadowRoot): boolean {
  const [known, own] = styled.get(root) ?? [-1, []];
  const kept = root.adoptedStyleSheets.filter((sheet) => !own.includes(sheet));
  const sheets = [...root.styleSheets, ...kept];
  const count = sheets.reduce((sum, sheet) => sum + 1 + (readable(sheet)?.length ?? 0), 0);
  if (known === count) return own.length > 0;
  const found = sheets.flatMap((sheet) => underPointer(sheet, root) ?? []);
  if (found.length + own.length) root.adoptedStyleSheets = [...kept, ...found];
  styled.set(root, [count, found]);
  return found.length > 0;
}

/** Undefined of a file of another origin: nobody may read it. */
function readable(sheet: CSSStyleSheet): CSSRuleList | undefined {
  try {
    return sheet.cssRules;
  } catch {
    return undefined;
  }
}

function underPointer(sheet: CSSStyleSheet, root: Document | ShadowRoot) {
  const rules = readable(sheet);
  const css = sheet.disabled || !rules ? '' : rulesOf(rules);
  if (!css) return undefined;
  const page = (root.ownerDocument ?? root) as Document;
  const { CSSStyleSheet: Sheet } = page.defaultView as View;
  const made = new Sheet({ baseURL: sheet.href ?? page.baseURI, media: sheet.media.mediaText });
  made.replaceSync(css);
  return made;
}

function rulesOf(rules: CSSRuleList): string {
  let css = '';
  for (const rule of rules) {
    const { selectorText = '', cssRules } = rule as CSSStyleRule;
    const hovered = selectorText.replace(HOVER, `[${HOVERED}]`);
    const inner = cssRules?.length ? rulesOf(cssRules) : '';
    if (hovered !== selectorText) css += rule.cssText.replace(HOVER, `[${HOVERED}]`);
    else if (inner) css += `${rule.cssText.slice(0, rule.cssText.indexOf('{'))}{${inner}}`;
  }
  return css;
}

// Pressing, dragging, dropping

/** What is held, since where; `letGo` gives captured pointers back to the browser. */
interface Held {
  at: Element;
  x: number;
  y: number;
  now: [x: number, y: number];
  under: Element;
  captured?: Element | undefined;
  dragged?: { source: Element; dataTransfer: DataTransfer; wanted: boolean };
  letGo(): void;
}

let held: Held | undefined;

/** Puts the button down; `focus` is done if the page wants it. */
export function down(at: Element, x: number, y: number, focus: (at: Element) => void): void {
  hover(at, x, y);
  if (both(at, 'down', x, y, { buttons: 1 })) focus(at);
}

export function up(at: Element, x: number, y: number): void {
  both(at, 'up', x, y);
}

/** Takes hold at a fraction of the element's box. */
export function grab(
  target: Element,
  fx: number,
  fy: number,
  focus: (at: Element) => void,
): boolean {
  show(target);
  const [at, x, y] = placeOn(target, fx, fy);
  const now: Held = { at, x, y, now: [x, y], under: at, letGo: capturing(windowOf(at)) };
  held = now;
  down(at, x, y, focus);
  return true;
}

/** Moves what is held by so much from where it was grabbed. False where nothing is held, or where it may not come. */
export function drag(
  dx: number,
  dy: number,
  mayReach: (each: Element) => boolean,
  slide: (field: HTMLInputElement, value: string) => void,
): boolean {
  if (!held) return false;
  const [x, y] = [held.x + dx, held.y + dy];
  const { at } = held;
  if (at.matches(SLIDER)) {
    slide(at as HTMLInputElement, valueAt(at as HTMLInputElement, x));
    return true;
  }
  const under = deepest(at.ownerDocument, x, y);
  if (!under || !mayReach(under)) return false;
  held.now = [x, y];
  const source = at.closest(DRAGGED);
  if (source && !held.dragged) {
    const dataTransfer = new (windowOf(at).DataTransfer)();
    if (fire(source, 'dragstart', held.x, held.y, { dataTransfer }))
      held.dragged = { source, dataTransfer, wanted: false };
  }
  const { dragged, captured, under: before } = held;
  held.under = under;
  if (dragged) {
    const { dataTransfer } = dragged;
    fire(dragged.source, 'drag', x, y, { dataTransfer });
    if (before !== under) {
      fire(under, 'dragenter', x, y, { dataTransfer, relatedTarget: before });
      fire(before, 'dragleave', x, y, { dataTransfer, relatedTarget: under });
    }
    dragged.wanted = !fire(under, 'dragover', x, y, { dataTransfer });
  } else hover(captured ?? under, x, y, { buttons: 1 });
  return true;
}

/** Lets go of what is held: it is dropped where it is, if it may be. */
export function release(drops: boolean): void {
  if (!held) return;
  const { at, under, captured, dragged, now, letGo } = held;
  held = undefined;
  letGo();
  const [x, y] = now;
  if (dragged) {
    const { source, dataTransfer, wanted } = dragged;
    if (drops && wanted) fire(under, 'drop', x, y, { dataTransfer });
    fire(source, 'dragend', x, y, { dataTransfer });
    return;
  }
  const to = captured ?? (under.isConnected ? under : at);
  if (drops) up(to, x, y);
  else {
    fire(to, 'pointercancel', x, y);
    fire(to, 'mouseup', x, y);
  }
  if (captured) fire(captured, 'lostpointercapture', x, y);
}

/** Nothing more happens to what is held, and the page hears nothing. */
export function forgetHeld(): void {
  held?.letGo();
  held = undefined;
}

/** The element that was grabbed, while it is held. */
export const holding = (): Element | undefined => held?.at;

/** While something is held the page may capture its pointer, which the browser does not know. */
function capturing(view: View): () => void {
  const proto = view.Element.prototype;
  const { setPointerCapture, releasePointerCapture, hasPointerCapture } = proto;
  proto.setPointerCapture = function (id) {
    if (id === POINTER_ID && held) held.captured = this;
  };
  proto.releasePointerCapture = (id) => {
    if (id === POINTER_ID && held) held.captured = undefined;
  };
  proto.hasPointerCapture = function (id) {
    return id === POINTER_ID && held?.captured === this;
  };
  return () =>
    Object.assign(proto, { setPointerCapture, releasePointerCapture, hasPointerCapture });
}

function valueAt(field: HTMLInputElement, x: number): string {
  const { left, width } = field.getBoundingClientRect();
  const part = Math.min(1, Math.max(0, (x - left) / width));
  const [min, max] = [Number(field.min || 0), Number(field.max || 100)];
  const isReversed = windowOf(field).getComputedStyle(field).direction === 'rtl';
  return String(min + (max - min) * (isReversed ? 1 - part : part));
}
