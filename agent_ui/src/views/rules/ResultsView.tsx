// What a rule has earned: in one sentence first, then in figures.

import { type Signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Arm, Results, Rule } from '../../rules_api';
import { useDesk } from '../../state';
import { useAsked } from '../asked';
import { Section } from '../small';
import { IntervalChart } from './IntervalChart';

const PERIODS_DAYS = [7, 30, 90] as const;

export function ResultsView({ rule }: { rule: Rule }) {
  const { words, rules } = useDesk();
  const version = useSignal('');
  const { answer, again } = useAsked(
    () => rules.api.results(rule.id, rules.site.value, rules.days.value, version.value),
    [rule.id, rules.site.value, rules.days.value, version.value, rule.recent],
  );
  const found = answer.value;
  return (
    <>
      <Chosen version={version} versions={found.state === 'ready' ? found.value.versions : []} />
      {found.state === 'failed' && (
        <p class="empty" role="alert">
          {words.rules.resultsFailed}{' '}
          <button type="button" class="link" onClick={again}>
            {words.retry}
          </button>
        </p>
      )}
      {found.state === 'loading' && <p class="empty">{words.rules.loading}</p>}
      {found.state === 'ready' && <Found results={found.value} />}
    </>
  );
}

/** The shop and the version, where there are several, and the period. */
function Chosen(props: { version: Signal<string>; versions: Results['versions'] }) {
  const { words, rules, sites, formats, coarse_now_s } = useDesk();
  const { version } = props;
  const kept = useRef(props.versions);
  if (props.versions.length > 0) kept.current = props.versions;
  return (
    <div class="chosen">
      {sites.size > 1 && (
        <label class="field">
          <span class="quiet">{words.rules.site}</span>
          <select
            value={rules.site.value}
            onChange={(event) => {
              rules.site.value = event.currentTarget.value;
            }}
          >
            {[...sites.values()].map(({ key, name }) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {kept.current.length > 1 && (
        <label class="field">
          <span class="quiet">{words.rules.version}</span>
          <select
            value={version.value}
            onChange={(event) => {
              version.value = event.currentTarget.value;
            }}
          >
            <option value="">{words.rules.allVersions}</option>
            {kept.current.map((each) => (
              <option key={each.version} value={each.version}>
                {words.rules.versionSince(
                  each.version,
                  formats.day(each.since, coarse_now_s.value),
                )}
              </option>
            ))}
          </select>
        </label>
      )}
      <fieldset class="periods">
        <legend class="unseen">{words.rules.period}</legend>
        {PERIODS_DAYS.map((days) => (
          <label key={days} class="period">
            <input
              type="radio"
              name="period"
              checked={rules.days.value === days}
              onChange={() => {
                rules.days.value = days;
              }}
            />
            <span>{words.rules.days(days)}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function Found({ results }: { results: Results }) {
  const { words } = useDesk();
  const { shown, control } = results.arms;
  const nothing = results.shown + shown.people + control.people === 0;
  const held = Object.entries(results.held_back).sort(([, a], [, b]) => b - a);
  return (
    <>
      {nothing ? <p class="empty">{words.rules.noResults}</p> : <Verdict results={results} />}
      {!nothing && <Outcomes results={results} />}
      {!nothing && <Compared results={results} />}
      {Object.keys(results.variants).length > 1 && <Wordings results={results} />}
      {(!nothing || held.length > 0) && (
        <Section title={words.rules.heldBackTitle}>
          {held.length === 0 && <p class="quiet">{words.rules.heldBackNone}</p>}
          <dl class="facts counts">
            {held.map(([cause, count]) => (
              <>
                <dt>{words.rules.cause(cause)}</dt>
                <dd>{count}</dd>
              </>
            ))}
          </dl>
        </Section>
      )}
    </>
  );
}

/** The plain sentence, and the interval behind it. */
function Verdict({ results }: { results: Results }) {
  const { words, formats } = useDesk();
  const { conclusion, uplift } = results;
  const inHundred = (share: number) => formats.number(100 * share, 1);
  const [low, high] = [uplift?.low ?? 0, uplift?.high ?? 0];
  const detail = {
    'no-holdout': words.rules.addHoldout,
    'too-early':
      results.people_needed > 0
        ? words.rules.needed(results.people_needed)
        : words.rules.between(inHundred(-low), inHundred(high)),
    more: words.rules.more(inHundred(low), inHundred(high)),
    fewer: words.rules.fewer(inHundred(-high), inHundred(-low)),
    'no-difference': words.rules.slight,
  }[conclusion];
  const revenue = results.revenue_uplift_minor;
  // A minus and not a hyphen, after which a line may end.
  const money = (minor: number) => formats.money(minor, results.currency).replace('-', '−');
  return (
    <section class={`verdict ${conclusion}`}>
      <p class="verdict-words">{words.rules.conclusion[conclusion]}</p>
      <p>{detail}</p>
      {uplift && <IntervalChart interval={uplift} conclusion={conclusion} level={results.level} />}
      {revenue && results.people_needed === 0 && (
        <p class="money-uplift">
          {words.rules.revenueUplift(money(revenue.value), money(revenue.low), money(revenue.high))}
        </p>
      )}
      <p class="quiet">
        {words.rules.method(
          words.rules.hours(Math.round(results.window_s / 3600)),
          formats.percent(results.level),
        )}
      </p>
    </section>
  );
}

/** What became of the offers. */
function Outcomes({ results }: { results: Results }) {
  const { words, formats } = useDesk();
  const { shown, outcomes, chats } = results;
  const of = (n: number) => (shown > 0 ? formats.percent(n / shown) : '');
  const tiles: [label: string, n: number, share: string][] = [
    [words.rules.shown, shown, ''],
    [words.rules.accepted, outcomes.accepted ?? 0, of(outcomes.accepted ?? 0)],
    [words.rules.chats, chats, of(chats)],
    [words.rules.declined, outcomes.dismissed ?? 0, of(outcomes.dismissed ?? 0)],
    [words.rules.unanswered, outcomes.expired ?? 0, of(outcomes.expired ?? 0)],
    [words.rules.withdrawn, outcomes.withdrawn ?? 0, of(outcomes.withdrawn ?? 0)],
  ];
  if (outcomes.open) tiles.push([words.rules.open, outcomes.open, '']);
  return (
    <Section title={words.rules.offersTitle}>
      <dl class="tiles">
        {tiles.map(([label, n, share]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {formats.number(n)} {share && <span class="quiet">{share}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Compared({ results }: { results: Results }) {
  const { words } = useDesk();
  return (
    <Section title={words.rules.compared}>
      <Arms
        heading={words.rules.group}
        currency={results.currency}
        arms={[
          [words.rules.armShown, results.arms.shown],
          [words.rules.armControl, results.arms.control],
        ]}
      />
    </Section>
  );
}

function Wordings({ results }: { results: Results }) {
  const { words } = useDesk();
  return (
    <Section title={words.rules.variantsTitle}>
      <Arms
        heading={words.rules.variant}
        currency={results.currency}
        arms={Object.entries(results.variants)}
      />
    </Section>
  );
}

function Arms(props: {
  heading: string;
  currency: string;
  arms: readonly (readonly [name: string, arm: Arm])[];
}) {
  const { words, formats } = useDesk();
  const money = (minor: number) => formats.money(minor, props.currency);
  return (
    // It may be wider than a phone: then it scrolls by itself, by keyboard too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section class="table-frame" aria-label={props.heading} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{props.heading}</th>
            <th scope="col">{words.rules.people}</th>
            <th scope="col">{words.rules.buyers}</th>
            <th scope="col">{words.rules.orders}</th>
            <th scope="col">{words.rules.revenue}</th>
            <th scope="col">{words.rules.perPerson}</th>
          </tr>
        </thead>
        <tbody>
          {props.arms.map(([name, arm]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{formats.number(arm.people)}</td>
              <td>
                {formats.number(arm.buyers)}{' '}
                {arm.people > 0 && (
                  <span class="quiet">{formats.percent(arm.buyers / arm.people)}</span>
                )}
              </td>
              <td>{formats.number(arm.orders)}</td>
              <td>{money(arm.revenue_minor)}</td>
              <td>{arm.people > 0 ? money(arm.revenue_minor / arm.people) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
