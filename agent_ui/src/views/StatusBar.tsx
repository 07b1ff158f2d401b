// The bar at the top: connected or since when not, available or away, who is signed in.

import type { ComponentChildren } from 'preact';
import { steadyNow_s } from '../clock';
import { useDesk } from '../state';
import { Switch } from './small';

export function StatusBar() {
  const { words, agent } = useDesk();
  return (
    <header class="bar">
      <h1 class="brand">Cobrowse</h1>
      <ConnectionState />
      <Availability />
      <span class="bar-space" />
      <Opens dialog="code" always keys="n" title={words.care.byCodeHint}>
        {words.care.byCode}
      </Opens>
      {agent.role !== 'csa' && <Opens dialog="audit">{words.care.audit}</Opens>}
      {agent.role !== 'csa' && <Opens dialog="preview">{words.care.preview}</Opens>}
      <Way />
      <Opens dialog="keys" keys="?">
        {words.keys} <kbd>?</kbd>
      </Opens>
      <span class="agent wide-only" title={words.signedInAs(agent.name)} dir="auto">
        {agent.name}
      </span>
      <form method="post" action="/console/sign-out">
        <button type="submit" class="link">
          {words.signOut}
        </button>
      </form>
    </header>
  );
}

/** Opens a dialog; without `always`, where there is room for it. */
function Opens(props: {
  dialog: 'code' | 'audit' | 'preview' | 'keys';
  keys?: string;
  title?: string;
  always?: boolean;
  children: ComponentChildren;
}) {
  const { dialog } = useDesk();
  return (
    <button
      type="button"
      class={props.always ? 'link' : 'link wide-only'}
      aria-keyshortcuts={props.keys}
      title={props.title}
      onClick={() => {
        dialog.value = props.dialog;
      }}
    >
      {props.children}
    </button>
  );
}

/** To the rules, and back to the visitors. */
function Way() {
  const { words, place, showRules, showVisitors } = useDesk();
  const inRules = place.value.page === 'rules';
  return (
    <button
      type="button"
      class="link"
      aria-keyshortcuts={inRules ? '1' : '4'}
      onClick={() => (inRules ? showVisitors() : showRules())}
    >
      {inRules ? words.rules.toVisitors : words.rules.rules}
    </button>
  );
}

function ConnectionState() {
  const { words, formats, connection, lobbyKnown } = useDesk();
  const { status, since } = connection.value;
  const again = lobbyKnown.value && (status === 'offline' || status === 'connecting');
  const text =
    again || status === 'offline'
      ? words.connection.offline(formats.time(since))
      : words.connection[status];
  return (
    <p class={`connection ${status}`} role="status">
      <span
        class={`dot ${status === 'live' ? 'on' : status === 'stopped' ? 'bad' : 'wait'}`}
        aria-hidden="true"
      />
      {text}
    </p>
  );
}

function Availability() {
  const { words, available, connection, setAvailable } = useDesk();
  return (
    <Switch
      on={available.value}
      title={words.availableHint}
      disabled={connection.value.status !== 'live'}
      onSwitch={setAvailable}
    >
      {words.available}
    </Switch>
  );
}

/** A connection that comes back at once is not worth a banner. */
const SHOWN_AFTER_S = 1.5;

/** What is wrong with the connection, and what one can do about it. */
export function ConnectionBanner() {
  const { words, formats, connection, lobbyKnown, signedOut, now_s, retryNow } = useDesk();
  const { status, since, retry_at } = connection.value;
  if (signedOut.value || status === 'stopped') {
    return (
      <aside class="banner wrong" aria-label={words.connectionTitle}>
        <p role="alert">{signedOut.value ? words.signedOut : words.stoppedBanner}</p>
        <a class="button" href="/console/sign-in">
          {words.signIn}
        </a>
      </aside>
    );
  }
  if (status === 'live' || !lobbyKnown.value) return null;
  void now_s.value; // drawn anew each second
  const now_local_s = steadyNow_s();
  if (now_local_s - since < SHOWN_AFTER_S) return null;
  const left_s = retry_at === undefined ? 0 : Math.ceil(retry_at - now_local_s);
  return (
    <aside class="banner amber" aria-label={words.connectionTitle}>
      <p>{words.staleBanner(formats.time(since))}</p>
      {left_s > 0 && <span class="quiet">{words.retryIn(left_s)}</span>}
      <button type="button" onClick={retryNow}>
        {words.retryNow}
      </button>
    </aside>
  );
}
