import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeHand } from './hand';
import type { PageField, Viewer } from './viewer';
import type { Watching } from './watching';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const FIELD: PageField = { epoch: 'e', node: 7, kind: 'text', type: '', options: [] };

/** A page of one field, at its top, and of buttons below. */
function handOver(sent: unknown[]) {
  const viewer = {
    spotAt: (_x: number, y: number) => ({ epoch: 'e', node: y < 10 ? 7 : 8, fx: 0.5, fy: 0.5 }),
    fieldAt: (_x: number, y: number) => (y < 10 ? { ...FIELD } : undefined),
  } as unknown as Viewer;
  const watching = {
    act: (step: unknown) => sent.push(step),
    point: () => {},
  } as unknown as Watching;
  return makeHand(() => viewer, watching);
}

const did = (sent: unknown[]) =>
  (sent as { kind: string; node: number; text?: string }[]).map(
    ({ kind, node, text }) => `${kind} ${node}${text ? ` ${text}` : ''}`,
  );

test('mirror.8 steps go out in the order in which they were made', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  hand.down('control', [5, 5]);
  hand.type('se');
  hand.type('cond');
  hand.down('control', [5, 50]); // before the letters would have gone by themselves
  expect(did(sent)).toEqual(['click 7', 'type 7 second', 'click 8']);
  hand.type('nowhere');
  hand.wheel([5, 50], 0, 30);
  hand.down('control', [5, 5]);
  hand.type('a');
  hand.key('Enter');
  vi.advanceTimersByTime(1000);
  expect(did(sent).slice(3)).toEqual(['scroll 8', 'click 7', 'type 7 a', 'key 7 Enter']);
});

test('letters go together, and what is typed last is not kept', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  hand.down('control', [5, 5]);
  for (const letter of 'Zoë') hand.type(letter);
  expect(did(sent)).toEqual(['click 7']);
  vi.advanceTimersByTime(60);
  expect(did(sent)).toEqual(['click 7', 'type 7 Zoë']);
  hand.type('!');
  hand.letGo();
  expect(did(sent)).toEqual(['click 7', 'type 7 Zoë', 'type 7 !']);
});
