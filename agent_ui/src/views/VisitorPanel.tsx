// Who it is: the page they are on, where they came from, what has been offered, what was before.

import { useEffect } from 'preact/hooks';
import type { PageSeen, RoomView } from '../../../web/core/messages';
import { hostOf, shopAddress } from '../addresses';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { SeePage } from './Mirror';
import { Icon, Section, When } from './small';

const PAGES_SHOWN = 8;

export function Pages({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words } = desk;
  const site = desk.siteOf(room.id);
  const [current, ...before] = [...(view.visit?.recent ?? [])].reverse();
  const href = current && shopAddress(site, current[1].path);
  return (
    <Section
      title={words.page}
      aside={
        href ? (
          <a class="out" href={href} target="_blank" rel="noopener noreferrer">
            {words.openPage} <Icon name="out" />
          </a>
        ) : null
      }
    >
      {current ? (
        <div class="page-now">
          <PageText seen={current} />
        </div>
      ) : (
        <p class="quiet">{words.noPages}</p>
      )}
      <SeePage room={room} view={view} />
      {before.length > 0 && (
        <>
          <h4>{words.lastPages}</h4>
          <ol class="pages">
            {before.slice(0, PAGES_SHOWN).map((seen) => (
              <li key={`${seen[0]} ${seen[1].path}`}>
                <PageText seen={seen} />
              </li>
            ))}
          </ol>
        </>
      )}
    </Section>
  );
}

function PageText({ seen: [at, page] }: { seen: PageSeen }) {
  return (
    <>
      <p dir="auto">{page.title || page.path}</p>
      <p class="quiet path">
        {page.title && (
          <>
            <bdi>{page.path}</bdi> ·{' '}
          </>
        )}
        <When at={at} />
      </p>
    </>
  );
}

export function About({ room, view }: { room: OpenRoom; view: RoomView }) {
  const { words, formats, cards, coarse_now_s } = useDesk();
  const { visit } = view;
  if (!visit) return null;
  const online = cards.value.get(room.id)?.online ?? false;
  const until = online ? coarse_now_s.value : visit.last_at;
  const referrer = visit.referrer || cards.value.get(room.id)?.referrer;
  return (
    <Section title={words.about}>
      <dl class="facts">
        <dt>{words.visit}</dt>
        <dd>{words.visitNumber(visit.number)}</dd>
        <dt>{words.duration}</dt>
        <dd>
          {formats.minutes(until - visit.started_at) ?? words.underMinute} ·{' '}
          {words.pages(visit.pages)}
        </dd>
        {visit.first_at > 0 && (
          <>
            <dt>{words.firstSeen}</dt>
            <dd>
              <When at={visit.first_at} />
            </dd>
          </>
        )}
        <dt>{words.referrer}</dt>
        <dd title={referrer}>{referrer ? hostOf(referrer) : words.direct}</dd>
        {room.person.value?.email && (
          <>
            <dt>{words.email}</dt>
            <dd dir="auto">{room.person.value.email}</dd>
          </>
        )}
        {room.person.value?.number && (
          <>
            <dt>{words.customerNumber}</dt>
            <dd dir="auto">{room.person.value.number}</dd>
          </>
        )}
        {visit.device && (
          <>
            <dt>{words.device}</dt>
            <dd>{visit.device}</dd>
          </>
        )}
        {visit.locale && (
          <>
            <dt>{words.language}</dt>
            <dd>{formats.language(visit.locale)}</dd>
          </>
        )}
      </dl>
    </Section>
  );
}

export function Offers({ view }: { view: RoomView }) {
  const { words } = useDesk();
  const offers = [...view.offers].reverse();
  return (
    <Section title={words.offers}>
      {offers.length === 0 && <p class="quiet">{words.noOffers}</p>}
      <ul class="offers">
        {offers.map((offer) => (
          <li key={offer.id}>
            <p dir="auto">{offer.text}</p>
            <p class="quiet" dir="auto">
              {[offer.by?.[0] === 'csa' ? offer.by[2] : offer.rule, offer.reason]
                .filter(Boolean)
                .join(' · ')}
              {' · '}
              <When at={offer.at} /> ·{' '}
              <span class={`outcome ${offer.status}`}>{words.offerStatus[offer.status]}</span>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function History({ room }: { room: OpenRoom }) {
  const { words, formats } = useDesk();
  const history = room.history.value;
  useEffect(() => {
    if (room.history.peek().state === 'idle') void room.loadHistory();
  }, [room]);
  const past =
    history.state === 'ready' ? history.value.filter((one) => one.status === 'closed') : [];
  return (
    <Section title={words.history}>
      {history.state === 'failed' && (
        <p class="quiet">
          {words.historyFailed}{' '}
          <button type="button" class="link" onClick={() => room.loadHistory()}>
            {words.retry}
          </button>
        </p>
      )}
      {history.state === 'ready' && past.length === 0 && <p class="quiet">{words.noHistory}</p>}
      <ul class="history">
        {past.map((one) => (
          <li key={one.id}>
            <p>
              <When at={one.opened_at} />
              {one.closed_at !== null && (
                <span class="quiet">
                  {' '}
                  · {formats.minutes(one.closed_at - one.opened_at) ?? words.underMinute}
                </span>
              )}
            </p>
            {one.reason && (
              <p class="quiet" dir="auto">
                {one.reason}
              </p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
