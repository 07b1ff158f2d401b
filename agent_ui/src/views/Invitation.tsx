// Where there is no conversation: an offer to chat in one's own words.

import type { RoomView } from '../../../web/core/messages';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { WritingBox } from './Composer';

const MAX_INVITATION_CHARS = 500;

export function Invitation({ room, view }: { room: OpenRoom; view: RoomView }) {
  const { words, cards, now_s } = useDesk();
  const { offer, conversation } = view;
  if (offer?.status === 'open' && offer.expires_at > now_s.value) {
    return (
      <div class="invitation">
        <p>{offer.by?.[0] === 'csa' ? words.invited : words.offerOnShow}</p>
        <blockquote dir="auto">{offer.text}</blockquote>
        <button
          type="button"
          disabled={room.underway.value.has('settle')}
          onClick={() => room.do({ k: 'settle', offer: offer.id, accept: false })}
        >
          {words.withdraw}
        </button>
      </div>
    );
  }
  const online = cards.value.get(room.id)?.online ?? false;
  return (
    <div class="invitation">
      {conversation.status === 'closed' ? (
        <p>{words.closed}</p>
      ) : (
        <>
          <p class="invitation-title">{words.noConversation}</p>
          <p class="quiet">{words.noConversationHint}</p>
        </>
      )}
      {online && (
        <WritingBox
          draftName={`${room.id}/invite`}
          label={words.invitation}
          placeholder={words.invitationExample}
          send={words.invite}
          max_chars={MAX_INVITATION_CHARS}
          disabled={room.underway.value.has('invite')}
          onSend={(text) => room.do({ k: 'invite', text })}
        />
      )}
    </div>
  );
}
