// The conversation itself: days, messages, offers, and where one was reading.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Offer, RoomView } from '../../../web/core/messages';
import { isLive } from '../../../web/core/room';
import { type Row, rows, unreadUpTo } from '../flow';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { authorName } from './small';

const AT_END_WITHIN_PX = 48;
/** How many messages a view holds; only then can there be earlier ones. */
const VIEW_HOLDS = 200;

/** A message that waits longer than this for its acknowledgement is shown as not delivered. */
const UNDELIVERED_S = 10;

export function Flow({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words } = desk;
  const frame = useRef<HTMLDivElement>(null);
  const older = room.older.value;
  const made = rows(view, older.messages, room.unsent.value, desk.me);
  const behind = useSignal(false);
  const tail = made.filter((row) => row.kind === 'message').at(-1)?.key;
  const seen_tail = useRef(tail);
  const head_height_px = useRef<{ first: string | undefined; height_px: number }>(undefined);

  // Stays at the end, or exactly where one was reading, whatever is added above or below.
  useLayoutEffect(() => {
    const box = frame.current;
    if (!box) return;
    const first = made.find((row) => row.kind !== 'day')?.key;
    const before = head_height_px.current;
    if (before && before.first !== first && room.scroll_top_px !== undefined) {
      room.scroll_top_px += box.scrollHeight - before.height_px;
    }
    head_height_px.current = { first, height_px: box.scrollHeight };
    box.scrollTop = room.scroll_top_px ?? box.scrollHeight;
  }, [made.length, tail, older, room]);

  useEffect(() => {
    if (seen_tail.current !== tail && room.scroll_top_px !== undefined) behind.value = true;
    seen_tail.current = tail;
  }, [tail]);

  // A box that shrinks (a growing composer, a phone's keyboard) keeps its end in sight.
  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    const observer = new ResizeObserver(() => {
      if (room.scroll_top_px === undefined) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, [room]);

  useReading(room, view);

  const toEnd = () => {
    room.scroll_top_px = undefined;
    behind.value = false;
    if (frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  };
  return (
    <div class="flow-frame">
      <div
        class="flow"
        ref={frame}
        role="log"
        aria-live="off"
        aria-label={words.toConversation}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={(event) => {
          const box = event.currentTarget;
          const rest_px = box.scrollHeight - box.scrollTop - box.clientHeight;
          room.scroll_top_px = rest_px <= AT_END_WITHIN_PX ? undefined : box.scrollTop;
          if (room.scroll_top_px === undefined) behind.value = false;
        }}
      >
        {view.conversation.messages.length >= VIEW_HOLDS && older.state !== 'all' && (
          <button
            type="button"
            class="older"
            disabled={older.state === 'loading'}
            onClick={() => room.loadOlder()}
          >
            {older.state === 'loading'
              ? words.loadingOlder
              : older.state === 'failed'
                ? `${words.failed} ${words.olderMessages}`
                : words.olderMessages}
          </button>
        )}
        {older.state === 'all' && <p class="beginning">{words.noOlder}</p>}
        {made.length === 0 && isLive(view.conversation) && (
          <p class="beginning">{words.noMessages}</p>
        )}
        {made.map((row) => (
          <FlowRow key={row.key} row={row} room={room} />
        ))}
      </div>
      {behind.value && (
        <button type="button" class="to-end" onClick={toEnd}>
          {words.newMessages} ↓
        </button>
      )}
    </div>
  );
}

/** Tells the shopper's side that it was read: by whoever has the conversation, at its end, with the page in sight. */
function useReading(room: OpenRoom, view: RoomView): void {
  const { me, place } = useDesk();
  const upto = unreadUpTo(view);
  const mine = view.conversation.status === 'open' && view.conversation.taken_by?.[1] === me[1];
  const page = place.value.page;
  useEffect(() => {
    if (!upto || !mine) return;
    const mark = () => {
      if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
      if (room.scroll_top_px === undefined) room.do({ k: 'read', upto });
    };
    mark();
    const events = ['focus', 'pointerdown', 'keydown'] as const;
    for (const event of events) addEventListener(event, mark, { once: true });
    return () => {
      for (const event of events) removeEventListener(event, mark);
    };
  }, [upto, mine, page, room]);
}

function FlowRow({ row, room }: { row: Row; room: OpenRoom }) {
  const { words, formats, coarse_now_s } = useDesk();
  switch (row.kind) {
    case 'day':
      return (
        <h3 class="day">
          <span>{formats.day(row.at, coarse_now_s.value)}</span>
        </h3>
      );
    case 'offer':
      return <OfferRow offer={row.offer} />;
    case 'read':
      return <p class="read-mark">{words.read}</p>;
    case 'message':
      return <MessageRow row={row} room={room} />;
  }
}

function OfferRow({ offer }: { offer: Offer }) {
  const desk = useDesk();
  const { words, formats } = desk;
  const by =
    offer.by?.[0] === 'csa'
      ? words.offerMade(authorName(desk, offer.by))
      : words.offerByRule(offer.rule);
  return (
    <p class="event" dir="auto">
      <time title={formats.exact(offer.at)}>{formats.time(offer.at)}</time>
      {` ${[by, offer.reason, words.offerStatus[offer.status]].filter(Boolean).join(' · ')}`}
    </p>
  );
}

function MessageRow({ row, room }: { row: Row & { kind: 'message' }; room: OpenRoom }) {
  const desk = useDesk();
  const { words, formats } = desk;
  const [role] = row.by;
  const { unsent } = row;
  const late = unsent?.state === 'sending' && desk.now_s.value - unsent.at > UNDELIVERED_S;
  const name = role === 'shopper' ? row.by[2] || desk.nameIn(room) : authorName(desk, row.by);
  return (
    <div class={`message by-${role} ${row.joined ? 'joined' : ''} ${unsent ? 'unsent' : ''}`}>
      <p class={row.joined ? 'unseen' : 'by'}>
        <span dir="auto">{name}</span>{' '}
        <time title={formats.exact(row.at)}>{formats.time(row.at)}</time>
      </p>
      <p class="bubble" dir="auto" title={formats.exact(row.at)}>
        {row.text}
      </p>
      {unsent?.state === 'sending' && !late && <p class="delivery">{words.sending}</p>}
      {late && (
        <p class="delivery wrong">
          {words.notDelivered}
          {' · '}
          <button type="button" class="link" onClick={desk.retryNow}>
            {words.retry}
          </button>
        </p>
      )}
      {unsent?.state === 'refused' && (
        <p class="delivery wrong">
          {words.notDelivered}
          {unsent.message ? `: ${unsent.message}` : ''}
          {' · '}
          <button type="button" class="link" onClick={() => room.retry(unsent.c)}>
            {words.retry}
          </button>
          {' · '}
          <button type="button" class="link" onClick={() => room.dismiss(unsent.c)}>
            {words.dismiss}
          </button>
        </p>
      )}
    </div>
  );
}
