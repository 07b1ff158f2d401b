// The conversation: what was said and suggested, what is on its way, and the box to write in.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Composer } from './composer';
import { type Context, hostOf, nameOf } from './context';
import { clock, dayName, exact } from './format';
import { DownIcon } from './icons';
import { OfferCard } from './offercard';
import { ProposalCard } from './proposal';
import { type Row, timeline } from './timeline';

const NEAR_PX = 80;

export function Conversation(context: Context) {
  const { shell, words, view, now } = context;
  const rows = timeline(view, shell.room.pending, now);
  const list = useRef<HTMLDivElement>(null);
  const near = useRef(true);
  const [below, setBelow] = useState(false);
  const newest = rows.at(-1)?.key;
  const typing = shell.room.typing.filter(([role]) => role === 'csa');

  const toEnd = () => {
    const box = list.current;
    if (box) box.scrollTop = box.scrollHeight;
    setBelow(false);
  };
  // The newest is in sight, unless the shopper is reading further up.
  useLayoutEffect(() => {
    if (near.current || newest?.startsWith('c')) toEnd();
    else setBelow(true);
  }, [newest, typing.length, shell.isOpen()]);

  // A banner or the keyboard makes the list lower; what was in sight stays there.
  useEffect(() => {
    const box = list.current;
    if (!box) return;
    const watch = new ResizeObserver(() => {
      if (near.current) box.scrollTop = box.scrollHeight;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, []);

  useEffect(() => readAll(context));

  const scrolled = () => {
    const box = list.current;
    if (!box) return;
    near.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    if (near.current) setBelow(false);
  };
  const host = hostOf(context);
  return (
    <>
      <div
        class="talk"
        ref={list}
        onScroll={scrolled}
        role="log"
        aria-label={words.chat}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {rows.length === 0 && <Greeting {...context} />}
        {rows.map((row) => (
          <RowView key={row.key} row={row} {...context} />
        ))}
        {view?.conversation.status === 'closed' && <p class="system">{words.ended}</p>}
        {typing.length > 0 && (
          <p class="typing">
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {words.typing(nameOf(words, typing[0] ?? host ?? ['csa', '', '']))}
          </p>
        )}
      </div>
      {below && (
        <button type="button" class="below" onClick={toEnd}>
          <DownIcon /> {words.newMessages}
        </button>
      )}
      <OfferCard {...context} />
      <Composer {...context} />
    </>
  );
}

/** Tells the room how far the shopper has read, when the conversation is before their eyes. */
function readAll({ shell, view }: Context) {
  const { room } = shell;
  const newest = view?.conversation.messages.filter(([, , by]) => by[0] !== 'shopper').at(-1);
  if (!newest || !shell.isOpen() || !room.joined || document.visibilityState !== 'visible') return;
  if (newest[0] > (view?.conversation.read.shopper ?? 0)) room.do({ k: 'read', upto: newest[0] });
}

function Greeting({ shell, words }: Context) {
  const { link } = shell;
  return (
    <div class="greeting">
      <p class="hello">{link.sites[0]?.greeting || words.greeting}</p>
      {link.status === 'live' && !link.available && <p>{words.leave}</p>}
    </div>
  );
}

function RowView({ row, ...context }: { row: Row } & Context) {
  const { shell, words, now } = context;
  const { locale } = shell;
  switch (row.kind) {
    case 'day':
      return <p class="day">{dayName(row.at, now, locale, words)}</p>;
    case 'proposal':
      return <ProposalCard proposal={row.proposal} {...context} />;
    case 'message': {
      const [, at, by, text] = row.message;
      const mine = by[0] === 'shopper';
      return (
        <div class={`said ${mine ? 'mine' : 'theirs'}${row.last ? ' last' : ''}`}>
          {row.first && <span class={mine ? 'quiet' : 'name'}>{nameOf(words, by)}</span>}
          <p class="bubble" dir="auto" title={exact(at, locale)}>
            {text}
          </p>
          {row.last && (
            <span class="meta">
              {clock(at, locale)}
              {row.delivery && ` · ${words[row.delivery]}`}
            </span>
          )}
        </div>
      );
    }
    case 'pending':
      return (
        <div class="said mine last">
          <p class="bubble pending" dir="auto">
            {row.text}
          </p>
          <span class="meta">
            {row.late ? (
              <>
                <b class="wrong">{words.notDelivered}</b> ·{' '}
                <button type="button" class="plain" onClick={() => retry(context, row)}>
                  {words.retry}
                </button>
              </>
            ) : (
              words.sending
            )}
          </span>
        </div>
      );
  }
}

/** Sends a refused message anew; one that waits for the line makes the line try at once. */
function retry({ shell }: Context, { pending }: Row & { kind: 'pending' }) {
  const { room, link } = shell;
  if (pending.state === 'refused') room.retry(pending);
  else if (link.status === 'live') link.wake();
  else link.retryNow();
}
