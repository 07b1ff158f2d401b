// The shopper's page shared with a CSA: the recorder, loaded only once there is leave, and stopped within the same turn in
// which leave ends. Nothing of the page is read before. SPEC mirror.1, mirror.5.

import type { ServerFrame, ShareLevel, Sharing } from '../core/messages';
import { complain } from '../snippet/api';
import type { Recorder, RecorderPort, Shell } from '../snippet/shell';
import { showPointer } from './pointer';

export interface PageSharing {
  /** What stands now; a leave that has run out, or that has just been ended here, is none. */
  now(): Sharing;
  /** Gives leave to a CSA, or ends it with "none". */
  share(level: ShareLevel, to?: string): void;
  /** Looks again: after every change of room and link. */
  look(): void;
}

export function sharePage(shell: Shell): PageSharing {
  const { link, room } = shell;
  const pointer = showPointer(shell.root);
  let recorder: Recorder | undefined;
  let loading: Promise<void> | undefined;
  let ended_at = 0;
  let wasActive = false;

  const now = (): Sharing => {
    const sharing = room.view?.sharing ?? {};
    const over = (sharing.expires_at ?? 0) <= link.now() || (sharing.at ?? 0) < ended_at;
    if (!sharing.to || !over) return sharing;
    const { asked, asked_level } = sharing;
    return { ...(asked && { asked }), ...(asked_level && { asked_level }) };
  };
  const isActive = () => link.status === 'live' && room.joined && !!now().to;

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
    pointer.hide();
  }

  /** Tells that this is the tab that the shopper looks at. */
  function comeToFront() {
    if (isActive() && document.visibilityState === 'visible')
      link.send({ t: 'front', room: room.id });
  }

  async function take(frame: ServerFrame) {
    switch (frame.t) {
      case 'joined':
        comeToFront();
        break;
      case 'record':
        if (!frame.on) stop();
        else if (isActive()) {
          await load();
          if (isActive()) recorder?.record(frame.rules ?? [], frame.catalogue ?? true);
        }
        break;
      case 'point': {
        const target = recorder?.locate(frame.epoch, frame.node);
        if (target && now().level === 'point') pointer.show(frame, target);
        else pointer.hide();
      }
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
    share(level, to = '') {
      if (level === 'none') {
        ended_at = link.now();
        stop();
      }
      room.do({ k: 'share', level, to });
    },
    look() {
      const active = isActive();
      if (active && !wasActive) {
        void load();
        comeToFront();
      }
      if (!active && wasActive) stop();
      wasActive = active;
      if (link.status === 'stopped') life.abort();
    },
  };
}
