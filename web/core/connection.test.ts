import { beforeEach, describe, expect, test } from 'vitest';
import { clock, entry, GINNY, last, link, live, reset, say, sockets, up } from './scripted.fixture';

beforeEach(reset);

describe('coming back', () => {
  test('wire.8 it waits longer and longer, up to 20 s, and at most as long as is said', () => {
    const made = link();
    made.start();
    const waits: number[] = [];
    for (let n = 0; n < 7; n++) {
      last().onclose?.({ code: 1006 });
      waits.push((made.retryAt ?? 0) - clock.now);
      clock.pass(waits[n] ?? 0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 20, 20]);
    const soonest = live({ random: () => 0 });
    last().onclose?.({ code: 4004 });
    expect((soonest.retryAt ?? 0) - clock.now).toBe(0.5);
  });

  test('wire.8 a connection that lasted starts the waits anew; one that did not does not', () => {
    const made = live();
    last().onclose?.({ code: 1006 });
    clock.pass(1);
    up();
    last().onclose?.({ code: 1006 });
    expect((made.retryAt ?? 0) - clock.now).toBe(2);
    clock.pass(2);
    up();
    clock.pass(6);
    last().onclose?.({ code: 1006 });
    expect((made.retryAt ?? 0) - clock.now).toBe(1);
  });

  test('it says since when it is not live, whatever it tries', () => {
    const made = live();
    clock.pass(7);
    last().onclose?.({ code: 1006 });
    clock.pass(1);
    last().onclose?.({ code: 1006 });
    clock.pass(2);
    expect([made.status, made.since]).toEqual(['connecting', 1007]);
  });

  test('wire.9 a code from 4500 stops it; start begins anew', () => {
    const made = live();
    last().onclose?.({ code: 4503 });
    clock.pass(100);
    expect([made.status, made.code, sockets.length]).toEqual(['stopped', 4503, 1]);
    made.start();
    expect(sockets).toHaveLength(2);
  });

  test('wire.9 what stops it is told with the server’s reason, what does not is not', () => {
    const told: (string | undefined)[] = [];
    const made = live({ stopped: (why) => told.push(why) });
    last().onclose?.({ code: 4001, reason: 'too slow' });
    clock.pass(1);
    last().onclose?.({ code: 4504, reason: 'expected the key of a site in data-site' });
    made.stop();
    expect(told).toEqual(['expected the key of a site in data-site']);
  });

  test('wire.9 a bad token is forgotten once, with the replica but not with what is pending', () => {
    let forgotten = 0;
    const made = live({ forget: () => forgotten++ });
    made.own?.do(say('a'));
    last().onclose?.({ code: 4500 });
    clock.pass(1);
    last().onopen?.();
    expect(last().sent[0]).not.toHaveProperty('resume');
    expect(made.own?.pending).toHaveLength(1);
    last().onclose?.({ code: 4500 });
    expect([made.status, forgotten]).toEqual(['stopped', 1]);
  });

  test('wire.9 what a server could not read is not sent to it again, nor is a message lost', () => {
    const reported: string[] = [];
    const made = live({ refused: (_, { op }) => reported.push(op.k) });
    made.own?.do(say('a'));
    made.own?.do({ k: 'take' });
    last().onclose?.({ code: 4501 });
    expect([made.status, reported]).toEqual(['stopped', ['say', 'take']]);
    expect(made.own?.pending).toMatchObject([{ op: say('a'), state: 'refused' }]);
    made.start();
    up();
    expect(last().took('do')).toEqual([]);
  });

  test('wire.9 a tab whose life another has taken begins one of its own', () => {
    const made = live();
    made.own?.do(say('a'));
    last().onclose?.({ code: 4005 });
    clock.pass(1);
    last().onopen?.();
    expect(last().sent[0]).not.toHaveProperty('resume');
    expect(made.own?.pending).toEqual([]);
  });

  test('wire.4 two beats without a word and it comes back', () => {
    const made = live();
    clock.pass(20);
    expect(last().took('beat')).toHaveLength(1);
    last().hear({ t: 'beat', tops: {}, available: false });
    expect(made.available).toBe(false);
    clock.pass(40);
    expect(made.status).toBe('live');
    clock.pass(20);
    expect(made.status).toBe('offline');
  });

  test('wake retries at once, and soon finds out whether a connection is dead', () => {
    const made = live();
    made.wake();
    expect(last().took('beat')).toHaveLength(1);
    clock.pass(4);
    last().hear({ t: 'beat', tops: {}, available: true });
    clock.pass(10);
    expect(made.status).toBe('live');
    made.wake();
    clock.pass(5);
    expect(made.status).toBe('offline');
    made.wake();
    expect(made.status).toBe('connecting');
  });

  test('wire.8 when the server drains it comes back after the time that it was given', () => {
    const made = live();
    last().hear({ t: 'drain', after_s: 12.5 });
    clock.pass(12);
    expect(sockets).toHaveLength(1);
    clock.pass(1);
    expect([made.status, sockets.length, sockets[0]?.closed]).toEqual(['connecting', 2, true]);
  });
});

describe('gaps', () => {
  const top = (offset: number, hash = offset * 11, epoch = 'e1') =>
    last().hear({ t: 'beat', tops: { r1: [epoch, offset, hash] }, available: true });

  test('wire.6 entries before the next are missing: it comes back', () => {
    const made = live();
    last().hear({ t: 'news', room: 'r1', entries: [entry(2, 1, { k: 'hidden' }, 3)] });
    expect(made.status).toBe('offline');
  });

  test('wire.6 the same entries again change nothing', () => {
    const made = live();
    const entries = [entry(1, 1, { k: 'said', text: 'a' }, 3, GINNY)];
    last().hear({ t: 'news', room: 'r1', entries });
    last().hear({ t: 'news', room: 'r1', entries });
    expect(made.own?.view?.conversation.messages).toHaveLength(1);
  });

  test('wire.4 a top that is ahead is waited for, shortly', () => {
    const made = live();
    top(1);
    last().hear({ t: 'news', room: 'r1', entries: [entry(1, 1, { k: 'hidden' }, 3)] });
    clock.pass(2);
    expect(made.status).toBe('live');
    top(2);
    clock.pass(1);
    expect(made.status).toBe('offline');
  });

  test('wire.4 a shorter log means another log', () => {
    const made = live({}, { position: ['e1', 4, 44] });
    top(4);
    expect(made.status).toBe('live');
    top(3);
    expect(made.status).toBe('offline');
  });

  test.each([
    ['another hash', 0, 5, 'e1'],
    ['another epoch', 0, 0, 'e2'],
  ])('wire.4 %s means another log', (_, offset, hash, epoch) => {
    const made = live();
    top(0);
    expect(made.status).toBe('live');
    top(offset, hash, epoch);
    expect(made.status).toBe('offline');
  });
});
