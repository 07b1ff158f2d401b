// The shopper's page shared with a CSA: the recorder, loaded only once there is leave, and stopped within the same turn in
// which leave ends. Nothing of the page is read before. SPEC mirror.1, mirror.5.

import type { Author, ServerFrame, ShareLevel, Sharing } from '../core/messages';
import { reaches, standing } from '../core/sharing';
import { complain } from '../snippet/api';
import type { Recorder, RecorderPort, Shell } from '../snippet/shell';
import { type Guide, makeGuide } from './guide';
import { showPointer } from './pointer';
import type { Words } from './words';

export interface PageSharing {
  /** What stands now; a leave that has run out, or that has just been ended here, is none. */
  now(): Sharing;
  /** Whether this CSA may go so far on this page: asked for each thing that one does. SPEC share.3. */
  lets(csa: Author, level: ShareLevel): boolean;
  /** Gives leave to a CSA; "none" says no to their question or ends their leave, or, with no CSA, everything. */
  share(level: ShareLevel, to?: string): void;
  /** Lets be recorded what is seen, or says no to it, or ends it. */
  record(on: boolean): void;
  /** Looks again: after every change of room and link. */
  look(): void;
  /** What the CSA does on the page. */
  readonly guide: Guide;
}

export function sharePage(shell: Shell, words: Words): PageSharing {
  const { link, room } = shell;
  let recorder: Recorder | undefined;
  let loading: Promise<void> | undefined;
  let wasActive = false;
  /** What the server wants recorded now: it may have changed its mind before the recorder is here. */
  let wanted: ServerFrame | undefined;

  // The computer's clock may jump; what has been allowed goes on by the time that has passed.
  const monotonic_s = () => performance.now() / 1000;
  let ahead_s = link.now() - monotonic_s();
  const now = (): Sharing =>
    standing(room.view?.sharing ?? {}, room.pending, location.origin, monotonic_s() + ahead_s);
  const lets = ([role, id]: Author, level: ShareLevel) =>
    role === 'csa' &&
    !!now().grants?.some((grant) => grant.to[1] === id && reaches(grant.level, level));
  const isActive = () => link.status === 'live' && room.joined && !!now().grants;
  const guide = makeGuide(shell, words, { now, lets }, showPointer(shell.root), (epoch, node) =>
    recorder?.locate(epoch, node),
  );

  const port: RecorderPort = {
    room: () => room.id,
    send(frame) {
      if (isActive()) link.socket_?.send(frame);
    },
    waiting_bytes: () => (link.socket_ as WebSocket | undefined)?.bufferedAmount ?? 0,
  };

  function load(): Promise<void> {
    type Module = { makeRecorder(port: RecorderPort): Recorder };
    loading ??= (import(new URL(MIRROR_FILE, import.meta.url).href) as Promise<Module>)
      .then(({ makeRecorder }) => {
        recorder = makeRecorder(port);
      })
      .catch((error) => {
        loading = undefined;
        complain(error);
      });
    return loading;
  }

  function stop() {
    recorder?.stop();
    guide.stop();
  }

  /** Tells that this is the tab that the shopper looks at. */
  function comeToFront() {
    if (isActive() && document.visibilityState === 'visible')
      link.send({ t: 'front', room: room.id });
  }

  async function take(frame: ServerFrame) {
    switch (frame.t) {
      case 'joined':
        ahead_s = link.now() - monotonic_s();
        comeToFront();
        break;
      case 'record':
        guide.obey(frame);
        wanted = frame;
        if (!frame.on) stop();
        else if (isActive()) {
          await load();
          if (wanted === frame && isActive()) recorder?.record(frame);
        }
        break;
      case 'point':
      case 'act':
        guide.take(frame);
    }
  }

  const { frame } = link.options_;
  link.options_.frame = (each) => {
    frame?.(each);
    void take(each);
  };
  const life = new AbortController();
  document.addEventListener('visibilitychange', comeToFront, life);
  addEventListener('focus', comeToFront, life);

  return {
    now,
    lets,
    guide,
    share(level, to = '') {
      room.do({ k: 'share', level, to });
      // They have consented: the recorder comes while the server hears of it.
      if (level !== 'none') void load();
      if (!isActive()) stop();
    },
    record: (on) => void room.do({ k: 'let_record', on }),
    look() {
      const active = isActive();
      if (active && !wasActive) {
        void load();
        comeToFront();
      }
      if (!active && wasActive) stop();
      wasActive = active;
      guide.look();
      if (link.status === 'stopped') life.abort();
    },
  };
}
