// The rules: all of them, and the one that is open.

import { goBack } from '../../place';
import { useDesk } from '../../state';
import { Icon, IconButton } from '../small';
import { RuleList } from './RuleList';
import { NewRule, RulePage } from './RulePage';

export function Rules() {
  const { place } = useDesk();
  const { rule } = place.value;
  return (
    <main class="columns rules" data-page={rule === undefined ? 'list' : 'rule'}>
      <RuleList />
      <section class="column rule" aria-labelledby="rule-title">
        <Open id={rule} />
      </section>
    </main>
  );
}

function Open({ id }: { id: string | undefined }) {
  const { words, rules } = useDesk();
  const known = rules.known.value;
  if (id === '') return <NewRule />;
  const rule = id === undefined ? undefined : rules.find(id);
  if (rule) return <RulePage key={rule.id} rule={rule} />;
  return (
    <>
      {id !== undefined && (
        <header class="column-head narrow-only">
          <IconButton icon="back" label={words.backToList} onClick={goBack} />
        </header>
      )}
      <div class="blank">
        <Icon name="rule" />
        <h2 id="rule-title">{id !== undefined && known ? words.rules.gone : words.rules.pick}</h2>
        <p>{words.rules.pickHint}</p>
      </div>
    </>
  );
}
