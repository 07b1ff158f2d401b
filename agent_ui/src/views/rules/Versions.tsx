// A rule's history: who changed what, and any earlier text to take up again.

import { keepDraft } from '../../drafts';
import type { Rule, Version } from '../../rules_api';
import { useDesk } from '../../state';
import { useAsked } from '../asked';
import { When } from '../small';
import { Difference } from './Difference';
import { draftName } from './Editor';

export function Versions({ rule, onTaken }: { rule: Rule; onTaken: () => void }) {
  const { words, rules } = useDesk();
  const { answer, again } = useAsked(
    () => rules.api.versions(rule.id),
    [rule.id, rule.version, rule.enabled],
  );
  const found = answer.value;
  if (found.state === 'failed') {
    return (
      <p class="empty" role="alert">
        {words.rules.versionsFailed}{' '}
        <button type="button" class="link" onClick={again}>
          {words.retry}
        </button>
      </p>
    );
  }
  if (found.state !== 'ready') return <p class="empty">{words.rules.loading}</p>;
  const changes = found.value;
  if (changes.length === 0) return <p class="empty">{words.rules.noVersions}</p>;
  return (
    <ol class="versions">
      {changes.map((change, index) => (
        <OneVersion
          key={change.number}
          change={change}
          before={changes[index + 1]}
          onTake={() => {
            keepDraft(draftName(rule.id), change.source === rule.source ? '' : change.source);
            onTaken();
          }}
        />
      ))}
    </ol>
  );
}

function OneVersion(props: { change: Version; before: Version | undefined; onTake: () => void }) {
  const { words, rules } = useDesk();
  const { change, before } = props;
  const switched = change.kind === 'on' || change.kind === 'off';
  return (
    <li>
      <p>
        <strong>{words.rules.kinds[change.kind]}</strong>
        {change.by && <span dir="auto"> {words.rules.by(change.by)}</span>} ·{' '}
        <span class="quiet">
          <When at={change.at} />
          {change.version && ` · ${words.rules.versionIs(change.version)}`}
        </span>
      </p>
      {!switched && change.source && (
        <details>
          <summary>{words.rules.showChange}</summary>
          {before ? (
            <Difference before={before.source} after={change.source} />
          ) : (
            <p class="quiet">{words.rules.firstText}</p>
          )}
          {rules.known.value?.may_edit && (
            <button type="button" onClick={props.onTake}>
              {words.rules.bringBack}
            </button>
          )}
        </details>
      )}
    </li>
  );
}
