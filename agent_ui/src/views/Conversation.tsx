// What we say: the middle column.

import { useEffect } from 'preact/hooks';
import type { Author, RoomView } from '../../../web/core/messages';
import { isLive } from '../../../web/core/room';
import type { OpenRoom } from '../open_room';
import { goBack, goTo } from '../place';
import { useDesk } from '../state';
import { Composer } from './Composer';
import { Flow } from './Flow';
import { Invitation } from './Invitation';
import { authorName, Icon, IconButton } from './small';

export function Conversation() {
  const { words, room } = useDesk();
  const open = room.value;
  return (
    <section
      class="column talk"
      data-focus="conversation"
      tabIndex={-1}
      aria-labelledby="talk-title"
    >
      {open ? (
        <Talk key={open.id} room={open} />
      ) : (
        <div class="blank">
          <Icon name="talk" />
          <h2 id="talk-title">{words.pickVisitor}</h2>
          <p>{words.pickVisitorHint}</p>
        </div>
      )}
    </section>
  );
}

function Talk({ room }: { room: OpenRoom }) {
  const { words } = useDesk();
  const view = room.view.value;
  return (
    <>
      <Header room={room} />
      {view ? (
        <>
          <Reason view={view} />
          <Flow room={room} view={view} />
          <TypingLine room={room} />
          {isLive(view.conversation) ? (
            <Composer room={room} />
          ) : (
            <Invitation room={room} view={view} />
          )}
        </>
      ) : (
        <div class="blank">
          {room.refusal.value ? (
            <>
              <p>{words.roomGone}</p>
              <p class="quiet">{room.refusal.value}</p>
            </>
          ) : (
            <p role="status">{words.opening}</p>
          )}
        </div>
      )}
    </>
  );
}

function Header({ room }: { room: OpenRoom }) {
  const desk = useDesk();
  const { words, cards } = desk;
  const view = room.view.value;
  const card = cards.value.get(room.id);
  const facts = [
    card?.device ?? view?.visit?.device,
    view?.visit ? words.visitNumber(view.visit.number) : '',
    card && !card.online ? words.offline : '',
  ].filter(Boolean);
  return (
    <header class="column-head">
      <IconButton icon="back" label={words.backToList} class="narrow-only" onClick={goBack} />
      <div class="head-text">
        <h2 id="talk-title" dir="auto">
          {desk.nameIn(room)}
        </h2>
        <p class="quiet" dir="auto">
          {facts.join(' · ')}
        </p>
        <AlsoHere present={room.present.value} />
      </div>
      {view && <Steps room={room} view={view} />}
      <IconButton
        icon="cart"
        label={words.toCart}
        class="narrow-only"
        onClick={() => goTo({ room: room.id, page: 'cart' })}
      />
    </header>
  );
}

function AlsoHere({ present }: { present: readonly Author[] }) {
  const { words, me } = useDesk();
  const others = new Set(
    present
      .filter(([role, id]) => role === 'csa' && id !== me[1])
      .map(([, id, name]) => name || id),
  );
  return others.size > 0 ? (
    <p class="also-here" dir="auto">
      {words.alsoHere([...others].join(', '))}
    </p>
  ) : null;
}

function Steps({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words } = desk;
  const { status, taken_by } = view.conversation;
  if (!isLive(view.conversation)) return null;
  const mine = taken_by?.[1] === desk.me[1];
  const busy = room.underway.value;
  return (
    <div class="steps">
      {!mine && (
        <button
          type="button"
          class={status === 'waiting' ? 'primary' : ''}
          aria-keyshortcuts="t"
          disabled={busy.has('take')}
          onClick={() => room.do({ k: 'take' })}
        >
          {status === 'waiting' ? words.take : words.takeOver}
        </button>
      )}
      {mine && (
        <button
          type="button"
          disabled={busy.has('finish')}
          onClick={() => room.do({ k: 'finish' })}
        >
          {words.finish}
        </button>
      )}
    </div>
  );
}

/** Why this conversation began, and who has it if somebody else does. */
function Reason({ view }: { view: RoomView }) {
  const desk = useDesk();
  const { words } = desk;
  const { reason, taken_by, status } = view.conversation;
  const someone = status === 'open' && taken_by && taken_by[1] !== desk.me[1];
  if (!isLive(view.conversation) || (!reason && !someone && status !== 'waiting')) return null;
  return (
    <div class={`reason ${status === 'waiting' ? 'amber' : ''}`}>
      {(reason || status === 'waiting') && (
        <p dir="auto">{reason ? words.offerTaken(reason) : words.askedForHelp}</p>
      )}
      {someone && <p dir="auto">{words.takenBy(authorName(desk, taken_by))}</p>}
    </div>
  );
}

function TypingLine({ room }: { room: OpenRoom }) {
  const desk = useDesk();
  const names = room.typing.value.map((by) =>
    by[0] === 'shopper' ? desk.nameIn(room) : authorName(desk, by),
  );
  // The line keeps its height, so that nothing moves when somebody begins to type.
  useEffect(() => () => room.type(false), [room]);
  return (
    <p class="typing" dir="auto">
      {names.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {desk.words.isTyping(names.join(', '))}
        </>
      )}
    </p>
  );
}
