// What a CSA asks the shopper to do by themselves: to look elsewhere on the page, or to press what only they may press. Below
// the banner, whether the panel is open or not, or at the window's other end. SPEC mirror.7, mirror.9.

import { useMemo } from 'preact/hooks';
import { boxIn } from '../core/placing';
import { nameOf } from './context';
import { LeaveButton, really } from './leave';
import type { PageSharing } from './sharing';
import type { Words } from './words';

export function Requests({ words, sharing: { guide } }: { words: Words; sharing: PageSharing }) {
  const request = guide.request.value;
  // Not over the very thing that is to be pressed: what stands in the upper half is asked for from below.
  const low = useMemo(
    () => request?.kind === 'confirm' && boxIn(window, request.target).top < innerHeight / 2,
    [request],
  );
  if (!request) return null;
  const name = nameOf(words, request.by);
  const looks = request.kind === 'look';
  return (
    <section class={low ? 'request low' : 'request'} aria-label={words.requestTitle}>
      <p role="status">
        <b>{looks ? words.lookHere(name) : `${words.pressThis(name)}.`}</b>
      </p>
      {!looks && <p>{words.pressThisTerms}</p>}
      <div class="row">
        {looks ? (
          <>
            <LeaveButton class="main" about={name} onGive={() => guide.answer(true)}>
              {words.showMe}
            </LeaveButton>
            <button type="button" onClick={really(() => guide.answer(false))}>
              {words.notNow}
            </button>
          </>
        ) : (
          <button type="button" class="main" onClick={really(() => guide.answer(true))}>
            {words.understood}
          </button>
        )}
      </div>
    </section>
  );
}
