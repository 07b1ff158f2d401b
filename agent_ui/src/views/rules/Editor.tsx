// A rule's text: checked while it is written, saved when it has no mistake.

import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError } from '../../api';
import { draft, keepDraft } from '../../drafts';
import type { Checked, Mistake, Rule } from '../../rules_api';
import { useDesk } from '../../state';
import { Difference } from './Difference';
import { Leaving } from './Leaving';

const CHECK_AFTER_MS = 350;

const TEMPLATE = `id: my-rule
title: What CSAs read beside the visitor
when: >-
  visit.pages >= 8
  && cart.value > 100
idle: 90 s
offer:
  text:
    en: Would you like a hand choosing?
`;

export const draftName = (rule: string) => `rule ${rule}`;

export function Editor({ rule }: { rule: Rule | undefined }) {
  const { words, rules, refusal, notice, showRules } = useDesk();
  const id = rule?.id ?? '';
  const held = rule?.source ?? TEMPLATE;
  const box = useRef<HTMLTextAreaElement>(null);
  const typed = useSignal(draft(draftName(id)) || undefined);
  /** The version that the writing began from: another one means that somebody else was faster. */
  const based = useSignal(rule?.version ?? '');
  const checked = useSignal<{ of: string; found: Checked | 'failed' } | undefined>(undefined);
  const saving = useSignal(false);
  const stale = useSignal(false);
  const text = typed.value ?? held;
  const changed = typed.value !== undefined && typed.value !== held;
  const mayEdit = rules.known.value?.may_edit ?? false;

  if (!changed && rule) based.value = rule.version;

  useEffect(() => {
    const given_up = new AbortController();
    const check = async () => {
      const found = await rules.api.check(text, given_up.signal).catch(() => 'failed' as const);
      if (!given_up.signal.aborted) checked.value = { of: text, found };
    };
    const timer = setTimeout(check, checked.peek() ? CHECK_AFTER_MS : 0);
    return () => {
      clearTimeout(timer);
      given_up.abort();
    };
  }, [text]);

  const write = (next: string | undefined) => {
    typed.value = next;
    keepDraft(draftName(id), next ?? '');
  };

  const answer = checked.value?.of === text ? checked.value.found : undefined;
  const good = answer !== undefined && answer !== 'failed' && answer.mistakes.length === 0;

  async function save(): Promise<void> {
    const target = id || (good && answer.id) || '';
    saving.value = true;
    try {
      const { rule: kept } = await rules.api.save(target, text, based.value);
      await rules.load();
      batch(() => {
        write(undefined);
        stale.value = false;
        notice.value = words.rules.saved(kept.title);
      });
      if (!id) showRules(target);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) refusal.value = words.failed;
      else if (!id) refusal.value = words.rules.taken(target);
      else {
        await rules.load();
        batch(() => {
          stale.value = true;
          based.value = rules.find(id)?.version ?? '';
        });
      }
    } finally {
      saving.value = false;
    }
  }

  const goTo = ({ line, column }: Mistake) => {
    const before = text.split('\n').slice(0, line - 1);
    const offset = before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    box.current?.focus();
    box.current?.setSelectionRange(offset, offset);
  };

  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed && good && !saving.value) void save();
      }}
    >
      {!rule && <p class="quiet">{words.rules.newHint}</p>}
      {!mayEdit && <p class="quiet">{words.rules.onlySupervisors}</p>}
      {rule?.file_changed && <p class="trouble amber">{words.rules.fileChanged}</p>}
      {stale.value && rule && (
        <div class="trouble amber" role="alert">
          <p>{words.rules.stale}</p>
          <Difference before={rule.source} after={text} />
        </div>
      )}
      <Source
        text={text}
        mistakes={answer && answer !== 'failed' ? answer.mistakes : []}
        readOnly={!mayEdit}
        box={box}
        onWrite={write}
      />
      <div class="found" role="status">
        {answer === undefined && <p class="quiet">{words.rules.checking}</p>}
        {answer === 'failed' && <p class="wrong">{words.rules.checkFailed}</p>}
        {answer && answer !== 'failed' && (
          <>
            {good && <p class="good">✓ {words.rules.good}</p>}
            <Places kind="wrong" mistakes={answer.mistakes} onGo={goTo} />
            <Places kind="odd" mistakes={answer.warnings} onGo={goTo} />
          </>
        )}
      </div>
      {mayEdit && (
        <div class="editor-steps">
          <button type="submit" class="primary" disabled={!good || !changed || saving.value}>
            {saving.value ? words.rules.saving : words.rules.save}
          </button>
          {changed && (
            <>
              <button type="button" onClick={() => write(undefined)}>
                {words.rules.undoEdit}
              </button>
              <span class="chip amber">{words.rules.unsaved}</span>
            </>
          )}
          {rule && !changed && <Leaving rule={rule} />}
        </div>
      )}
    </form>
  );
}

/** The text with its lines numbered; those with a mistake are marked by more than colour. */
function Source(props: {
  text: string;
  mistakes: readonly Mistake[];
  readOnly: boolean;
  box: { current: HTMLTextAreaElement | null };
  onWrite: (text: string) => void;
}) {
  const { words } = useDesk();
  const lines = props.text.split('\n').length;
  const wrong = new Set(props.mistakes.map(({ line }) => line));
  return (
    <div class="source">
      <ol class="gutter" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <li key={index} class={wrong.has(index + 1) ? 'wrong' : ''}>
            {index + 1}
          </li>
        ))}
      </ol>
      <textarea
        ref={props.box}
        aria-label={words.rules.text}
        aria-invalid={wrong.size > 0}
        rows={lines}
        wrap="off"
        dir="ltr"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        readOnly={props.readOnly}
        value={props.text}
        onInput={(event) => props.onWrite(event.currentTarget.value)}
      />
    </div>
  );
}

function Places(props: {
  kind: 'wrong' | 'odd';
  mistakes: readonly Mistake[];
  onGo: (mistake: Mistake) => void;
}) {
  const { words } = useDesk();
  const { kind, mistakes } = props;
  if (mistakes.length === 0) return null;
  const title = kind === 'wrong' ? words.rules.mistakes : words.rules.warnings;
  return (
    <section class={`places ${kind}`}>
      <h3>{title(mistakes.length)}</h3>
      <ul>
        {mistakes.map((mistake) => (
          <li key={`${mistake.line} ${mistake.column} ${mistake.message}`}>
            <button type="button" class="link" onClick={() => props.onGo(mistake)}>
              {words.rules.at(mistake.line, mistake.column)}
            </button>{' '}
            {mistake.message}
          </li>
        ))}
      </ul>
    </section>
  );
}
