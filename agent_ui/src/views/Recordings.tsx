// A visitor's recordings that this agent may see, in their history.

import { useEffect, useState } from 'preact/hooks';
import { careApi, type Recording } from '../care_api';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { Section, When } from './small';

export function Recordings({ room }: { room: OpenRoom }) {
  const { words, formats, dialog, agent } = useDesk();
  const { care } = words;
  const [held, setHeld] = useState<readonly Recording[] | undefined>();
  const [failed, setFailed] = useState(false);
  const [asked, setAsked] = useState('');
  const running = room.view.value?.sharing.recording?.id;
  const load = () => {
    careApi
      .recordings(room.id)
      .then((found) => {
        setHeld(found);
        setFailed(false);
      })
      .catch(() => setFailed(true));
  };
  useEffect(load, [room.id, running]);
  const remove = (id: string) => {
    if (asked !== id) return setAsked(id);
    careApi.remove(id).then(load, () => setFailed(true));
  };
  if (held?.length === 0 && !failed) return null;
  return (
    <Section title={care.recordings}>
      {failed && (
        <p class="quiet">
          {words.failed}{' '}
          <button type="button" class="link" onClick={load}>
            {words.retry}
          </button>
        </p>
      )}
      <ul class="history">
        {held?.map((each) => (
          <li key={each.id}>
            <p>
              <When at={each.started_at} />
              <span class="quiet" dir="auto">
                {' · '}
                {formats.minutes(each.ended_at - each.started_at) ?? words.underMinute}
                {' · '}
                {each.csa_name}
              </span>
            </p>
            <p>
              <button
                type="button"
                class="link"
                onClick={() => {
                  dialog.value = each;
                }}
              >
                {care.replay}
              </button>
              {agent.role !== 'csa' && (
                <button type="button" class="link" onClick={() => remove(each.id)}>
                  {asked === each.id ? care.reallyRemove : care.remove}
                </button>
              )}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
