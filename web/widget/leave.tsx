// What counts as the shopper's own press: a real click or key; what a script makes, on the page or from afar, does
// nothing. And the button that gives leave. Its question comes unasked, perhaps right under a finger that is on its way
// to something else, or under a key that is held down: a press counts only if it began when the button had stood where
// it is, in sight, for half a second. To say no, and to stop, never waits. SPEC share.7.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** As long as browsers wait with questions of their own: Firefox's security.notification_enable_delay, Chromium's likewise. */
const STANDS_MS = 500;
const LOOK_EVERY_MS = 100;

/** Runs for what a person has pressed, and for nothing else. */
export const really =
  <E extends Event>(run: (event: E) => void) =>
  (event: E) => {
    if (event.isTrusted || handed.has(event)) run(event);
  };

/** Clicks that a real one stands behind. */
const handed = new WeakSet<Event>();

/** Hands a real press on to a button that it was meant for, but could not come to. */
export function handOn(button: Element): void {
  const click = new MouseEvent('click', { bubbles: true });
  handed.add(click);
  button.dispatchEvent(click);
}

/** Calls `onGive` for a press that was meant for it. Until it has stood long enough it is `aria-disabled`. */
export function LeaveButton(props: {
  /** What leave is asked for: another question in the same place waits anew. */
  about: string;
  onGive: () => void;
  class: string;
  title?: string;
  children: ComponentChildren;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const [ready, setReady] = useState(false);
  const place = useRef('');
  /** Since when it has stood there long enough. */
  const stood = useRef(Infinity);
  /** When the press that is under way began. */
  const pressed = useRef<number | undefined>(undefined);

  const where = () => {
    const { x, y } = button.current?.getBoundingClientRect() ?? {};
    return document.hidden ? '' : `${x} ${y}`;
  };
  useLayoutEffect(() => {
    let looks = 0;
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      const now = where();
      looks = now && now === place.current ? looks + 1 : 0;
      place.current = now;
      if (looks === 0) stood.current = Infinity;
      if (looks === STANDS_MS / LOOK_EVERY_MS) stood.current = performance.now();
      setReady(stood.current !== Infinity);
      timer = setTimeout(look, LOOK_EVERY_MS);
    };
    place.current = '';
    stood.current = Infinity;
    setReady(false);
    const frame = requestAnimationFrame(look); // the first that shows it
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [props.about]);
  const begin = ({ timeStamp }: Event) => {
    pressed.current = where() === place.current ? timeStamp : 0;
  };

  return (
    <button
      type="button"
      ref={button}
      class={props.class}
      title={props.title}
      aria-disabled={!ready}
      onPointerDown={begin}
      onKeyDown={(event) => {
        if (!event.repeat) begin(event);
        else pressed.current ??= 0; // held down since before it came here
      }}
      onClick={really((event) => {
        // What assistive technology presses has no beginning of its own.
        const began = pressed.current ?? event.timeStamp;
        if (event.detail) pressed.current = undefined;
        if (began >= stood.current) props.onGive();
      })}
      onKeyUp={() =>
        // A blank presses after this.
        setTimeout(() => {
          pressed.current = undefined;
        })
      }
    >
      {props.children}
    </button>
  );
}
