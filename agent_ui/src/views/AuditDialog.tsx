// Who did what with shoppers' pages: for supervisors, the latest first, a page at a time. SPEC audit.3.

import { useEffect, useState } from 'preact/hooks';
import { careApi, type Deed } from '../care_api';
import { useDesk } from '../state';
import { Dialog } from './Dialog';
import { When } from './small';

export function AuditDialog() {
  const desk = useDesk();
  const { words, dialog } = desk;
  const { care } = words;
  const [kind, setKind] = useState('');
  const [deeds, setDeeds] = useState<readonly Deed[]>([]);
  const [next, setNext] = useState('');
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');

  const load = (kinds: string, before: string) => {
    setState('loading');
    careApi
      .audit({ ...(kinds && { kinds }), ...(before && { before }) })
      .then((page) => {
        setDeeds((held) => (before ? [...held, ...page.deeds] : page.deeds));
        setNext(page.next);
        setState('ready');
      })
      .catch(() => setState('failed'));
  };
  useEffect(() => load(kind, ''), [kind]);

  const whoOf = (deed: Deed) =>
    deed.actor_role === 'shopper' ? care.shopper : deed.actor_name || words.server;
  return (
    <Dialog
      title={care.auditTitle}
      onClose={() => {
        dialog.value = undefined;
      }}
    >
      <div class="audit">
        <label>
          {care.kind}{' '}
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value="">{care.allKinds}</option>
            {Object.entries(care.kinds).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section class="audit-scroll" tabIndex={0} aria-label={care.auditTitle}>
          <table>
            <thead>
              <tr>
                <th scope="col">{care.when}</th>
                <th scope="col">{care.who}</th>
                <th scope="col">{care.kind}</th>
                <th scope="col">{care.about}</th>
                <th scope="col">{care.visitor}</th>
              </tr>
            </thead>
            <tbody>
              {deeds.map((deed) => (
                <tr key={deed.id}>
                  <td>
                    <When at={deed.at} />
                  </td>
                  <td dir="auto">{whoOf(deed)}</td>
                  <td>
                    {[care.kinds[deed.kind] ?? deed.kind, deed.detail].filter(Boolean).join(' · ')}
                  </td>
                  <td dir="auto">{deed.csa_name}</td>
                  <td>
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        dialog.value = undefined;
                        desk.open(deed.room);
                      }}
                    >
                      {desk.nameOf({
                        room: deed.room,
                        name: desk.cards.value.get(deed.room)?.name ?? '',
                      })}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {state === 'ready' && deeds.length === 0 && <p class="quiet">{care.noDeeds}</p>}
        </section>
        <p role="status" class="quiet">
          {state === 'failed' ? words.failed : state === 'loading' ? words.searching : ''}
        </p>
        {next && (
          <button type="button" disabled={state === 'loading'} onClick={() => load(kind, next)}>
            {care.older}
          </button>
        )}
      </div>
    </Dialog>
  );
}
