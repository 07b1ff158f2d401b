// A CSA's hand on the shopper's page: steps come in, each is weighed, done and answered. Loaded only after the shopper has let
// a CSA use the page. SPEC mirror.8, mirror.9.

import type { ActNow, Author, Outcome, Pointed } from '../core/messages';
import { documentIn, judge } from '../mirror/verdict';
import type { Hand, HandPort } from '../snippet/shell';
import { cartLineOf } from './cartline';
import { asks } from './confirm';
import { forgetHeld, forgetHover, holding, hover, placeOn, release } from './pointer';
import { carry, click, forgetField, press, scroll, select, type } from './steps';

/** So long after the shopper's own input the CSA waits. */
export const QUIET_MS = 3000;
/** What a step sets off on the page may come a little later; it is held to the same rules. */
const AFTERMATH_MS = 1500;

/** What says that the shopper uses the page. Moving the pointer is no use of it: a table that shakes would stop all help. */
const OWN_INPUT = ['pointerdown', 'keydown', 'wheel', 'touchstart', 'paste', 'drop'] as const;
const WIDGET = 'cobrowse-widget';

export function makeHand(port: HandPort): Hand {
  let own_at = -Infinity;
  let acted_at = -Infinity;
  let resuming = 0;
  let acting: ActNow | undefined;
  let last: ActNow | undefined;
  let asked = false;
  /** Where keys go that were sent before their CSA could see that the focus had gone on from where they point. */
  let gone_on: { by: string; from: Set<Element>; to: Element } | undefined;
  /** Whose hand holds something, and of which node. */
  let holder = '';

  const now = () => performance.now();
  const rulesOf = () => port.rules().rules ?? [];
  const verdicts = () => judge(rulesOf(), port.rules().catalogue ?? true, location.pathname);
  const path = () => location.pathname;

  function tellAll(what: 'paused' | 'resumed') {
    for (const to of port.holders()) port.tell(to, { n: 0, what });
  }

  /** The CSAs wait from now on until the shopper has been quiet. */
  function pause() {
    if (resuming) window.clearTimeout(resuming);
    else tellAll('paused');
    resuming = window.setTimeout(() => {
      resuming = 0;
      forgetHover(); // only now: the shopper may have pressed what it had opened
      tellAll('resumed');
    }, QUIET_MS);
  }

  const takeOver = (event: Event) => {
    // What is typed into the chat is no use of the page.
    const isOurs = (each: EventTarget) => (each as Element).localName === WIDGET;
    if (!event.isTrusted || event.composedPath().some(isOurs)) return;
    own_at = now();
    release(true);
    if (port.holders().length) pause();
  };

  /** What the page sets off by itself in the wake of a step is the CSA's doing too. */
  const guard = (event: Event) => {
    const ours = acting !== undefined || (now() - acted_at < AFTERMATH_MS && own_at < acted_at);
    if (!ours || (event.isTrusted && event.type === 'click')) return;
    const [target] = event.composedPath();
    const source = ((event as SubmitEvent).submitter ?? target) as Element | undefined;
    if (source?.nodeType !== Node.ELEMENT_NODE || !asks(source, rulesOf(), path())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    asked = true;
    if (acting || !last) return;
    askFor(last);
    answer(last.by, { n: last.n, what: 'confirm' });
  };

  /** Frames of the page's origin are the page: what is done in them is told to their own windows. */
  const heard = new WeakSet<Document>();
  const again = () => listen(document);
  function listen(of: Document) {
    if (!heard.has(of)) {
      heard.add(of);
      const to = of.defaultView ?? of;
      for (const name of OWN_INPUT)
        to.addEventListener(name, takeOver, { capture: true, passive: true });
      to.addEventListener('click', guard, true);
      to.addEventListener('submit', guard, true);
      // One that is still loading is found as soon as the shopper comes near it.
      of.addEventListener('load', again, true);
      of.addEventListener('mouseover', again, true);
      to.addEventListener('blur', again, true);
    }
    for (const frame of of.querySelectorAll('iframe')) {
      const inner = documentIn(frame);
      if (inner) listen(inner);
    }
  }
  listen(document);

  /** Nothing that is denied may be reached, not even through its label, nor what holds the widget. */
  function isDenied(target: Element): boolean {
    const judged = verdicts();
    const label = target.closest('label');
    return [target, label?.control].some(
      (each) =>
        each &&
        (judged.isDenied(each) ||
          judged.of(each) === 'hide' ||
          !!each.closest(`${WIDGET}, [inert], :disabled, [aria-disabled=true]`)),
    );
  }

  /** What a step is about: keys are for what has the focus by now. */
  function meant({ by, epoch, node, kind }: ActNow): Element | undefined {
    const target = port.locate(epoch, node);
    if (kind === 'click' || kind === 'grab') gone_on = undefined;
    const isLate =
      /^(?:type|fill|key|select)$/.test(kind) &&
      target &&
      gone_on?.by === by[1] &&
      gone_on.from.has(target);
    return isLate ? gone_on?.to : target;
  }

  const activeIn = (of: Element) => (of.getRootNode() as Document | ShadowRoot).activeElement;

  /** Notes where a key has taken the focus, by Tab or among choices. */
  function follow({ by, kind, text, epoch, node }: ActNow, from: Element, held: Element | null) {
    const to = activeIn(from);
    const sent = port.locate(epoch, node);
    if (kind !== 'key' || text === 'Enter' || !to || to === from || to === held || !sent) return;
    gone_on = { by: by[1], from: new Set(gone_on?.from).add(from).add(sent), to };
  }

  function weigh(frame: ActNow): Outcome['what'] | Pick<Outcome, 'line' | 'quantity'> | Element {
    const target = meant(frame);
    if (!target?.isConnected) return 'gone';
    if (target.closest(WIDGET) || isDenied(target)) return 'denied';
    if (frame.kind === 'scroll' || frame.kind === 'hover') return target;
    if (frame.kind === 'grab' && asks(target, rulesOf(), path())) return 'confirm';
    if (frame.kind === 'click' || (frame.kind === 'key' && frame.text === 'Enter')) {
      const line = frame.kind === 'click' ? cartLineOf(target) : undefined;
      if (line) return line;
      if (frame.kind === 'click' && asks(target, rulesOf(), path())) return 'confirm';
    }
    return target;
  }

  /** What is carried goes on, though the page may have drawn it anew since it was grabbed. Undefined of all other steps. */
  function carried({ kind, by, node }: ActNow): Element | 'gone' | undefined {
    if (kind !== 'drag' && kind !== 'drop') {
      if (kind !== 'hover') release(true);
      return undefined;
    }
    return (holder === `${by[1]} ${node}` && holding()) || 'gone';
  }

  function perform(frame: ActNow, target: Element): boolean {
    const { kind, text = '', index = 0, fx = 0.5, fy = 0.5, dx = 0, dy = 0 } = frame;
    switch (kind) {
      case 'click':
        return click(target, fx, fy);
      case 'scroll':
        return scroll(target, dx, dy);
      case 'type':
        return type(target, text, false);
      case 'fill':
        return type(target, text, true);
      case 'key':
        return press(target, text, (each) => !isDenied(each));
      case 'select':
        return select(target, index);
      case 'hover':
        hover(...placeOn(target, fx, fy));
        return true;
      default:
        return carry(kind, target, [fx, fy], [dx, dy], mayHold);
    }
  }

  /** What is carried may come here. */
  const mayHold = (each: Element) => !isDenied(each) && !asks(each, rulesOf(), path());

  function askFor({ by, room, epoch, node, fx = 0.5, fy = 0.5 }: ActNow) {
    const target = port.locate(epoch, node);
    const frame: Pointed = { t: 'point', kind: 'mark', by, room, epoch, node, fx, fy };
    if (target) port.confirm(frame, target.closest('button, a, input, [role=button]') ?? target);
  }

  function answer(to: Author, outcome: Outcome) {
    port.tell(to[1], outcome);
  }

  return {
    act(frame) {
      const { by, n } = frame;
      if (!port.lets(by)) return;
      listen(document); // a frame may have come that nobody told of
      // What only moves on has no answer while all is well: there are many of them.
      const isHover = frame.kind === 'hover';
      if (now() - own_at < QUIET_MS) {
        if (!isHover) answer(by, { n, what: 'paused' });
        return;
      }
      if (isHover && holding()) return;
      const held = carried(frame);
      if (held === 'gone') return; // it was answered when it was to be grabbed, or when it was let go
      const weighed = held ?? weigh(frame);
      if (typeof weighed === 'string') {
        if (isHover) return hover();
        if (weighed === 'confirm') askFor(frame);
        return answer(by, { n, what: weighed });
      }
      if (!('nodeType' in weighed)) return answer(by, { n, what: 'cart', ...weighed });
      if (frame.kind === 'click' || frame.kind === 'grab') {
        const { room, epoch, node, fx = 0.5, fy = 0.5 } = frame;
        port.show({ t: 'point', kind: 'laser', by, room, epoch, node, fx, fy }, weighed);
      }
      if (frame.kind === 'grab') holder = `${by[1]} ${frame.node}`;
      asked = false;
      acting = last = frame;
      acted_at = now();
      let done = false;
      try {
        const focused = activeIn(weighed);
        done = perform(frame, weighed);
        follow(frame, weighed, focused);
      } finally {
        acting = undefined;
      }
      if (asked) askFor(frame);
      if (asked || !(isHover || (done && frame.kind === 'drag')))
        answer(by, { n, what: asked ? 'confirm' : done ? 'done' : 'denied' });
    },
    stop() {
      forgetField();
      gone_on = undefined;
      forgetHeld();
      forgetHover();
      window.clearTimeout(resuming);
      resuming = 0;
    },
  };
}
