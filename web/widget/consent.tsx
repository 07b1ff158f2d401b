// The shopper's word on who sees their page: the question, the offer to show it, and the banner that stays while it is so.

import type { Signal } from '@preact/signals';
import type { PageGrant, ShareLevel } from '../core/messages';
import type { Shell } from '../snippet/shell';
import { type Context, isDown, nameOf } from './context';
import { LeaveButton, really } from './leave';
import type { PageSharing } from './sharing';
import type { Words } from './words';

type Props = Pick<Context, 'shell' | 'words'> & { sharing: PageSharing };

/** The question that has waited longest, as long as it waits for an answer. */
export function ShareRequest({ words, sharing }: Props) {
  const { asks: [ask] = [], recording_asked } = sharing.now();
  if (ask) {
    const { by, level, instead_of } = ask;
    const name = nameOf(words, by);
    return (
      <Question
        words={words}
        text={
          instead_of
            ? words.takesOver(name, nameOf(words, instead_of))
            : level === 'none'
              ? ''
              : words.askLevel[level](name)
        }
        terms={level === 'control' ? words.controlTerms : words.shareTerms}
        yes={() => sharing.share(level, by[1])}
        no={() => sharing.share('none', by[1])}
      />
    );
  }
  if (!recording_asked) return null;
  return (
    <Question
      words={words}
      text={words.askRecord(nameOf(words, recording_asked))}
      terms={words.recordTerms}
      yes={() => sharing.record(true)}
      no={() => sharing.record(false)}
    />
  );
}

function Question(props: {
  words: Words;
  text: string;
  terms: string;
  yes: () => void;
  no: () => void;
}) {
  const { words, text, terms } = props;
  return (
    <section class="offer share" aria-label={words.shareTitle}>
      <p role="status">
        <b>{text}</b>
      </p>
      <p>{terms}</p>
      <div class="row">
        <LeaveButton class="main" about={text} onGive={props.yes}>
          {words.allow}
        </LeaveButton>
        <button type="button" onClick={really(props.no)}>
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
  const { grants, asks } = sharing.now();
  if (!host || grants || asks || shell.link.sites[0]?.page_sharing !== 'ask') return null;
  return (
    <div class="leave given">
      <LeaveButton
        class="plain"
        title={words.shareTerms}
        about={host[1]}
        onGive={() => sharing.share('view', host[1])}
      >
        {words.showPage(nameOf(words, host))}
      </LeaveButton>
    </div>
  );
}

/** Who may see the page, and what more they may do, as a sentence or two. */
function whoSees(locale: string, words: Words, grants: readonly PageGrant[]): string {
  const list = new Intl.ListFormat(locale);
  const names = (level?: ShareLevel) =>
    grants.filter((grant) => !level || grant.level === level).map(({ to }) => nameOf(words, to));
  const [first] = grants;
  if (grants.length === 1 && first && first.level !== 'none') {
    return words.sees[first.level](nameOf(words, first.to));
  }
  const [pointing, using] = [names('point'), names('control')];
  return [
    words.see(list.format(names())),
    pointing.length && words.mayPoint(list.format(pointing), pointing.length),
    using.length && words.mayControl(list.format(using), using.length),
  ]
    .filter(Boolean)
    .join(' · ');
}

const lineDown = ({ link }: Shell, words: Words) =>
  link.status === 'stopped' ? words.stopped : words.unseen;

/** Says who sees the page and what they may do, or that the line is down, at its top edge, always, with the way to end it. */
export function Banner(props: {
  shell: Shell;
  words: Words;
  sharing: PageSharing;
  now: Signal<number>;
}) {
  const { words, sharing, shell } = props;
  const { grants, recording } = sharing.now();
  if (!props.now.value || !grants) return null;
  const alone = grants.length === 1;
  return (
    <section class="banner" aria-label={words.shareTitle}>
      <p class="seen-by">
        <i class="dot" />
        <span role="status">
          {isDown(shell.link) ? lineDown(shell, words) : whoSees(shell.locale, words, grants)}
        </span>
      </p>
      {recording && (
        <span class="recorded">
          <span role="status">{words.recording}</span>
          <button type="button" onClick={really(() => sharing.record(false))}>
            {words.stopRecording}
          </button>
        </span>
      )}
      {grants.map(
        ({ to, level }) =>
          level === 'control' && (
            <button type="button" key={to[1]} onClick={really(() => sharing.share('point', to[1]))}>
              {alone ? words.takeBack : words.takeBackFrom(nameOf(words, to))}
            </button>
          ),
      )}
      {!alone &&
        grants.map(({ to }) => (
          <button type="button" key={to[1]} onClick={really(() => sharing.share('none', to[1]))}>
            {words.stopFor(nameOf(words, to))}
          </button>
        ))}
      <button type="button" onClick={really(() => sharing.share('none'))}>
        {alone ? words.stop : words.stopAll}
      </button>
    </section>
  );
}
