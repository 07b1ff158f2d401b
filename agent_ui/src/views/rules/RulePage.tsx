// One rule: what it earned, its text, its history.

import { useSignal } from '@preact/signals';
import { goBack } from '../../place';
import type { Rule } from '../../rules_api';
import { useDesk } from '../../state';
import { IconButton } from '../small';
import { TabBar } from '../TabBar';
import { Editor } from './Editor';
import { ResultsView } from './ResultsView';
import { RuleSwitch } from './RuleList';
import { Versions } from './Versions';

const TABS = ['results', 'text', 'versions'] as const;

export function RulePage({ rule }: { rule: Rule }) {
  const { words, rules } = useDesk();
  const tab = useSignal<(typeof TABS)[number]>('results');
  const faults = rules.known.value?.faults.filter((fault) => fault.rule === rule.id) ?? [];
  return (
    <>
      <header class="column-head">
        <IconButton icon="back" label={words.backToList} class="narrow-only" onClick={goBack} />
        <div class="head-text">
          <h2 id="rule-title" dir="auto">
            {rule.title}
          </h2>
          <p class="quiet">
            {rule.id} · {words.rules.priority(rule.priority)} ·{' '}
            {words.rules.versionIs(rule.version)}
          </p>
        </div>
        <RuleSwitch rule={rule} named />
      </header>
      <TabBar
        names={TABS}
        chosen={tab.value}
        onChoose={(name) => {
          tab.value = name;
        }}
        label={rule.title}
        controls="rule-panel"
      >
        {(name) => words.rules.tabs[name]}
      </TabBar>
      <div
        class="rule-scroll"
        id="rule-panel"
        role="tabpanel"
        aria-label={words.rules.tabs[tab.value]}
      >
        {faults.length > 0 && (
          <div class="trouble">
            <p>{words.rules.faultsTitle}</p>
            <ul>
              {faults.map(({ message, count }) => (
                <li key={message}>{words.rules.faultLine(message, count)}</li>
              ))}
            </ul>
          </div>
        )}
        {tab.value === 'results' && <ResultsView rule={rule} />}
        {tab.value === 'text' && <Editor rule={rule} />}
        {tab.value === 'versions' && (
          <Versions
            rule={rule}
            onTaken={() => {
              tab.value = 'text';
            }}
          />
        )}
      </div>
    </>
  );
}

export function NewRule() {
  const { words } = useDesk();
  return (
    <>
      <header class="column-head">
        <IconButton icon="back" label={words.backToList} class="narrow-only" onClick={goBack} />
        <h2 id="rule-title" class="head-text">
          {words.rules.newRule}
        </h2>
      </header>
      <div class="rule-scroll">
        <Editor rule={undefined} />
      </div>
    </>
  );
}
