// The keyboard: what each command does, and where the focus goes.

import { isLive } from '../../web/core/room';
import { reaches } from '../../web/core/sharing';
import { type Command, commandFor, type Focus } from './keys';
import { neighbour } from './lobby';
import { levelFor, nextLevel, type Tool } from './mirror/tools';
import { isAsking, levelOf } from './mirror/watching';
import { goBack, goTo } from './place';
import type { Desk } from './state';
import { strayKeys } from './stray';

/** Obeys the keyboard from now on; the disposer ends that. */
export function obeyKeyboard(desk: Desk): () => void {
  const stray = strayKeys((lost) => {
    const { refusal, words } = desk;
    if (lost) refusal.value = words.fieldGone;
    else if (refusal.peek() === words.fieldGone) refusal.value = '';
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (stray.takes(event)) return event.preventDefault();
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    const command = commandFor(event, focusOf(event.target));
    if (command && obey(desk, command)) event.preventDefault();
  };
  addEventListener('keydown', onKeyDown);
  return () => {
    removeEventListener('keydown', onKeyDown);
    stray.end();
  };
}

const FIELDS = 'input, textarea, select, [contenteditable]';

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return 'other';
  if (target.matches(FIELDS)) return 'field';
  return target.closest('[data-room]') ? 'list' : 'other';
}

/** Whether there was something to do. */
function obey(desk: Desk, command: Command): boolean {
  if (desk.place.value.page === 'rules') return obeyInRules(desk, command);
  const room = desk.room.value;
  switch (command) {
    case 'next':
    case 'previous':
      return moveCursor(desk, command === 'next' ? 1 : -1);
    case 'search':
      if (isNarrow()) goTo({ room: undefined, page: 'list' });
      return focus('search');
    case 'reply':
      if (room && isNarrow()) goTo({ room: room.id, page: 'conversation' });
      return focus('composer');
    case 'cart':
      if (room && isNarrow()) goTo({ room: room.id, page: 'cart' });
      return focus('cart');
    case 'take': {
      const conversation = room?.view.value?.conversation;
      if (!room || !conversation || !isLive(conversation)) return false;
      if (conversation.taken_by?.[1] === desk.me[1] || room.underway.value.has('take'))
        return false;
      room.do({ k: 'take' });
      return focus('composer');
    }
    case 'propose':
      if (!room?.view.value) return false;
      desk.dialog.value = 'propose';
      return true;
    case 'mirror':
      if (!room?.view.value || desk.siteOf(room.id)?.page_sharing === 'never') return false;
      if (desk.watching.room.value === room.id) desk.watching.close();
      else desk.watching.open(room);
      return true;
    case 'laser':
    case 'mark':
    case 'pen':
    case 'arrow':
    case 'box':
    case 'look':
    case 'control':
      return takeTool(desk, command);
    case 'code':
    case 'keys':
      desk.dialog.value = command;
      return true;
    case 'waiting':
    case 'mine':
    case 'visitors':
      desk.chooseTab(command);
      return true;
    case 'rules':
      desk.showRules();
      return true;
    case 'back':
      return back(desk);
    case 'open':
      return false; // Enter is the focused row's own
  }
}

/** Takes a tool in hand over the shopper's page; where there is no leave for it yet, asks for the next one. */
function takeTool({ room, watching, me, now_s }: Desk, tool: Tool): boolean {
  const open = room.value;
  if (!open || watching.room.value !== open.id) return false;
  const sharing = open.view.value?.sharing;
  const level = levelOf(sharing, me, now_s.value);
  if (reaches(level, levelFor(tool))) watching.tool.value = tool;
  else if (!isAsking(sharing, me)) watching.ask(open, nextLevel(level) ?? level);
  return true;
}

/** Among the rules: the search, the way back, the lists of visitors. */
function obeyInRules(desk: Desk, command: Command): boolean {
  switch (command) {
    case 'search':
      return focus('rules-search');
    case 'waiting':
    case 'mine':
    case 'visitors':
      desk.chooseTab(command);
      desk.showVisitors();
      return true;
    case 'rules':
      desk.showRules();
      return true;
    case 'keys':
      desk.dialog.value = 'keys';
      return true;
    case 'back': {
      const held = document.activeElement;
      if (held instanceof HTMLElement && held.matches(FIELDS)) held.blur();
      else goBack();
      return true;
    }
    default:
      return false; // of a conversation, and there is none here
  }
}

function moveCursor(desk: Desk, step: 1 | -1): boolean {
  const { order } = desk.shown.value;
  const to = neighbour(order, desk.cursor.value ?? desk.selected.value, step);
  if (to === undefined) return false;
  desk.cursor.value = to;
  return focusRow(to);
}

function focusRow(room: string): boolean {
  const row = document.querySelector<HTMLElement>(`[data-room="${CSS.escape(room)}"]`);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
  return row !== null;
}

/** Out of the field, then to the list; on a narrow screen one page back. */
function back(desk: Desk): boolean {
  const held = document.activeElement;
  if (held instanceof HTMLElement && held.matches(FIELDS)) {
    held.blur();
    if (held.dataset.focus === 'search') desk.search.value = '';
    return true;
  }
  if (isNarrow()) {
    if (desk.place.value.page === 'list') return false;
    goBack();
    return true;
  }
  const room = desk.selected.value ?? desk.shown.value.order[0];
  return room !== undefined && focusRow(room);
}

function focus(name: 'search' | 'rules-search' | 'composer' | 'cart'): boolean {
  const reach = () => {
    const target = document.querySelector<HTMLElement>(`[data-focus="${name}"]`);
    target?.focus();
    if (name === 'cart') target?.scrollIntoView({ block: 'start' });
    return target !== null && target === document.activeElement;
  };
  // At once, or the next key would go astray; later only where its page is just coming into sight.
  if (!reach()) requestAnimationFrame(reach);
  return true;
}

const narrow = matchMedia('(width < 1024px)');
const isNarrow = () => narrow.matches;
