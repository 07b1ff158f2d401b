// Who changed what in the basket, newest first, the other side's changes with an undo; and what the shop would not do.

import { bump } from '../core/cart';
import type { Change } from '../core/messages';
import { type Context, itemOf, nameOf } from './context';
import { clock, exact } from './format';

const MAX_SHOWN = 12;

/** What a change was, in words; `short` leaves the line's name away. */
export function ChangeText({
  change,
  short,
  ...context
}: { change: Change; short?: boolean } & Context) {
  const { words, view } = context;
  const [, , by, line, before, after] = change;
  const who = nameOf(words, by);
  const { name } = itemOf(view, line);
  if (before > 0 && after > 0) {
    return (
      <>{short ? words.changedIt(who, before, after) : words.changed(who, before, after, name)}</>
    );
  }
  if (after === 0) return <>{words.removedLine(who, name)}</>;
  return <>{short ? words.addedIt(who) : words.addedLine(who, after, name)}</>;
}

export const isUndone = ({ view }: Context, [offset]: Change): boolean =>
  view?.changes.some((other) => other[6] === offset) ?? false;

/** Takes the change back: adds what it took, or takes what it added. */
export function UndoButton({ change, ...context }: { change: Change } & Context) {
  const { shell, words, view } = context;
  const [offset, , , line, before, after] = change;
  const undo = () => {
    const op = bump(view?.cart ?? {}, line, before - after);
    if (op.k === 'increment' || op.k === 'set') shell.room.do({ ...op, undoes: offset });
  };
  return (
    <button type="button" class="plain" onClick={undo}>
      {words.undo}
      <span class="quiet">
        : <ChangeText change={change} {...context} />
      </span>
    </button>
  );
}

/**
 * The changes worth a row: one that took another back is told by that one ("Undone"), and the shopper's own clicks on one
 * line are one change.
 */
export function told(changes: readonly Change[]): Change[] {
  const rows: Change[] = [];
  for (const change of changes) {
    const [offset, at, by, line, , after, undoes] = change;
    if (undoes && changes.some((other) => other[0] === undoes)) continue;
    const [, , lastBy, lastLine, before] = rows.at(-1) ?? [];
    const again = by[0] === 'shopper' && lastBy?.[0] === 'shopper' && line === lastLine;
    if (again) rows.pop();
    rows.push(again ? [offset, at, by, line, before ?? 0, after, 0] : change);
  }
  return rows.filter(([, , , , before, after]) => before !== after);
}

export function Activity(context: Context) {
  const { shell, words, view } = context;
  const { locale } = shell;
  const rows = [
    ...told(view?.changes ?? []).map((change) => ({ at: change[1], change })),
    ...shell.notices.map((notice) => ({ at: notice.at, notice })),
  ]
    .sort((a, b) => b.at - a.at)
    .slice(0, MAX_SHOWN);
  return (
    <section class="activity" aria-label={words.activity}>
      <h3>{words.activity}</h3>
      <ul>
        {rows.map((row) => (
          <li key={'change' in row ? `c${row.change[0]}` : `n${row.at}`}>
            <i class={`mark ${'change' in row ? row.change[2][0] : 'refusal'}`} />
            <span>
              {'change' in row ? (
                <>
                  <ChangeText change={row.change} {...context} />
                  {row.change[2][0] !== 'shopper' && (
                    <>
                      {'\u00a0· '}
                      {isUndone(context, row.change) ? (
                        words.undone
                      ) : (
                        <UndoButton change={row.change} {...context} />
                      )}
                    </>
                  )}
                </>
              ) : (
                words.refused(
                  itemOf(view, row.notice.item.line).name,
                  row.notice.reason || words.refusedPlain,
                )
              )}
            </span>
            <time title={exact(row.at, locale)}>{clock(row.at, locale)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}
