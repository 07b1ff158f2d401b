// Every rule with its switch, and what is wrong with the files.

import type { RuleList as List, Rule } from '../../rules_api';
import { useDesk } from '../../state';
import { Icon, Switch } from '../small';

export function RuleList() {
  const { words, rules } = useDesk();
  const known = rules.known.value;
  const failed = rules.list.value.state === 'failed';
  return (
    <nav class="column list" aria-labelledby="rules-title">
      <header class="column-head">
        <h2 id="rules-title" class="head-text">
          {words.rules.rules}
        </h2>
        <NewRuleButton />
      </header>
      <search class="search">
        <Icon name="search" />
        <input
          type="search"
          data-focus="rules-search"
          aria-label={words.rules.search}
          placeholder={words.rules.search}
          value={rules.search.value}
          maxLength={120}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            rules.search.value = event.currentTarget.value;
          }}
        />
        <kbd>/</kbd>
      </search>
      <div class="rows">
        {failed && (
          <p class="trouble" role="alert">
            {words.rules.failed}{' '}
            <button type="button" class="link" onClick={() => rules.load()}>
              {words.retry}
            </button>
          </p>
        )}
        {known ? <Rows known={known} /> : !failed && <p class="empty">{words.rules.loading}</p>}
      </div>
    </nav>
  );
}

function NewRuleButton() {
  const { words, rules, showRules } = useDesk();
  if (!rules.known.value?.may_edit) return null;
  return (
    <button type="button" onClick={() => showRules('')}>
      <Icon name="plus" /> {words.rules.newRule}
    </button>
  );
}

function Rows({ known }: { known: List }) {
  const { words, rules } = useDesk();
  const wanted = rules.search.value.trim().toLowerCase();
  const found = known.rules.filter((rule) =>
    `${rule.title}\n${rule.id}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      {known.errors.length > 0 && (
        <div class="trouble" role="alert">
          <p>{words.rules.badFiles(known.errors.length)}</p>
          <ul>
            {known.errors.map((error) => (
              <li key={error}>
                <code>{error}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
      {found.length === 0 ? (
        <p class="empty">{wanted ? words.rules.nothingFound : words.rules.none}</p>
      ) : (
        <ul>
          {found.map((rule) => (
            <Row key={rule.id} rule={rule} known={known} />
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ rule, known }: { rule: Rule; known: List }) {
  const { words, place, showRules } = useDesk();
  const recent = rule.recent;
  const faults = known.faults
    .filter((fault) => fault.rule === rule.id)
    .reduce((sum, { count }) => sum + count, 0);
  return (
    <li class="rule-row">
      <a
        class="row"
        href={`#/rules/${rule.id}`}
        aria-current={place.value.rule === rule.id ? 'true' : undefined}
        onClick={(event) => {
          event.preventDefault();
          showRules(rule.id);
        }}
      >
        <span class="row-top">
          <span class="row-name" dir="auto">
            {rule.title}
          </span>
        </span>
        <span class="row-facts">
          {recent &&
            words.rules.recent(recent.causes.fires ?? 0, recent.accepted, known.recent_days)}
        </span>
        {(rule.edited || faults > 0) && (
          <span class="row-chips">
            {rule.edited && <span class="chip violet">{words.rules.edited}</span>}
            {faults > 0 && <span class="chip wrong">{words.rules.faults(faults)}</span>}
          </span>
        )}
      </a>
      <RuleSwitch rule={rule} />
    </li>
  );
}

/** On or off; whoever may not switch sees how it stands. */
export function RuleSwitch({ rule, named = false }: { rule: Rule; named?: boolean }) {
  const { words, rules, refusal } = useDesk();
  const mayEdit = rules.known.value?.may_edit ?? false;
  const hint = !mayEdit
    ? words.rules.onlySupervisors
    : rule.switchable
      ? ''
      : words.rules.offInText;
  return (
    <Switch
      on={rule.enabled}
      label={words.rules.enabled(rule.title)}
      title={hint}
      disabled={hint !== ''}
      onSwitch={async (on) => {
        try {
          await rules.switchOn(rule.id, on);
        } catch {
          refusal.value = words.failed;
        }
      }}
    >
      {named && (rule.enabled ? words.rules.on : words.rules.off)}
    </Switch>
  );
}
