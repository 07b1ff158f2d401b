// What changed between two texts; a sign beside each line, and not its colour alone.

import { changedLines } from '../../diff';
import { useDesk } from '../../state';

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

export function Difference({ before, after }: { before: string; after: string }) {
  const { words } = useDesk();
  if (before === after) return <p class="quiet">{words.rules.sameText}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <pre class="difference" dir="ltr" tabIndex={0}>
      {changedLines(before.trimEnd(), after.trimEnd()).map((line, index) => (
        <span key={index} class={line?.kind ?? 'left-out'}>
          {line ? (
            <>
              <span aria-hidden="true">{SIGNS[line.kind]} </span>
              {line.kind !== 'same' && (
                <span class="unseen">
                  {line.kind === 'added' ? words.rules.added : words.rules.dropped}:{' '}
                </span>
              )}
              {line.text}
            </>
          ) : (
            '⋯'
          )}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
