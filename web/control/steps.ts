// One step on the page, as a person's would be: the same events in the same order, and values set so that React, Vue and
// plain forms all take them. Frames of the same origin have windows of their own, so every class is the element's window's.

import { down, drag, fire, grab, hostOf, placeOn, release, show, up, windowOf } from './pointer';

type Field = HTMLInputElement | HTMLTextAreaElement;

const FOCUSABLE =
  'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]:not([contenteditable=false])';
const TEXT =
  'input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=image]), textarea';
/** Values that cannot be typed letter by letter: they are set as a whole. */
const WHOLE =
  'input:is([type=date], [type=time], [type=month], [type=week], [type=datetime-local], [type=color], [type=range])';
const NUMERIC = /[0-9eE+.,-]/;
const EDITABLE = '[contenteditable]:not([contenteditable=false])';

/** The one window of elements of its own realm: `instanceof` fails across frames. */
const is = (element: Element, ...names: string[]) => names.includes(element.localName);

// Pointing and pressing

/** Presses at a fraction of the element's box. */
export function click(target: Element, fx: number, fy: number): boolean {
  show(target);
  const [at, x, y] = placeOn(target, fx, fy);
  down(at, x, y, focusFor);
  up(at, x, y);
  // Removed or disabled meanwhile: a browser would not click either.
  if (at.isConnected && !at.closest(':disabled')) fire(at, 'click', x, y, { detail: 1 });
  return true;
}

/** Takes hold, moves what is held by so much, and lets it go. False where nothing is held, or where it may not come. */
export function carry(
  how: 'grab' | 'drag' | 'drop',
  target: Element,
  [fx, fy]: [number, number],
  [dx, dy]: [number, number],
  mayReach: (each: Element) => boolean,
): boolean {
  if (how === 'grab') return grab(target, fx, fy, focusFor);
  const done = drag(dx, dy, mayReach, (field, value) =>
    enter(field, value, 'insertReplacementText', value),
  );
  if (how === 'drag') return done;
  release(done);
  leaveField();
  return done;
}

/** The focus goes where a press takes it, or away from where it was. */
function focusFor(target: Element): void {
  const focusable = target.closest<HTMLElement>(FOCUSABLE) ?? target.closest('label')?.control;
  const held = target.ownerDocument.activeElement as HTMLElement | null;
  if (held && held !== focusable) leaveField();
  if (!focusable) held?.blur();
  else focusable.focus({ preventScroll: true });
  if (focusable && isText(focusable)) toEnd(focusable);
}

/** Scrolls what a wheel over the element would scroll. */
export function scroll(target: Element, dx: number, dy: number): boolean {
  const view = windowOf(target);
  const wheel = { bubbles: true, cancelable: true, composed: true, view, deltaX: dx, deltaY: dy };
  if (!target.dispatchEvent(new view.WheelEvent('wheel', wheel))) return true; // the page scrolls by itself
  const page = target.ownerDocument.scrollingElement;
  let at: Element | null = target;
  for (; at && at !== page; at = at.parentElement ?? hostOf(at)) {
    const { overflowX, overflowY } = view.getComputedStyle(at);
    const down =
      dy &&
      /auto|scroll/.test(overflowY) &&
      canMove(at.scrollTop, at.scrollHeight - at.clientHeight, dy);
    const across =
      dx &&
      /auto|scroll/.test(overflowX) &&
      canMove(at.scrollLeft, at.scrollWidth - at.clientWidth, dx);
    if (down || across) break;
  }
  (at ?? page)?.scrollBy({ left: dx, top: dy, behavior: 'instant' });
  return true;
}

const canMove = (at: number, most: number, by: number) => (by > 0 ? at < most - 1 : at > 0);

// Typing

/** A field that has been typed into, and is owed its `change` when it is left. */
let owed: Field | undefined;

const isText = (element: Element): element is Field => element.matches(TEXT);
const mayType = (field: Field) => !field.readOnly && !field.disabled;

/** What was meant for a number's field that could not show it yet: "1." on the way to "1.5". */
const drafts = new WeakMap<Field, { shown: string; meant: string }>();

/** Types into a field where its caret stands, or sets its whole value. False where nobody could type. */
export function type(target: Element, text: string, whole: boolean): boolean {
  const field = target.closest(TEXT);
  if (field && isText(field)) {
    if (!mayType(field)) return false;
    take(field);
    if (whole || field.matches(WHOLE)) {
      const done = enter(field, text, 'insertReplacementText', text);
      if (field.matches(WHOLE)) leaveField();
      return done;
    }
    for (const mark of text) {
      if (field.type === 'number' && !NUMERIC.test(mark)) continue;
      if (mark === '\n') {
        if (!is(field, 'textarea')) continue;
      } else if (!key(field, 'keydown', mark)) continue;
      edit(field, 'insertText', mark);
      if (mark !== '\n') key(field, 'keyup', mark);
    }
    return true;
  }
  const editable = target.closest<HTMLElement>(EDITABLE);
  if (!editable) return false;
  if (windowOf(editable).document.activeElement !== editable)
    editable.focus({ preventScroll: true });
  if (whole) editable.ownerDocument.execCommand('selectAll');
  return editable.ownerDocument.execCommand('insertText', false, text);
}

/** Keys that do something by themselves: nothing else is pressed from afar. */
export function press(
  target: Element,
  name: string,
  mayReach: (each: Element) => boolean,
): boolean {
  const at =
    target.closest<HTMLElement>(`${TEXT}, ${EDITABLE}, ${FOCUSABLE}`) ?? (target as HTMLElement);
  if (isText(at)) take(at);
  if (!key(at, 'keydown', name)) return true; // the page has its own answer to it
  const done = goesOn(at, name, mayReach) ?? effect(at, name);
  if (at.isConnected) key(at, 'keyup', name);
  return done;
}

function effect(at: HTMLElement, name: string): boolean {
  if (isText(at)) {
    if (name === 'Backspace') return edit(at, 'deleteContentBackward', '');
    if (name === 'Delete') return edit(at, 'deleteContentForward', '');
    if (name === 'Enter')
      return is(at, 'textarea') ? edit(at, 'insertLineBreak', '\n') : submit(at);
    return moveCaret(at, name);
  }
  if (at.matches(EDITABLE)) {
    const command = { Backspace: 'delete', Delete: 'forwardDelete', Enter: 'insertParagraph' }[
      name
    ];
    return command ? at.ownerDocument.execCommand(command) : false;
  }
  if (name === 'Enter' || name === ' ') {
    at.click();
    return true;
  }
  return name === 'Escape';
}

const inUse = (each: HTMLElement) => each.tabIndex >= 0 && each.checkVisibility();

/** Takes the focus on to what may be reached: Tab in order, arrows among choices. Undefined for other keys. */
function goesOn(
  at: HTMLElement,
  name: string,
  mayReach: (each: Element) => boolean,
): boolean | undefined {
  const step = /^(?:Tab|Arrow(?:Down|Right))$/.test(name) ? 1 : -1;
  const isChoice = at.matches('[type=radio]') && name.startsWith('Arrow');
  if (!isChoice && !/^(?:Back)?Tab$/.test(name)) return undefined;
  const { name: group, form } = at as HTMLInputElement;
  const root = at.getRootNode() as Document | ShadowRoot;
  const all = [...root.querySelectorAll<HTMLInputElement>(FOCUSABLE)].filter(
    (each) =>
      each === at ||
      (isChoice
        ? each.type === 'radio' && each.name === group && each.form === form && mayReach(each)
        : inUse(each) && mayReach(each)),
  );
  const place = all.indexOf(at as HTMLInputElement) + step;
  const next = isChoice ? all.at(place % all.length) : all[place];
  if (!next) return false;
  leaveField();
  next.focus();
  if (isChoice) next.click();
  else if (isText(next)) toEnd(next);
  return true;
}

function moveCaret(field: Field, name: string): boolean {
  const [from, to] = caretOf(field);
  const end = field.value.length;
  const at = {
    ArrowLeft: Math.max(0, from - 1),
    ArrowRight: Math.min(end, to + 1),
    Home: 0,
    End: end,
  }[name];
  if (at === undefined) return name === 'Escape';
  place(field, at);
  return true;
}

/** Enter in a field presses its form's first button, as browsers have it. */
function submit(field: Field): boolean {
  const { form } = field;
  leaveField();
  if (!form) return true;
  const isButton = (each: Element) =>
    each.matches('button:not([type]), button[type=submit], input:is([type=submit], [type=image])');
  const button = [...form.elements].find(isButton) as HTMLElement | undefined;
  if (button) button.click();
  else form.requestSubmit();
  return true;
}

/** Chooses an option by its place. */
export function select(target: Element, index: number): boolean {
  const field = target.closest('select');
  const option = field?.options[index];
  if (!field || field.disabled || !option || option.disabled) return false;
  leaveField();
  field.focus({ preventScroll: true });
  if (field.multiple) option.selected = !option.selected;
  else setter(field, 'selectedIndex')?.call(field, index);
  const { Event } = windowOf(field);
  field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}

/** The field that was typed into is left: whoever waits for `change` hears of it. */
export function leaveField(): void {
  const field = owed;
  owed = undefined;
  if (field?.isConnected)
    field.dispatchEvent(new (windowOf(field).Event)('change', { bubbles: true }));
}

/** Nothing more is done on the page, not even that. */
export function forgetField(): void {
  owed = undefined;
}

/** As a browser has it: `change` comes when the field is left, and not twice when the shopper has typed there as well. */
function owe(field: Field): void {
  if (owed === field) return;
  owed = field;
  const settle = () => {
    if (owed === field) leaveField();
  };
  const settled = () => {
    if (owed === field) owed = undefined;
  };
  field.addEventListener('focusout', settle, { once: true });
  field.addEventListener('change', settled, { once: true });
}

function take(field: Field): void {
  if (owed && owed !== field) leaveField();
  const root = field.getRootNode() as Document | ShadowRoot;
  if (root.activeElement === field) return;
  field.focus({ preventScroll: true });
  toEnd(field);
}

function key(at: Element, name: 'keydown' | 'keyup', mark: string): boolean {
  const { KeyboardEvent } = windowOf(at);
  const shiftKey = mark === 'BackTab';
  const about = { key: shiftKey ? 'Tab' : mark, shiftKey, bubbles: true, cancelable: true };
  return at.dispatchEvent(new KeyboardEvent(name, { ...about, composed: true }));
}

function edit(field: Field, how: string, mark: string): boolean {
  const draft = drafts.get(field);
  const value = draft && draft.shown === field.value ? draft.meant : field.value;
  const [from, to] = caretOf(field, value);
  let [start, end] = [from, to];
  if (from === to && how === 'deleteContentBackward')
    start = Math.max(0, from - lastMark(value.slice(0, from)));
  if (from === to && how === 'deleteContentForward') end = Math.min(value.length, to + 1);
  const next = value.slice(0, start) + mark + value.slice(end);
  const most = field.maxLength >= 0 ? field.maxLength : Infinity;
  if (mark && next.length > most) return true;
  return enter(field, next, how, mark, start + mark.length);
}

/** An emoji goes as one. */
const lastMark = (text: string) => [...text].at(-1)?.length ?? 1;

/** Sets a value through the class's own setter, which React has not replaced, between the events of an edit. */
function enter(
  field: Field,
  next: string,
  inputType: string,
  data: string,
  caret?: number,
): boolean {
  const { InputEvent } = windowOf(field);
  const about = { inputType, data: data || null, bubbles: true, composed: true };
  if (!field.dispatchEvent(new InputEvent('beforeinput', { ...about, cancelable: true })))
    return true;
  const before = field.value;
  setter(field, 'value')?.call(field, next);
  if (field.value !== next && next !== '' && field.value === '') {
    setter(field, 'value')?.call(field, before); // not yet a value of its kind
    drafts.set(field, { shown: before, meant: next });
    return true;
  }
  drafts.delete(field);
  if (caret !== undefined) place(field, Math.min(caret, field.value.length));
  field.dispatchEvent(new InputEvent('input', about));
  owe(field);
  return true;
}

function setter(element: Element, name: 'value' | 'selectedIndex') {
  const { HTMLInputElement, HTMLTextAreaElement, HTMLSelectElement } = windowOf(element);
  const owner = is(element, 'input')
    ? HTMLInputElement
    : is(element, 'textarea')
      ? HTMLTextAreaElement
      : HTMLSelectElement;
  return Object.getOwnPropertyDescriptor(owner.prototype, name)?.set;
}

/** Fields of numbers and addresses tell no caret: theirs is at the end. */
function caretOf(field: Field, value = field.value): [number, number] {
  const { selectionStart, selectionEnd } = field;
  if (selectionStart === null || selectionEnd === null || value !== field.value)
    return [value.length, value.length];
  return [selectionStart, selectionEnd];
}

function place(field: Field, at: number): void {
  if (field.selectionStart !== null) field.setSelectionRange(at, at);
}

const toEnd = (field: Field) => place(field, field.value.length);
