// A room's view follows its log: the same facts as cobrowse/core/room.py applies, as this reader may see
// them. Old view + entries = fresh view, for shopper and CSA. (Descriptions of items are the exception: the
// server forgets the oldest past 300, a view keeps them.)

import { advance, join, own, quantity, trimProposals } from './cart';
import type {
  Author,
  Change,
  Conversation,
  Entry,
  Fact,
  Item,
  Message,
  Offer,
  PageSeen,
  RoomView,
  Visit,
} from './messages';

const MAX_CHANGES = 50;
const MAX_MESSAGES = 200;
const MAX_OFFERS = 20;
const MAX_RECENT_PAGES = 20;

const NO_GRANT = { edit: false, at: 0, asked: null };

export function isLive(conversation: Conversation): boolean {
  return conversation.status === 'waiting' || conversation.status === 'open';
}

function begin(
  conversation: Conversation,
  at: number,
  reason = '',
  taken_by: Author | null = null,
): Conversation {
  return {
    ...conversation,
    number: conversation.number + 1,
    status: taken_by ? 'open' : 'waiting',
    opened_at: at,
    reason,
    taken_by,
  };
}

function said(conversation: Conversation, message: Message): Conversation {
  return {
    ...conversation,
    messages: [...conversation.messages, message].slice(-MAX_MESSAGES),
  };
}

/** The view with what is said of some items. */
export function remember(view: RoomView, items: Item[] | undefined): RoomView {
  if (!items?.length) return view;
  const known = { ...view.items };
  for (const item of items) known[item.line] = item;
  return { ...view, items: known };
}

function visited(visit: Visit, at: number, fact: Fact & { k: 'happened' }): Visit {
  const fresh = fact.visit !== visit.number;
  let { pages, referrer, recent, started_at } = visit;
  if (fresh) [pages, referrer, started_at] = [0, '', at];
  if (fact.page) {
    if (!pages) referrer = fact.page.referrer ?? '';
    pages += 1;
    const seen: PageSeen = [at, fact.page];
    recent = [...recent, seen].slice(-MAX_RECENT_PAGES);
  }
  const first_at = visit.first_at || at;
  return {
    ...visit,
    number: fact.visit,
    started_at,
    first_at,
    last_at: at,
    pages,
    referrer,
    recent,
  };
}

function settled(view: RoomView, [offset, , at]: Entry, fact: Fact & { k: 'settled' }): RoomView {
  const open = view.offer;
  if (!open || open.id !== fact.offer) return view;
  const offer: Offer = { ...open, status: fact.status };
  const next = {
    ...view,
    offer: fact.status === 'open' ? offer : null,
    offers: view.visit ? [...view.offers.slice(0, -1), offer] : view.offers,
  };
  if (fact.status === 'accepted' && !isLive(view.conversation)) {
    const host: Author = offer.by ?? ['server', '', ''];
    const taken_by = host[0] === 'csa' ? host : null;
    const conversation = begin(view.conversation, at, offer.reason, taken_by);
    next.conversation = said(conversation, [offset, at, host, offer.text]);
  }
  return next;
}

/** The view after one more entry of the log: a new object that shares what has not changed. */
export function applyEntry(view: RoomView, entry: Entry): RoomView {
  const next = applyFact(view, entry);
  return { ...next, cart: advance(next.cart, entry[3], entry[4]) };
}

function applyFact(view: RoomView, entry: Entry): RoomView {
  const [offset, , at, replica, c, by, fact] = entry;
  const { conversation } = view;
  const talk = (conversation: Conversation) => ({ ...view, conversation });
  switch (fact.k) {
    case 'cart': {
      const { line = '', undoes = 0 } = fact;
      const cart = trimProposals(join(view.cart, fact.delta));
      const before = quantity(own(view.cart.lines, line));
      const after = quantity(own(cart.lines, line));
      const next = { ...remember(view, fact.item && [fact.item]), cart };
      if (before !== after) {
        const change: Change = [offset, at, by, line, before, after, undoes];
        next.changes = [...view.changes, change].slice(-MAX_CHANGES);
      }
      return next;
    }
    case 'described':
      return remember(view, fact.items);
    case 'said': {
      let to = isLive(conversation) ? conversation : begin(conversation, at);
      if (by[0] === 'csa' && to.status === 'waiting') {
        to = { ...to, status: 'open', taken_by: by };
      }
      to = said(to, [offset, at, by, fact.text]);
      return talk({ ...to, read: { ...to.read, [by[0]]: offset } });
    }
    case 'read': {
      const upto = Math.max(conversation.read[by[0]] ?? 0, fact.upto);
      return talk({ ...conversation, read: { ...conversation.read, [by[0]]: upto } });
    }
    case 'taken':
      return {
        ...view,
        sharing: fact.sharing ?? view.sharing,
        conversation: { ...conversation, status: 'open', taken_by: by },
      };
    case 'shared':
      return { ...view, sharing: fact.sharing };
    case 'finished':
      return talk({ ...conversation, status: 'closed' });
    case 'granted':
      return { ...view, grant: { edit: fact.edit, at, asked: null } };
    case 'asked':
      return { ...view, grant: { ...view.grant, asked: by } };
    case 'arrived': {
      const { device, locale } = fact;
      return { ...view, visit: { ...(view.visit as Visit), device, locale } };
    }
    case 'offered': {
      const { k: _k, variant: _variant, team: _team, ...said } = fact;
      const offer: Offer = {
        rule: '',
        rule_version: '',
        reason: '',
        channel: 'chat',
        ...said,
        id: `${replica}.${c}`,
        at,
        status: 'open',
        visit: view.visit?.number ?? 0,
        by,
      };
      const offers = view.visit ? [...view.offers, offer].slice(-MAX_OFFERS) : view.offers;
      return { ...view, offer, offers };
    }
    case 'settled':
      return settled(view, entry, fact);
    case 'happened': {
      const next = { ...remember(view, fact.items) };
      if (fact.ends_grant) next.grant = NO_GRANT;
      if (view.visit) next.visit = visited(view.visit, at, fact);
      if (fact.delta) next.cart = join(view.cart, fact.delta);
      return next;
    }
    default:
      // Nothing that a view shows. The type says that no other fact is forgotten here.
      fact satisfies {
        k: 'controlled' | 'declined' | 'hidden' | 'identified' | 'looked' | 'judged' | 'armed';
      };
      return view;
  }
}
