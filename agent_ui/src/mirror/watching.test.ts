import { expect, test, vi } from 'vitest';
import type { Link } from '../../../web/core/link';
import type { OpenRoom } from '../open_room';
import { watch } from './watching';

test('mirror.4 a page that cannot be drawn is asked for later and later, not without end', () => {
  vi.useFakeTimers();
  const sent: unknown[] = [];
  const link = { send: (frame: unknown) => sent.push(frame), now: () => 0 } as unknown as Link;
  const grants = [{ to: ['csa', 'g'], level: 'view', expires_at: 9 }];
  const open = { id: 'r', view: { peek: () => ({ sharing: { grants } }) } } as unknown as OpenRoom;
  const watching = watch(link, ['csa', 'g', '']);
  watching.open(open);
  watching.listen(() => {});
  sent.length = 0;
  watching.again();
  vi.advanceTimersByTime(0);
  expect(sent).toEqual([{ t: 'watch', room: 'r', on: true }]);
  // Each answer misses as soon as it is there.
  for (let ms = 0; ms < 60_000; ms += 10) {
    watching.again();
    vi.advanceTimersByTime(10);
  }
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.length).toBeLessThan(14);
  vi.advanceTimersByTime(60_000);
  sent.length = 0;
  watching.again();
  vi.advanceTimersByTime(0);
  expect(sent).toHaveLength(1);
  vi.useRealTimers();
});
