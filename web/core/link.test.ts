import { beforeEach, describe, expect, test } from 'vitest';
import type { Link, LinkOptions, Store } from './link';
import type { Fact, ServerFrame } from './messages';
import type { Pending, Saved } from './replica';
import {
  clock,
  entry,
  GINNY,
  joined,
  last,
  link,
  live,
  reset,
  say,
  sockets,
  texts,
  up,
  welcome,
} from './scripted.fixture';

beforeEach(reset);

describe('greeting', () => {
  test('wire.3 hello goes first, and the clock follows the server', () => {
    const made = live();
    expect(last().sent[0]).toEqual({
      t: 'hello',
      v: 1,
      role: 'shopper',
      site: 'shop',
      token: 'token',
    });
    expect(made.status).toBe('live');
    expect(made.now()).toBe(1050);
    expect(made.own?.id).toBe('r1');
  });

  test('wire.7 it comes back with its replica and position', () => {
    live({}, { position: ['e1', 4, 44] });
    last().onclose?.({ code: 1006 });
    clock.pass(1);
    last().onopen?.();
    expect(last().sent[0]).toMatchObject({ resume: 'resume-7', position: ['e1', 4, 44] });
  });

  test('a connection that is not welcomed in time is given up', () => {
    link().start();
    clock.pass(10);
    expect(last().closed).toBe(true);
    clock.pass(1);
    expect(sockets).toHaveLength(2);
  });
});

describe('operations', () => {
  test('wire.5 what is asked before the room is there is sent when it is, in order', () => {
    const made = link();
    made.own?.do(say('a'));
    made.own?.do(say('b'));
    made.start();
    up({ last: 3 });
    made.own?.do(say('c'));
    expect(texts(last().took('do'))).toEqual([
      [4, 'a'],
      [5, 'b'],
      [6, 'c'],
    ]);
  });

  test('wire.5 after a loss only what is not acknowledged is sent again, under its number', () => {
    const made = live();
    for (const text of ['a', 'b', 'c']) made.own?.do(say(text));
    last().hear({ t: 'news', room: 'r1', entries: [entry(1, 1, { k: 'said', text: 'a' })] });
    last().onclose?.({ code: 1006 });
    clock.pass(1);
    const tail = [entry(2, 2, { k: 'said', text: 'b' })];
    up({ tail, last: 2, position: ['e1', 2, 22] });
    expect(texts(last().took('do'))).toEqual([[3, 'c']]);
    expect(made.own?.confirmed?.conversation.messages.map((each) => each[3])).toEqual(['a', 'b']);
  });

  test('wire.5 another replica sends what is pending under new numbers', () => {
    const made = live({}, { last: 5 });
    made.own?.do(say('a'));
    last().onclose?.({ code: 1006 });
    clock.pass(1);
    up({ replica: 8, last: 0 });
    expect(texts(last().took('do'))).toEqual([[1, 'a']]);
  });

  test('room.4 a declined operation is reported once; a message stays until it is sent again', () => {
    const reported: Pending[] = [];
    const made = live({ refused: (_, pending) => reported.push(pending) });
    made.own?.do(say('a'));
    made.own?.do({ k: 'increment', line: '7', n: 1 });
    expect(made.own?.view?.cart.lines['7']).toBeDefined();
    const no = { k: 'declined', code: 'bound', message: 'no' } as const;
    last().hear({ t: 'news', room: 'r1', entries: [entry(1, 1, no), entry(2, 2, no)] });
    expect(reported.map(({ op, code }) => [op.k, code])).toEqual([
      ['say', 'bound'],
      ['increment', 'bound'],
    ]);
    expect(made.own?.view?.cart.lines).toEqual({});
    const [undelivered] = made.own?.pending ?? [];
    expect(undelivered).toMatchObject({ op: say('a'), state: 'refused', message: 'no' });
    made.own?.retry(undelivered as Pending);
    expect(texts(last().took('do').slice(-1))).toEqual([[3, 'a']]);
    expect(made.own?.pending).toHaveLength(1);
  });

  test('room.3 an operation out of order makes it come back, and send from the first', () => {
    const made = live();
    made.own?.do(say('a'));
    made.own?.do(say('b'));
    const gap = { t: 'refuse', room: 'r1', code: 'gap', message: '' } as const;
    last().hear({ ...gap, c: 1 });
    last().hear({ ...gap, c: 2 });
    expect(made.status).toBe('offline');
    clock.pass(1);
    expect(sockets).toHaveLength(2);
    up({ replica: 7, last: 0 });
    expect(texts(last().took('do'))).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  test('a pending cart change is shown before and after the log has it, never twice', () => {
    const made = live();
    const shown: (number | undefined)[] = [];
    const dispose = made.own?.subscribe(() => {
      const counts = made.own?.view?.cart.lines['7'] ?? {};
      shown.push(Object.values(counts).reduce((sum, [, n]) => sum + n, 0));
    });
    made.own?.do({ k: 'increment', line: '7', n: 2 });
    const delta = {
      lines: { '7': { '7.1': ['inc', 2, 1] as ['inc', number, number] } },
      context: { vector: {}, cloud: ['7.1'] },
    };
    const fact: Fact = { k: 'cart', delta, cause: 'increment', line: '7' };
    last().hear({ t: 'news', room: 'r1', entries: [entry(1, 1, fact)] });
    expect(shown).toEqual([2, 2]);
    expect(made.own?.view).toBe(made.own?.confirmed);
    dispose?.();
    made.own?.do({ k: 'increment', line: '7', n: 1 });
    expect(shown).toHaveLength(2);
  });

  test('wire.5 what is not acknowledged outlives the page', () => {
    let kept: string | undefined;
    const store: Store = {
      load: () => (kept ? (JSON.parse(kept) as Saved[]) : undefined),
      save: (saved) => {
        kept = JSON.stringify(saved);
      },
    };
    live({ store }).own?.do(say('a'));
    live({ store }, { last: 0 });
    expect(last().sent[0]).toMatchObject({ resume: 'resume-7' });
    expect(texts(last().took('do'))).toEqual([[1, 'a']]);
    live({ store }, { last: 1 });
    expect(last().took('do')).toEqual([]);
  });
});

describe('rooms of a CSA', () => {
  function console(more: Partial<LinkOptions> = {}): Link {
    const made = link({ role: 'csa', hello: () => ({}), ...more });
    made.start();
    last().onopen?.();
    last().hear(welcome(GINNY));
    return made;
  }

  test('wire.7 they are joined again after a loss', () => {
    const made = console();
    const room = made.join('r1');
    last().hear(joined());
    expect(room.joined).toBe(true);
    last().onclose?.({ code: 1006 });
    expect(room.joined).toBe(false);
    clock.pass(1);
    last().onopen?.();
    last().hear(welcome(GINNY));
    expect(last().took('join')).toEqual([
      { t: 'join', room: 'r1', resume: 'resume-7', position: ['e1', 0, 0] },
    ]);
  });

  test('wire.4 a gap in one room makes only that one be joined again', () => {
    const made = console();
    made.join('r1');
    last().hear(joined());
    last().hear({ t: 'news', room: 'r1', entries: [entry(3, 1, { k: 'hidden' }, 3)] });
    last().hear({ t: 'news', room: 'r1', entries: [entry(4, 1, { k: 'hidden' }, 3)] });
    expect(made.status).toBe('live');
    expect(last().took('join')).toHaveLength(2);
  });

  test('wire.5 a room is left when what was said in it is delivered', () => {
    const made = console();
    const room = made.join('r1');
    last().hear(joined());
    room.do(say('a'));
    made.leave('r1');
    expect(last().took('leave')).toEqual([]);
    const entries = [entry(1, 1, { k: 'said', text: 'a' }, 7, GINNY)];
    last().hear({ t: 'news', room: 'r1', entries });
    expect(last().took('leave')).toEqual([{ t: 'leave', room: 'r1' }]);
    expect(made.rooms.size).toBe(0);
  });

  test('wire.5 after a reload rooms come back only to deliver what is pending', () => {
    const base = { replica: 7, resume: 'x', last: 0 };
    const pending: Pending[] = [{ c: 1, at: 1, op: say('a'), state: 'sending' }];
    const saved = [
      { ...base, room: 'r1', pending },
      { ...base, room: 'r2', pending: [] },
    ];
    const made = console({ store: { load: () => saved, save: () => {} } });
    expect([...made.rooms.keys()]).toEqual(['r1']);
    last().hear(joined());
    expect(texts(last().took('do'))).toEqual([[1, 'a']]);
    last().hear({
      t: 'news',
      room: 'r1',
      entries: [entry(1, 1, { k: 'said', text: 'a' }, 7, GINNY)],
    });
    expect(made.rooms.size).toBe(0);
  });
});

describe('typing', () => {
  test('is said at most every 3 s, and ends by itself', () => {
    const made = live();
    const room = made.own;
    if (!room) throw new Error('a shopper has a room');
    for (let n = 0; n < 8; n++) {
      made.typing(room, true);
      clock.pass(0.5);
    }
    expect(last().took('typing')).toHaveLength(2);
    clock.pass(4);
    expect(last().took('typing').at(-1)).toEqual({ t: 'typing', room: 'r1', on: false });
    made.typing(room, false);
    expect(last().took('typing')).toHaveLength(3);
  });

  test('of others is shown until they speak, stop, or 6 s have passed', () => {
    const made = live();
    const on: ServerFrame = { t: 'typing', room: 'r1', by: GINNY, on: true };
    last().hear(on);
    last().hear(on);
    expect(made.own?.typing).toEqual([GINNY]);
    last().hear({ ...on, on: false });
    expect(made.own?.typing).toEqual([]);
    last().hear(on);
    const entries = [entry(1, 1, { k: 'said', text: 'a' }, 3, GINNY)];
    last().hear({ t: 'news', room: 'r1', entries });
    expect(made.own?.typing).toEqual([]);
    last().hear(on);
    clock.pass(6);
    expect(made.own?.typing).toEqual([]);
  });
});
