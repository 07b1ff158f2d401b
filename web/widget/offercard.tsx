// The offer of help: a card beside the launcher, or in the panel when it is open. Takes no focus; gone as soon as it is
// settled in any tab, withdrawn, or over its time.

import type { Signal } from '@preact/signals';
import type { Shell } from '../snippet/shell';
import { ShareRequest } from './consent';
import { type Context, telOf } from './context';
import { CloseIcon } from './icons';
import type { PageSharing } from './sharing';
import type { Words } from './words';

export function OfferCard({ shell, words }: Pick<Context, 'shell' | 'words'>) {
  const offer = shell.offer();
  if (!offer) return null;
  const phone = offer.channel === 'phone' && shell.link.sites[0]?.phone;
  return (
    <section
      class="offer"
      aria-label={words.offer}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation(); // the panel stays open
        shell.answer(false);
      }}
    >
      <p dir="auto">{offer.text}</p>
      <div class="row">
        {phone ? (
          <a class="main" href={telOf(phone)} onClick={() => shell.answer(true)}>
            {words.call(phone)}
          </a>
        ) : (
          <button type="button" class="main" onClick={() => shell.answer(true)}>
            {words.accept}
          </button>
        )}
        <button type="button" onClick={() => shell.answer(false)}>
          {words.noThanks}
        </button>
      </div>
      <button
        type="button"
        class="icon cross"
        aria-label={words.dismiss}
        onClick={() => shell.answer(false)}
      >
        <CloseIcon />
      </button>
    </section>
  );
}

/** The card as it stands beside the launcher: a CSA's question comes first. */
export function Beside(props: {
  shell: Shell;
  words: Words;
  now: Signal<number>;
  sharing: PageSharing;
}) {
  if (!props.now.value || props.shell.isOpen()) return null;
  const { asks, recording_asked } = props.sharing.now();
  return asks || recording_asked ? <ShareRequest {...props} /> : <OfferCard {...props} />;
}
