// The whole console: the bar, three columns, and what lies over them.

import { goBack } from '../place';
import { useDesk } from '../state';
import { AuditDialog } from './AuditDialog';
import { CartPanel } from './CartPanel';
import { Activity, Notes } from './CartParts';
import { CodeDialog } from './CodeDialog';
import { Conversation } from './Conversation';
import { KeyMap } from './KeyMap';
import { Mirror } from './Mirror';
import { PreviewDialog } from './PreviewDialog';
import { ProposeDialog } from './ProposeDialog';
import { Recordings } from './Recordings';
import { ReplayDialog } from './ReplayDialog';
import { Rules } from './rules/Rules';
import { ConnectionBanner, StatusBar } from './StatusBar';
import { IconButton } from './small';
import { VisitorList } from './VisitorList';
import { About, History, Offers, Pages } from './VisitorPanel';
import { Why } from './Why';

export function Console() {
  const { place, connection, dialog, room, watching } = useDesk();
  const open = room.value;
  const inRules = place.value.page === 'rules';
  const view = open?.view.value;
  const mirrored = open && view && watching.room.value === open.id;
  return (
    <div class="console" data-page={place.value.page} data-connection={connection.value.status}>
      <StatusBar />
      <ConnectionBanner />
      {/* Hidden and not gone, so that whoever looks at the rules finds everything as it was. */}
      <main class="columns" hidden={inRules} {...(mirrored && { 'data-mirror': '' })}>
        {mirrored && <Mirror key={open.id} room={open} view={view} />}
        <VisitorList />
        <Conversation />
        <Side />
      </main>
      {inRules && <Rules />}
      <Refusal />
      <Notice />
      {dialog.value === 'keys' && <KeyMap />}
      {dialog.value === 'code' && <CodeDialog />}
      {dialog.value === 'audit' && <AuditDialog />}
      {dialog.value === 'preview' && <PreviewDialog />}
      {typeof dialog.value === 'object' && <ReplayDialog recording={dialog.value} />}
      {dialog.value === 'propose' && open && <ProposeDialog room={open} />}
    </div>
  );
}

function Side() {
  const { words, room } = useDesk();
  const open = room.value;
  const view = open?.view.value;
  return (
    <section class="column side" aria-label={`${words.cart}, ${words.about}`}>
      {open && (
        <header class="column-head narrow-only">
          <IconButton icon="back" label={words.toConversation} onClick={goBack} />
          <p class="head-text">{words.toConversation}</p>
        </header>
      )}
      {open && view && (
        <div class="side-scroll" key={open.id}>
          <CartPanel room={open} view={view} />
          <Pages room={open} view={view} />
          <Why key={`why ${open.id}`} />
          <Activity room={open} view={view} />
          <About room={open} view={view} />
          <Notes room={open} view={view} />
          <Offers view={view} />
          <History room={open} />
          <Recordings key={`recordings ${open.id}`} room={open} />
        </div>
      )}
    </section>
  );
}

/** What was not done, and why; it stays until it is put away. */
function Refusal() {
  const { words, refusal } = useDesk();
  return (
    <div class="refusals" role="alert">
      {refusal.value && (
        <p class="refusal">
          <span dir="auto">{refusal.value}</span>
          <IconButton
            icon="close"
            label={words.dismiss}
            onClick={() => {
              refusal.value = '';
            }}
          />
        </p>
      )}
    </div>
  );
}

/** News for who cannot see them. */
function Notice() {
  const { notice } = useDesk();
  return (
    <p class="unseen" role="status" dir="auto">
      {notice.value}
    </p>
  );
}
