// The shopper's page under the CSA's hand: pointer, wheel and keyboard all reach it. The arrow keys move an aim over the page,
// Enter does there what the pointer would.

import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ShareLevel } from '../../../web/core/messages';
import type { Place } from '../../../web/core/pointing';
import { reaches } from '../../../web/core/sharing';
import type { Hand } from '../mirror/hand';
import { draws, levelFor } from '../mirror/tools';
import type { Drawn } from '../mirror/viewer';
import { useDesk } from '../state';

const STEP_PX = 12;
const LEAP_PX = 96;
const STEPS: Record<string, Place> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function Stage(props: {
  hand: Hand;
  level: ShareLevel;
  scale: number;
  page: Drawn;
  sheet: RefObject<HTMLDivElement | null>;
  children: ComponentChildren;
}) {
  const { hand, level, scale, page, sheet } = props;
  const { words, watching } = useDesk();
  const [aim, setAim] = useState<Place | undefined>(undefined);
  const mark = useRef<HTMLElement>(null);
  const held = watching.tool.value;
  const can = reaches(level, levelFor(held));
  const tool = can ? held : 'laser';
  const may = reaches(level, 'point');

  // Leave for a tool may end while it is in hand.
  useEffect(() => {
    if (!can) watching.tool.value = 'laser';
    if (tool !== 'control') hand.letGo();
  }, [can, tool]);

  useEffect(() => {
    const { current } = mark;
    if (current && aim)
      current.style.transform = `translate(${aim[0]}px, ${aim[1]}px) scale(${1 / scale})`;
  }, [aim, scale]);

  const placeOf = (event: MouseEvent): Place | undefined => {
    const box = sheet.current?.getBoundingClientRect();
    if (!may || !box) return undefined;
    return [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
  };

  // A wheel that scrolls the shopper's page must not scroll the console: that takes a listener that is not passive.
  const wheel = (event: WheelEvent) => {
    const at = placeOf(event);
    if (tool !== 'control' || !at) return;
    event.preventDefault();
    hand.wheel(at, event.deltaX, event.deltaY);
  };
  const latest = useRef(wheel);
  latest.current = wheel;
  useEffect(() => {
    const { current } = sheet;
    const listen = (event: WheelEvent) => latest.current(event);
    current?.addEventListener('wheel', listen, { passive: false });
    return () => current?.removeEventListener('wheel', listen);
  }, []);

  const key = (event: KeyboardEvent) => {
    if (!may || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const at = aim ?? [page.width / 2, page.height / 2];
    if (step) {
      const by = event.shiftKey ? LEAP_PX : STEP_PX;
      const next: Place = [
        Math.max(0, Math.min(page.width - 1, at[0] + step[0] * by)),
        Math.max(0, Math.min(page.height - 1, at[1] + step[1] * by)),
      ];
      setAim(next);
      hand.move(tool, next);
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (hand.isDrawing()) hand.up(at);
      else {
        hand.down(tool, at);
        if (tool === 'control') hand.up(at);
      }
      if (!aim) setAim(at);
    } else if (event.key === 'Escape' && hand.isDrawing()) hand.cancel();
    else return;
    event.preventDefault();
  };

  return (
    <div
      class={may ? `mirror-sheet pointing ${tool}` : 'mirror-sheet'}
      ref={sheet}
      role="application"
      tabIndex={may ? 0 : -1}
      data-focus="page"
      aria-label={may ? `${words.commands[tool]}. ${words.aim}` : words.page}
      onKeyDown={key}
      onBlur={() => setAim(undefined)}
      onPointerMove={(event) => {
        const at = placeOf(event);
        if (at) hand.move(tool, at);
      }}
      onPointerDown={(event) => {
        const at = placeOf(event);
        if (!at || event.button !== 0) return;
        if (draws(tool) || tool === 'control')
          event.currentTarget.setPointerCapture(event.pointerId);
        hand.down(tool, at);
      }}
      onMouseDown={(event) => {
        // The focus is where the letters go that come next; it would be taken from there.
        if (tool === 'control' && hand.field.peek()) event.preventDefault();
      }}
      onPointerUp={(event) => {
        const at = placeOf(event);
        if (at) hand.up(at);
      }}
      onPointerCancel={() => hand.cancel()}
      onPointerLeave={() => may && !hand.isDrawing() && hand.leave(tool)}
    >
      {props.children}
      <i class="mirror-aim" ref={mark} hidden={!aim} aria-hidden="true" />
    </div>
  );
}
