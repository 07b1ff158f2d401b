// What stands of the shopper's leave to see their page, on one of their pages at a moment. SPEC share.3, share.5.

import type { ShareLevel, Sharing } from './messages';
import type { Pending } from './replica';

const LEVELS: readonly ShareLevel[] = ['none', 'view', 'point', 'control'];

/** Whether a level holds another. */
export const reaches = (level: ShareLevel, wanted: ShareLevel): boolean =>
  LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);

/**
 * What stands: without leaves that have run out or are for pages of another origin, and without what the shopper has
 * ended here though the server may not know it yet. Empty lists are left out.
 */
export function standing(
  sharing: Sharing,
  pending: readonly Pending[],
  origin: string,
  now_s: number,
): Sharing {
  const ended = pending.flatMap(({ op, state }) =>
    op.k === 'share' && op.level === 'none' && state === 'sending' ? [op.to ?? ''] : [],
  );
  if (ended.includes('')) return {};
  const all_asks = sharing.asks ?? [];
  const asks = all_asks.filter(({ by }) => !ended.includes(by[1]));
  const grants = (sharing.grants ?? [])
    .filter(
      ({ to, ...grant }) =>
        grant.expires_at > now_s &&
        grant.origin === origin &&
        (!ended.includes(to[1]) || all_asks.some(({ by }) => by[1] === to[1])),
    )
    // What the shopper has taken back counts at once.
    .map((grant) => {
      const less = pending.find(
        ({ op, state }) =>
          op.k === 'share' &&
          op.to === grant.to[1] &&
          state === 'sending' &&
          !reaches(op.level, grant.level),
      )?.op;
      return less?.k === 'share' && less.level !== 'none' ? { ...grant, level: less.level } : grant;
    });
  const { recording, recording_asked } = sharing;
  const stopped = pending.some(({ op, state }) => op.k === 'let_record' && state === 'sending');
  return {
    ...(asks.length && { asks }),
    ...(grants.length && { grants }),
    ...(recording && grants.length && !stopped && { recording }),
    ...(recording_asked && grants.length && !stopped && { recording_asked }),
  };
}
