// The panel's frame: who is there, what may be changed, whether the line is up, and the tabs.

import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { Shell } from '../snippet/shell';
import { Basket } from './basket';
import { PhoneCode } from './code';
import { ShareOffer, ShareRequest } from './consent';
import { type Context, countOf, hostOf, isDown, nameOf, telOf } from './context';
import { Conversation } from './conversation';
import { clock } from './format';
import { CloseIcon, PhoneIcon } from './icons';
import { LeaveButton } from './leave';
import type { PageSharing } from './sharing';
import type { Words } from './words';

const LONG_S = 20;
const SWIPE_PX = 60;

interface FrameProps {
  shell: Shell;
  words: Words;
  now: Signal<number>;
  sharing: PageSharing;
}

export function Frame({ shell, words, now, sharing }: FrameProps) {
  const tab = useSignal<'chat' | 'cart'>(shell.tab.get('tab') === 'cart' ? 'cart' : 'chat');
  const context: Context = { shell, words, now: now.value, view: shell.room.view };
  const { view } = context;
  const count = countOf(view);
  const shared = view && (count > 0 || view.grant.edit || view.changes.length > 0);
  const shown = shared ? tab.value : 'chat';
  const choose = (name: 'chat' | 'cart') => {
    tab.value = name;
    shell.tab.put('tab', name);
  };
  const read = view?.conversation.read.shopper ?? 0;
  const unread = view?.conversation.messages.filter(
    ([offset, , by]) => by[0] !== 'shopper' && offset > read,
  ).length;
  const tabs = [
    ['chat', words.chat, shown === 'cart' && unread],
    ['cart', words.cart, count],
  ] as const;
  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    choose(shown === 'chat' ? 'cart' : 'chat');
    event.currentTarget.querySelector<HTMLElement>('[aria-selected=false]')?.focus();
  };
  let from: Touch | undefined;
  const swiped = (event: TouchEvent) => {
    const to = event.changedTouches[0];
    if (!shared || !from || !to) return;
    const [dx, dy] = [to.clientX - from.clientX, to.clientY - from.clientY];
    if (Math.abs(dx) < SWIPE_PX || Math.abs(dx) < 2 * Math.abs(dy)) return;
    choose(dx < 0 ? 'cart' : 'chat');
  };
  return (
    <>
      <Header {...context} />
      <Line {...context} />
      <Leave {...context} />
      <ShareRequest shell={shell} words={words} sharing={sharing} />
      <ShareOffer shell={shell} words={words} sharing={sharing} />
      <PhoneCode shell={shell} words={words} sharing={sharing} now={now.value} />
      {shared && (
        <div class="tabs" role="tablist" aria-label={words.tabs} onKeyDown={move}>
          {tabs.map(([name, label, n]) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`cb-tab-${name}`}
              aria-selected={shown === name}
              aria-controls="cb-body"
              tabIndex={shown === name ? 0 : -1}
              onClick={() => choose(name)}
            >
              {label}
              {n ? <span class={name === 'chat' ? 'count new' : 'count'}>{n}</span> : null}
            </button>
          ))}
        </div>
      )}
      <div
        class="body"
        id="cb-body"
        {...(shared && { role: 'tabpanel', 'aria-labelledby': `cb-tab-${shown}` })}
        onTouchStart={(event) => {
          from = event.touches[0];
        }}
        onTouchEnd={swiped}
      >
        {shown === 'cart' ? <Basket {...context} /> : <Conversation {...context} />}
      </div>
    </>
  );
}

function Header(context: Context) {
  const { shell, words, view } = context;
  const { link } = shell;
  const site = link.sites[0];
  const host = hostOf(context);
  const present = host && shell.room.present.some(([role, id]) => role === 'csa' && id === host[1]);
  const name = host ? nameOf(words, host) : site?.name || words.team;
  const waiting = view?.conversation.status === 'waiting';
  const state = present
    ? words.here(name)
    : waiting && link.available
      ? words.waiting
      : link.available
        ? words.available
        : words.away;
  return (
    <header>
      <span class={host ? 'face csa' : 'face'} aria-hidden="true">
        {[...name][0]?.toUpperCase()}
        {link.status === 'live' && (present || link.available) && <i class="dot" />}
      </span>
      <div class="who">
        <h2>{name}</h2>
        <p>{link.status === 'live' ? state : words.connecting}</p>
      </div>
      {site?.phone && (
        <a class="icon" href={telOf(site.phone)} title={site.phone}>
          <PhoneIcon />
          <span class="quiet">{words.call(site.phone)}</span>
        </a>
      )}
      <button type="button" class="icon" aria-label={words.close} onClick={shell.close}>
        <CloseIcon />
      </button>
    </header>
  );
}

/** Says when the line is down, and since when. */
function Line({ shell, words }: Context) {
  const { link } = shell;
  const down_s = Date.now() / 1000 - link.since;
  const stopped = link.status === 'stopped';
  const text = stopped
    ? words.stopped
    : down_s > LONG_S
      ? words.offlineFor(clock(link.since, shell.locale))
      : words.reconnecting;
  return (
    <div class="line" role="status">
      {isDown(link) && (
        <>
          <span>{text}</span>
          {!stopped && (
            <button type="button" class="plain" onClick={() => link.retryNow()}>
              {words.tryNow}
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** The shopper's leave for CSAs to change the basket: asked for, given, ended. */
function Leave(context: Context) {
  const { shell, words, view } = context;
  if (!view || shell.link.sites[0]?.csa_edits !== 'ask') return null;
  const { asked, edit } = view.grant;
  const grant = (given: boolean) => () => shell.room.do({ k: 'grant', edit: given });
  const host = hostOf(context);
  if (edit) {
    return (
      <div class="leave given">
        <span>{words.mayEdit(host ? nameOf(words, host) : words.team)}</span>
        <button type="button" class="plain" onClick={grant(false)}>
          {words.stop}
        </button>
      </div>
    );
  }
  return asked ? (
    <div class="leave" role="status">
      <p>{words.asks(nameOf(words, asked))}</p>
      <div class="row">
        <LeaveButton class="main" about={asked[1]} onGive={grant(true)}>
          {words.allow}
        </LeaveButton>
        <button type="button" onClick={grant(false)}>
          {words.notNow}
        </button>
      </div>
    </div>
  ) : null;
}
