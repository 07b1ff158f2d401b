// Why this visitor is offered help or not: now, rule by rule, and what was decided before.

import { useSignal } from '@preact/signals';
import type { Decision, Operand, Verdict } from '../rules_api';
import { type Desk, useDesk } from '../state';
import { byUrgency } from '../why';
import { isLimit } from '../words_rules';
import { Section, When } from './small';

const RULES_SHOWN = 4;

export function Why() {
  const { words, why } = useDesk();
  const all = useSignal(false);
  const { state, why: now, past } = why.value;
  const verdicts = byUrgency(now?.verdicts ?? []);
  const shown = all.value ? verdicts : verdicts.slice(0, RULES_SHOWN);
  return (
    <Section title={words.rules.why} class="why">
      {state === 'loading' && <p class="quiet">…</p>}
      {state === 'failed' && <p class="quiet">{words.rules.whyFailed}</p>}
      {state === 'gone' && <p class="quiet">{words.rules.whyGone}</p>}
      <ul class="verdicts">
        {shown.map((verdict) => (
          <OneVerdict key={verdict.rule} verdict={verdict} />
        ))}
      </ul>
      {verdicts.length > RULES_SHOWN && (
        <button
          type="button"
          class="link"
          aria-expanded={all.value}
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value
            ? words.rules.fewerRules
            : words.rules.moreRules(verdicts.length - RULES_SHOWN)}
        </button>
      )}
      {state !== 'loading' && (
        <>
          <h4>{words.rules.past}</h4>
          {past.length === 0 && <p class="quiet">{words.rules.noPast}</p>}
          <ol class="decided">
            {past.map((decision) => (
              <OneDecision key={decision.offset} decision={decision} />
            ))}
          </ol>
        </>
      )}
    </Section>
  );
}

function OneVerdict({ verdict }: { verdict: Verdict }) {
  const desk = useDesk();
  const { words, showRules } = desk;
  const stands = standing(desk, verdict);
  return (
    <li class={tone(verdict)}>
      <details>
        <summary>
          <span dir="auto">{verdict.title}</span> <span class="verdict-now">{stands}</span>
        </summary>
        {verdict.due === null && !stands.includes(verdict.reason) && (
          <p class="quiet" dir="auto">
            {verdict.reason}
          </p>
        )}
        <Operands operands={verdict.operands} />
        <button type="button" class="link" onClick={() => showRules(verdict.rule)}>
          {words.rules.openRule}
        </button>
      </details>
    </li>
  );
}

/** How the rule stands: it counts down by itself while time alone is missing. */
function standing({ words, formats, now_s }: Desk, verdict: Verdict): string {
  const { cause, reason, due, arm } = verdict;
  if (cause === 'fires') return words.rules.aboutTo;
  if (cause === 'control') return words.rules.heldOut;
  const stands = words.rules.stands(cause, reason);
  if (due === null) return stands;
  const left_s = Math.ceil(due - now_s.value);
  if (left_s <= 0) return words.rules.aboutTo;
  const clock = left_s < 60 ? `${left_s} s` : formats.clock(left_s);
  const will = isHeldOut(arm) ? words.rules.wouldHoldOut(clock) : words.rules.wouldOffer(clock);
  return isLimit(cause) ? `${stands} · ${will}` : will;
}

const isHeldOut = (arm: string) => arm === 'control' || arm === 'control-all';

/** Waiting amber, offering green, a fault red; all else is quiet. The words beside it say the same. */
function tone({ cause, due }: Verdict): string {
  if (cause === 'fault') return 'wrong-mark';
  if (cause === 'fires') return 'live-mark';
  return due !== null ? 'waiting-mark' : '';
}

function OneDecision({ decision }: { decision: Decision }) {
  const { words } = useDesk();
  const { cause, outcome, arm } = decision;
  const ended = outcome ? words.offerStatus[outcome] : words.rules.cause(cause);
  const wording = cause === 'fires' && arm !== 'text' ? words.rules.wording(arm) : '';
  return (
    <li>
      <details>
        <summary>
          <span dir="auto">{decision.title}</span>{' '}
          <span class="verdict-now">
            {[ended, wording].filter(Boolean).join(' · ')} · <When at={decision.at} />
          </span>
        </summary>
        <p class="quiet" dir="auto">
          {[decision.reason, words.rules.versionIs(decision.version)].filter(Boolean).join(' · ')}
        </p>
        <Operands operands={decision.operands} />
      </details>
    </li>
  );
}

const SIGNS = { true: '✓', false: '✗', null: '?' } as const;

/** The parts of the condition, each with its facts as they were. */
function Operands({ operands }: { operands: readonly Operand[] }) {
  const { words } = useDesk();
  if (operands.length === 0) return null;
  const said = {
    true: words.rules.holds,
    false: words.rules.holdsNot,
    null: words.rules.holdsUnknown,
  };
  return (
    <ul class="operands">
      {operands.map(({ source, holds, values }) => (
        <li key={source} class={`holds-${holds}`}>
          <span role="img" aria-label={said[`${holds}`]}>
            {SIGNS[`${holds}`]}
          </span>{' '}
          <code dir="ltr">{source}</code>
          <p class="quiet" dir="ltr">
            {Object.entries(values)
              .map(([name, value]) => `${name}: ${value}`)
              .join(', ')}
          </p>
        </li>
      ))}
    </ul>
  );
}
