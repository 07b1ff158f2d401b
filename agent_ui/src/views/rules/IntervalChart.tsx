// A difference with its bounds, drawn against nothing: to the right of the line people bought more.

import type { Conclusion, Interval } from '../../rules_api';
import { useDesk } from '../../state';

/** The scale shows at least so much on either side: one in a hundred must not look like a triumph. */
const LEAST = 0.02;

export function IntervalChart(props: {
  interval: Interval;
  conclusion: Conclusion;
  level: number;
}) {
  const { words, formats } = useDesk();
  const { value, low, high } = props.interval;
  const reach = 1.15 * Math.max(LEAST, Math.abs(low), Math.abs(high));
  const at = (share: number) => `${50 + (50 * share) / reach}%`;
  const points = (share: number) => formats.signed(100 * share, 1).replace('-', '−');
  const text = words.rules.upliftText(
    points(value),
    points(low),
    points(high),
    formats.percent(props.level),
  );
  return (
    <figure class={`interval ${props.conclusion}`}>
      <figcaption class="quiet">{words.rules.upliftTitle}</figcaption>
      <svg role="img" aria-label={text} width="100%" height="64">
        <line class="axis" x1="0" x2="100%" y1="28" y2="28" />
        <line class="nothing" x1="50%" x2="50%" y1="8" y2="48" />
        <line class="bounds" x1={at(low)} x2={at(high)} y1="28" y2="28" />
        <line class="end" x1={at(low)} x2={at(low)} y1="20" y2="36" />
        <line class="end" x1={at(high)} x2={at(high)} y1="20" y2="36" />
        <circle class="value" cx={at(value)} cy="28" r="6" />
        <text x="50%" y="62" text-anchor="middle">
          0
        </text>
        <text x={at(low)} y="14" text-anchor="middle">
          {points(low)}
        </text>
        <text x={at(high)} y="14" text-anchor="middle">
          {points(high)}
        </text>
      </svg>
    </figure>
  );
}
