// What a CSA asks the shopper to do by themselves: to look elsewhere on the page, or to press what only they may press. Below
// the banner, whether the panel is open or not. SPEC mirror.7, mirror.9.

import { really } from './consent';
import { nameOf } from './context';
import type { PageSharing } from './sharing';
import type { Words } from './words';

export function Requests({ words, sharing: { guide } }: { words: Words; sharing: PageSharing }) {
  const request = guide.request.value;
  if (!request) return null;
  const name = nameOf(words, request.by);
  const looks = request.kind === 'look';
  const answer = (yes: boolean) => really(() => guide.answer(yes));
  return (
    <section class="request" aria-label={words.requestTitle}>
      <p role="status">
        <b>{looks ? words.lookHere(name) : `${words.pressThis(name)}.`}</b>
      </p>
      {!looks && <p>{words.pressThisTerms}</p>}
      <div class="row">
        <button type="button" class="main" onClick={answer(true)}>
          {looks ? words.showMe : words.understood}
        </button>
        {looks && (
          <button type="button" onClick={answer(false)}>
            {words.notNow}
          </button>
        )}
      </div>
    </section>
  );
}
