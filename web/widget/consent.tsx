// The shopper's word on who sees their page: the question, the offer to show it, and the banner that stays while it is so.
// Only a real click or key counts: what a script makes, on the page or from afar, does nothing.

import type { Signal } from '@preact/signals';
import type { Shell } from '../snippet/shell';
import { type Context, nameOf } from './context';
import type { PageSharing } from './sharing';
import type { Words } from './words';

type Props = Pick<Context, 'shell' | 'words'> & { sharing: PageSharing };

const really = (run: () => void) => (event: Event) => {
  if (event.isTrusted) run();
};

/** A CSA's question, as long as it waits for an answer. */
export function ShareRequest({ words, sharing }: Props) {
  const { asked, asked_level = 'view', level = 'none', to } = sharing.now();
  if (!asked) return null;
  const name = nameOf(words, asked);
  const decline = () => sharing.share(to ? level : 'none', to?.[1]);
  return (
    <section class="offer share" aria-label={words.shareTitle}>
      <p role="status">
        <b>{asked_level === 'point' ? words.askPoint(name) : words.askView(name)}</b>
      </p>
      <p>{words.shareTerms}</p>
      <div class="row">
        <button
          type="button"
          class="main"
          onClick={really(() => sharing.share(asked_level, asked[1]))}
        >
          {words.allow}
        </button>
        <button type="button" onClick={really(decline)}>
          {words.notNow}
        </button>
      </div>
    </section>
  );
}

/** In a conversation the shopper may show the page without being asked. */
export function ShareOffer({ shell, words, sharing }: Props) {
  const { conversation } = shell.room.view ?? {};
  const host = conversation?.status === 'open' ? conversation.taken_by : null;
  const { to, asked } = sharing.now();
  if (!host || to || asked || shell.link.sites[0]?.page_sharing !== 'ask') return null;
  return (
    <div class="leave given">
      <button
        type="button"
        class="plain"
        title={words.shareTerms}
        onClick={really(() => sharing.share('view', host[1]))}
      >
        {words.showPage(nameOf(words, host))}
      </button>
    </div>
  );
}

/** Says who sees the page, at its top edge, always, with the way to end it. */
export function Banner(props: {
  shell: Shell;
  words: Words;
  sharing: PageSharing;
  now: Signal<number>;
}) {
  const { words, sharing } = props;
  const { to, level } = sharing.now();
  if (!props.now.value || !to) return null;
  const name = nameOf(words, to);
  return (
    <section class="banner" aria-label={words.shareTitle}>
      <i class="dot" />
      <span role="status">{level === 'point' ? words.seesAndPoints(name) : words.sees(name)}</span>
      <button type="button" onClick={really(() => sharing.share('none'))}>
        {words.stop}
      </button>
    </section>
  );
}
