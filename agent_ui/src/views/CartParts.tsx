// What belongs to a cart besides its lines: proposals, codes, notes, and who changed what.

import { useSignal } from '@preact/signals';
import { dropCoupon, own, type Proposal } from '../../../web/core/cart';
import type { RoomView, SiteView } from '../../../web/core/messages';
import { shopAddress, shopFile } from '../addresses';
import { mayEdit, type OpenRoom, undoing } from '../open_room';
import { useDesk } from '../state';
import { authorName, IconButton, lineName, Picture, Section, When } from './small';

const SETTLED_SHOWN = 5;
const CHANGES_SHOWN = 12;
const MAX_NOTE_CHARS = 2048;
const NOTE_FIELD = 'note';

type Part = { room: OpenRoom; view: RoomView };

export function Proposals({ room, view, site }: Part & { site: SiteView | undefined }) {
  const { words } = useDesk();
  const newestFirst = (a: Proposal, b: Proposal) => b.at - a.at;
  const all = Object.values(view.cart.proposals).sort(newestFirst);
  const open = all.filter(({ status }) => status === 'open');
  const settled = all.filter(({ status }) => status !== 'open').slice(0, SETTLED_SHOWN);
  if (all.length === 0) return null;
  return (
    <Section title={words.proposals}>
      <ul class="proposals">
        {[...open, ...settled].map((proposal) => (
          <li key={proposal.id} class={`proposal ${proposal.status}`}>
            <Picture
              src={shopFile(site?.key, shopAddress(site, own(view.items, proposal.line)?.image))}
            />
            <div class="line-text">
              <p class="line-name" dir="auto">
                {proposal.n} × {lineName(view.items, proposal.line)}
              </p>
              {proposal.note && (
                <p class="quiet" dir="auto">
                  “{proposal.note}”
                </p>
              )}
              <p class="quiet">
                <span dir="auto">{proposal.by}</span> · <When at={proposal.at} /> ·{' '}
                <span class={`outcome ${proposal.status}`}>
                  {words.proposalStatus[proposal.status]}
                </span>
              </p>
            </div>
            {proposal.status === 'open' && (
              <button
                type="button"
                class="link"
                onClick={() => room.do({ k: 'withdraw', proposal: proposal.id })}
              >
                {words.withdraw}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function Coupons({ room, view, editable }: Part & { editable: boolean }) {
  const { words } = useDesk();
  const code = useSignal('');
  const codes = Object.keys(view.cart.coupons);
  if (codes.length === 0 && !editable) return null;
  const valid = /^[A-Za-z0-9_.-]{1,40}$/.test(code.value.trim());
  return (
    <Section title={words.coupons}>
      {codes.length > 0 && (
        <ul class="codes">
          {codes.map((held) => (
            <li key={held}>
              <code>{held}</code>
              {editable && (
                <IconButton
                  icon="close"
                  label={words.removeCoupon(held)}
                  onClick={() => room.do(dropCoupon(view.cart, held))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {editable && (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            if (!valid) return;
            room.do({ k: 'coupon_add', code: code.value.trim() });
            code.value = '';
          }}
        >
          <input
            aria-label={words.addCoupon}
            placeholder={words.addCoupon}
            maxLength={40}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            value={code.value}
            onInput={(event) => {
              code.value = event.currentTarget.value;
            }}
          />
          <button type="submit" disabled={!valid}>
            {words.add}
          </button>
        </form>
      )}
    </Section>
  );
}

export function Notes({ room, view }: Part) {
  const { words } = useDesk();
  const written = useSignal<string | undefined>(undefined);
  const held = own(view.cart.notes, NOTE_FIELD)?.[2] ?? '';
  const others = Object.entries(view.cart.notes).filter(
    ([field, [, , text]]) => field !== NOTE_FIELD && text,
  );
  const changed = written.value !== undefined && written.value !== held;
  const fits = [...(written.value ?? '')].length <= MAX_NOTE_CHARS;
  return (
    <Section title={words.notes}>
      {others.map(([field, [, , text]]) => (
        <p key={field} class="note" dir="auto">
          <span class="quiet">{field}</span> {text}
        </p>
      ))}
      <form
        class="note-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!changed || !fits) return;
          room.do({ k: 'note', field: NOTE_FIELD, text: written.value ?? '' });
          written.value = undefined;
        }}
      >
        <textarea
          rows={2}
          dir="auto"
          aria-label={words.note}
          placeholder={words.noteHint}
          value={written.value ?? held}
          onInput={(event) => {
            written.value = event.currentTarget.value;
          }}
        />
        {changed && (
          <button type="submit" disabled={!fits}>
            {words.saveNote}
          </button>
        )}
      </form>
    </Section>
  );
}

export function Activity({ room, view }: Part) {
  const desk = useDesk();
  const { words } = desk;
  const editable = mayEdit(view, desk.siteOf(room.id));
  const undone = new Set(view.changes.map(([, , , , , , undoes]) => undoes));
  const latest = view.changes.slice(-CHANGES_SHOWN).reverse();
  return (
    <Section title={words.activity}>
      {latest.length === 0 && <p class="quiet">{words.noActivity}</p>}
      <ul class="activity">
        {latest.map((change) => {
          const [offset, at, by, line, before, after] = change;
          const back = editable && !undone.has(offset) ? undoing(view, change) : undefined;
          return (
            <li key={offset} class={`by-${by[0]}`}>
              <p dir="auto">
                {words.changed(authorName(desk, by), lineName(view.items, line), before, after)}
              </p>
              <p class="quiet">
                <When at={at} />
                {undone.has(offset) && ` · ${words.undone}`}
                {back && (
                  <>
                    {' · '}
                    <button type="button" class="link" onClick={() => room.do(back)}>
                      {words.undo}
                    </button>
                  </>
                )}
              </p>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
