// Who needs me: waiting, mine, everybody in the shop.

import { useRef } from 'preact/hooks';
import type { Card } from '../../../web/core/messages';
import { hostOf } from '../addresses';
import { TABS } from '../lobby';
import { useDesk } from '../state';
import { Clock, Icon, IconButton, When } from './small';
import { TabBar } from './TabBar';

export function VisitorList() {
  return (
    <nav class="column list" aria-labelledby="list-title">
      <h2 id="list-title" class="unseen">
        {useDesk().words.visitors}
      </h2>
      <Tabs />
      <Search />
      <Rows />
    </nav>
  );
}

function Tabs() {
  const { words, tab, tabCounts, chooseTab } = useDesk();
  return (
    <TabBar
      names={TABS}
      chosen={tab.value}
      onChoose={chooseTab}
      label={words.visitors}
      controls="visitor-rows"
    >
      {(name) => (
        <>
          {words.tabs[name]}
          <span class={`count ${tabCounts.value[name] > 0 ? 'some' : ''}`}>
            {tabCounts.value[name]}
          </span>
          {name === 'mine' && tabCounts.value.unread > 0 && (
            <span class="unread" title={words.unread(tabCounts.value.unread)}>
              <span class="unseen">{words.unread(tabCounts.value.unread)}</span>
            </span>
          )}
        </>
      )}
    </TabBar>
  );
}

function Search() {
  const { words, search, chooseTab } = useDesk();
  const field = useRef<HTMLInputElement>(null);
  return (
    <search class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        data-focus="search"
        aria-label={words.search}
        placeholder={words.search}
        value={search.value}
        maxLength={120}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          search.value = event.currentTarget.value;
          if (search.value) chooseTab('visitors'); // who is looked for may stand anywhere
        }}
      />
      {search.value ? (
        <IconButton
          icon="close"
          label={words.clearSearch}
          onClick={() => {
            search.value = '';
            field.current?.focus();
          }}
        />
      ) : (
        <kbd>/</kbd>
      )}
    </search>
  );
}

function Rows() {
  const desk = useDesk();
  const { words, shown, cards, pointing, cursor, selected, tab, search, lobbyKnown } = desk;
  const { order, fresh } = shown.value;
  const active = cursor.value && order.includes(cursor.value) ? cursor.value : order[0];

  return (
    <div
      class="rows"
      id="visitor-rows"
      role="tabpanel"
      aria-label={words.tabs[tab.value]}
      onPointerEnter={(event) => {
        if (event.pointerType === 'mouse') pointing.value = true;
      }}
      onPointerLeave={() => {
        pointing.value = false;
      }}
    >
      {fresh > 0 && (
        <button
          type="button"
          class="fresh"
          onClick={() => {
            pointing.value = false;
          }}
        >
          {words.fresh(fresh)}
        </button>
      )}
      <p class="unseen" role="status">
        {search.value.trim() && words.searchResults(order.length)}
      </p>
      {order.length > 0 ? (
        <ul>
          {order.map((room) => {
            const card = cards.value.get(room);
            return card ? (
              <Row
                key={room}
                card={card}
                chosen={selected.value === room}
                reachable={active === room}
              />
            ) : (
              <li key={room} class="row gone">
                {words.offline}
              </li>
            );
          })}
        </ul>
      ) : (
        <p class="empty">
          {!lobbyKnown.value
            ? words.empty.loading
            : search.value.trim()
              ? words.empty.search
              : words.empty[tab.value]}
        </p>
      )}
      <KnownCustomers />
    </div>
  );
}

function Row({ card, chosen, reachable }: { card: Card; chosen: boolean; reachable: boolean }) {
  const desk = useDesk();
  const waiting = card.conversation === 'waiting';
  const mine = card.conversation === 'open' && card.taken_by?.[1] === desk.me[1];
  return (
    <li>
      <button
        type="button"
        class={`row ${waiting ? 'waiting' : ''} ${card.online ? '' : 'offline'}`}
        data-room={card.room}
        aria-current={chosen ? 'true' : undefined}
        tabIndex={reachable ? 0 : -1}
        onClick={() => desk.open(card.room)}
        onFocus={() => {
          desk.cursor.value = card.room;
        }}
      >
        <span class="row-top">
          <Presence card={card} />
          <span class="row-name" dir="auto">
            {desk.nameOf(card)}
          </span>
          <RowState card={card} waiting={waiting} mine={mine} />
        </span>
        <span class="row-line" dir="auto">
          <RowLine card={card} waiting={waiting} mine={mine} />
        </span>
        <RowFacts card={card} />
      </button>
    </li>
  );
}

function Presence({ card }: { card: Card }) {
  const { words } = useDesk();
  const word = card.online ? words.online : words.offline;
  return (
    <span class={`dot ${card.online ? 'on' : 'off'}`} title={word}>
      <span class="unseen">{word}</span>
    </span>
  );
}

/** The end of a row's first line: what makes this visitor stand out. */
function RowState({ card, waiting, mine }: { card: Card; waiting: boolean; mine: boolean }) {
  const desk = useDesk();
  const { words } = desk;
  if (waiting) {
    return (
      <>
        {card.team && <span class="chip violet team-chip">{words.forTeam(card.team)}</span>}
        <span class="chip amber">
          <span class="unseen">{words.waitingFor('')}</span>
          <Clock since={card.waiting_since ?? card.last_at} />
        </span>
      </>
    );
  }
  if ((card.unread ?? 0) > 0) {
    return <span class={mine ? 'chip unread-chip' : 'chip'}>{words.unread(card.unread ?? 0)}</span>;
  }
  if (card.conversation === 'open' && card.taken_by && !mine) {
    return <span class="chip violet">{words.with(card.taken_by[2] || 'CSA')}</span>;
  }
  if (card.offer === 'open') return <span class="chip">{words.offerOut}</span>;
  return card.online ? null : (
    <span class="quiet">
      <When at={card.last_at} />
    </span>
  );
}

/** A row's second line: the reason, what is being said, or the page. */
function RowLine({ card, waiting, mine }: { card: Card; waiting: boolean; mine: boolean }) {
  const { words } = useDesk();
  if (card.typing) return <em>{words.typing}</em>;
  if (waiting) return <>{card.reason || card.last_text || words.asked}</>;
  if (mine && card.last_text) return <>{card.last_text}</>;
  return <>{card.title || card.path}</>;
}

function RowFacts({ card }: { card: Card }) {
  const { words, formats, sites } = useDesk();
  const facts = [
    sites.size > 1 ? sites.get(card.site)?.name : '',
    card.cart_items > 0 ? words.basket(formats.money(card.cart_total_minor, card.currency)) : '',
    words.pages(card.pages),
    card.device,
    card.referrer ? words.from(hostOf(card.referrer)) : '',
  ].filter(Boolean);
  return (
    <span class="row-facts" dir="auto">
      {facts.join(' · ')}
    </span>
  );
}

/** People known from before who are not in the shop now; only while somebody searches. */
function KnownCustomers() {
  const { words, contacts, selected, open } = useDesk();
  if (contacts.value.length === 0) return null;
  return (
    <section>
      <h3 class="rows-title">{words.knownCustomers}</h3>
      <ul>
        {contacts.value.map((contact) => (
          <li key={contact.id}>
            <button
              type="button"
              class="row offline"
              aria-current={selected.value === contact.room ? 'true' : undefined}
              onClick={() => open(contact.room)}
            >
              <span class="row-top">
                <span class="row-name" dir="auto">
                  {contact.name || contact.email || words.visitor}
                </span>
              </span>
              <span class="row-facts" dir="auto">
                {[contact.email, words.conversationsBefore(contact.conversations)]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
