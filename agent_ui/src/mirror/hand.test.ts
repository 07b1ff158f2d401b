import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Place } from '../../../web/core/pointing';
import { type Hand, makeHand } from './hand';
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
    fieldOf: (node: number) => ({ ...FIELD, node }),
  } as unknown as Viewer;
  const watching = {
    act: (step: unknown) => sent.push(step), // under the numbers 1, 2, ...
    point: (spot: { kind: string; node: number }) => sent.push(spot),
  } as unknown as Watching;
  return makeHand(() => viewer, watching);
}

function press(hand: Hand, at: Place) {
  hand.down('control', at);
  hand.up(at);
}

const did = (sent: unknown[]) =>
  (sent as { kind: string; node: number; text?: string }[]).map(
    ({ kind, node, text }) => `${kind} ${node}${text ? ` ${text}` : ''}`,
  );

test('mirror.8 steps go out in the order in which they were made', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  press(hand, [5, 5]);
  hand.type('se');
  hand.type('cond');
  press(hand, [5, 50]); // before the letters would have gone by themselves
  expect(did(sent)).toEqual(['click 7', 'type 7 second', 'click 8']);
  hand.type('nowhere');
  hand.wheel([5, 50], 0, 30);
  press(hand, [5, 5]);
  hand.type('a');
  hand.key('Enter');
  vi.advanceTimersByTime(1000);
  expect(did(sent).slice(3)).toEqual(['scroll 8', 'click 7', 'type 7 a', 'key 7 Enter']);
});

test('letters go together, and what is typed last is not kept', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  press(hand, [5, 5]);
  for (const letter of 'Zoë') hand.type(letter);
  expect(did(sent)).toEqual(['click 7']);
  vi.advanceTimersByTime(60);
  expect(did(sent)).toEqual(['click 7', 'type 7 Zoë']);
  hand.type('!');
  hand.letGo();
  expect(did(sent)).toEqual(['click 7', 'type 7 Zoë', 'type 7 !']);
});

test('a field is let go of when the page denies it, not when it denies what came before', () => {
  const hand = handOver([]);
  press(hand, [5, 50]);
  press(hand, [5, 5]);
  hand.answered({ t: 'outcome', room: 'r', n: 1, what: 'denied' });
  expect(hand.field.value?.node).toBe(7);
  hand.answered({ t: 'outcome', room: 'r', n: 2, what: 'denied' });
  expect(hand.field.value).toBeUndefined();
});

test('after Tab the field is the one with the focus, after as many as were pressed', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  hand.focused(9);
  press(hand, [5, 5]);
  hand.focused(9); // where the shopper goes, the hand does not
  expect(hand.field.value?.node).toBe(7);
  hand.type('a');
  hand.goOn(false);
  hand.goOn(false);
  hand.type('b'); // before the page has told: it knows what these letters are for
  hand.focused(9);
  expect(hand.field.value?.node).toBe(9);
  hand.focused(10);
  expect(hand.field.value?.node).toBe(10);
  hand.focused(11);
  expect(hand.field.value?.node).toBe(10);
  hand.goOn(true);
  expect(did(sent)).toEqual([
    'click 7',
    'type 7 a',
    'key 7 Tab',
    'key 7 Tab',
    'type 7 b',
    'key 10 BackTab',
  ]);
  hand.answered({ t: 'outcome', room: 'r', n: 0, what: 'paused' });
  hand.focused(12); // the shopper took it
  expect(hand.field.value?.node).toBe(10);
});

test('the laser pointer is shown now and then on its way, and where it stops', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  for (const y of [5, 50, 5, 50]) hand.move('laser', [5, y]);
  expect(did(sent)).toEqual(['laser 7']);
  vi.advanceTimersByTime(200);
  expect(did(sent)).toEqual(['laser 7', 'laser 8']);
  hand.move('laser', [5, 5]);
  hand.move('laser', [5, 50]);
  hand.leave('laser'); // it is nowhere now, and does not come back
  vi.advanceTimersByTime(200);
  expect(did(sent).slice(2)).toEqual(['laser 7', 'off 0']);
});

test('mirror.8 a press that goes on drags what it was on, and clicks nothing', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  hand.down('control', [5, 5]);
  hand.move('control', [8, 5]);
  hand.up([8, 5]);
  expect(did(sent)).toEqual(['laser 7', 'click 7']);
  sent.length = 0;
  hand.down('control', [5, 5]);
  for (const x of [20, 30, 40]) hand.move('control', [x, 50]);
  hand.up([60, 45]);
  const steps = (sent as { kind: string }[]).filter(({ kind }) => kind !== 'laser');
  expect(steps).toEqual([
    { kind: 'grab', epoch: 'e', node: 7, fx: 0.5, fy: 0.5 },
    { kind: 'drag', epoch: 'e', node: 7, dx: 15, dy: 45 },
    { kind: 'drop', epoch: 'e', node: 7, dx: 55, dy: 40 },
  ]);
});

test('mirror.8 hovering is told now and then, where it stops, and when it leaves', () => {
  const sent: unknown[] = [];
  const hand = handOver(sent);
  const hovered = () => did(sent).filter((each) => each.startsWith('hover'));
  for (const y of [5, 50, 5, 50]) hand.move('control', [5, y]);
  expect(hovered()).toEqual(['hover 7']);
  vi.advanceTimersByTime(1000);
  expect(hovered()).toEqual(['hover 7', 'hover 8']);
  hand.move('control', [5, 5]);
  hand.move('control', [5, 50]);
  hand.leave('control');
  vi.advanceTimersByTime(1000);
  expect(hovered()).toEqual(['hover 7', 'hover 8', 'hover 7', 'hover 0']);
});
