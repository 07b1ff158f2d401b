// Below the shopper's page: what became of the CSA's last step, and where they type what goes there.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { own } from '../../../web/core/cart';
import type { OutcomeNow, RoomView } from '../../../web/core/messages';
import type { Hand } from '../mirror/hand';
import type { PageField } from '../mirror/viewer';
import { mayEdit, type OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { FIELD_THERE } from '../stray';

/** What these do is done on the page; all other keys are for what is typed. */
const KEYS = /^(Backspace|Delete|Enter|Arrow(Left|Right|Up|Down)|Home|End)$/;

export function ControlBar(props: { room: OpenRoom; view: RoomView; hand: Hand; name: string }) {
  const { room, view, hand, name } = props;
  const desk = useDesk();
  const { words, watching } = desk;
  const outcome = watching.outcome.value;
  const field = hand.field.value;
  const proposed = useRef(false);

  useEffect(() => {
    if (outcome?.what === 'cart') proposed.current = !fill(outcome);
    if (outcome) hand.answered(outcome);
  }, [outcome]);

  /** Puts into the shared cart what a click would have put into the shop's; where that is not allowed, proposes it. */
  function fill({ line = '', quantity = 1 }: OutcomeNow): boolean {
    const may = mayEdit(view, desk.siteOf(room.id));
    if (may) room.do({ k: 'increment', line, n: quantity });
    else if (!own(view.cart.proposals, line)) room.do({ k: 'propose', line, n: quantity });
    return may;
  }

  const what = outcome?.what === 'cart' && proposed.current ? 'cartProposed' : outcome?.what;
  const said = what ? words.outcomes[what](name) : '';
  const isHeld = outcome?.what === 'paused';
  return (
    <footer class={isHeld ? 'control-bar held' : 'control-bar'}>
      <p role="status">{said}</p>
      {field && <FieldBox key={`${field.epoch} ${field.node}`} field={field} hand={hand} />}
    </footer>
  );
}

function FieldBox({ field, hand }: { field: PageField; hand: Hand }) {
  const { words } = useDesk();
  const { node, kind, type, options } = field;
  const box = useRef<HTMLElement>(null);
  // Not after the next frame: the next letter may come before it. A click on the same field again is one more.
  useLayoutEffect(() => box.current?.focus(), [field]);

  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' && event.key !== 'Tab') return;
    event.preventDefault();
    if (event.key === 'Tab') return hand.goOn(event.shiftKey);
    hand.letGo();
    document.querySelector<HTMLElement>('[data-focus=page]')?.focus();
  };

  if (kind === 'choice') {
    return (
      <select
        ref={box as never}
        data-focus={FIELD_THERE}
        aria-label={words.chooseThere}
        value=""
        onKeyDown={leave}
        onChange={(event) => {
          const index = event.currentTarget.selectedIndex - 1;
          if (index >= 0) hand.choose(index);
        }}
      >
        <option value="">{words.chooseThere}</option>
        {options.map((label, index) => (
          <option key={index} value={String(index)}>
            {`${index + 1}. ${label}`}
          </option>
        ))}
      </select>
    );
  }
  if (kind === 'whole') {
    return (
      <input
        ref={box as never}
        data-focus={FIELD_THERE}
        type={type as 'date'}
        aria-label={words.setThere}
        onKeyDown={leave}
        onChange={(event) => {
          const text = event.currentTarget.value;
          if (text) hand.fill(text);
        }}
      />
    );
  }
  return (
    <textarea
      ref={box as never}
      data-focus={FIELD_THERE}
      rows={1}
      data-node={node}
      spellcheck={false}
      autocomplete="off"
      aria-label={words.typeThere}
      placeholder={words.typeHint}
      onKeyDown={(event) => {
        leave(event);
        if (event.defaultPrevented || event.isComposing || !KEYS.test(event.key)) return;
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        hand.key(event.key);
      }}
      onInput={(event) => {
        if (event.isComposing) return;
        take(event.currentTarget);
      }}
      onCompositionEnd={(event) => take(event.currentTarget)}
    />
  );

  /** What stands in the box goes to the page, and nothing of it stays here. */
  function take(from: HTMLTextAreaElement) {
    hand.type(from.value);
    from.value = '';
  }
}
