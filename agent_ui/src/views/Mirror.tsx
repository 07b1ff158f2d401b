// The shopper's page beside the conversation: at its own size, scaled to fit, with their cursor and ours.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Mirrored, PageFile, RoomView } from '../../../web/core/messages';
import { reaches } from '../../../web/core/sharing';
import { type Hand, makeHand } from '../mirror/hand';
import type { Drawn, Viewer } from '../mirror/viewer';
import { isAsking, levelOf, loadViewer } from '../mirror/watching';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';
import { ControlBar } from './ControlBar';
import { Drawings, Films, FocusRing } from './MirrorMarks';
import { Stage } from './MirrorStage';
import { AskForMore, Toolbar } from './MirrorTools';
import { IconButton } from './small';

const NOTHING: Drawn = { width: 0, height: 0, epoch: '', cursor: undefined, focus: undefined };

export function Mirror({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words, watching } = desk;
  const stage = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const viewer = useRef<Viewer | undefined>(undefined);
  const [drawn, setDrawn] = useState<Drawn>(NOTHING);
  const [scale, setScale] = useState(1);
  const [failed, setFailed] = useState(false);
  const level = levelOf(view.sharing, desk.me, desk.coarse_now_s.value);
  const over = level === 'none';
  const mayPoint = reaches(level, 'point');
  const held = useRef<Hand | undefined>(undefined);
  held.current ??= makeHand(() => viewer.current, watching);
  const hand = held.current;

  useEffect(() => {
    if (over) watching.close();
  }, [over]);

  useEffect(() => hand.focused(drawn.focus), [drawn.focus]);

  // Not after the next frame: the shopper has agreed, and the page may come.
  useLayoutEffect(() => {
    let gone = false;
    // Asked for at once: the page comes on its way while the viewer is made.
    const early: (Mirrored | PageFile)[] = [];
    const stop = watching.listen((frame) => {
      if (viewer.current) void viewer.current.take(frame);
      else early.push(frame);
    });
    void loadViewer()
      .then(async ({ makeViewer }) => {
        if (gone || !sheet.current) return;
        const draw = (page: Drawn) => setDrawn({ ...page });
        const made = await makeViewer(
          sheet.current,
          desk.siteOf(room.id)?.key ?? '',
          words.placeholders,
          draw,
          watching.again,
          watching.anew,
        );
        if (gone) return made.destroy();
        viewer.current = made;
        for (const frame of early.splice(0)) void made.take(frame);
      })
      .catch(() => {
        stop();
        setFailed(true);
      });
    return () => {
      gone = true;
      stop();
      viewer.current?.destroy();
      viewer.current = undefined;
    };
  }, [room.id]);

  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const fit = () => {
      if (!drawn.width || !drawn.height) return;
      const { clientWidth, clientHeight } = element;
      setScale(Math.min(1, clientWidth / drawn.width, clientHeight / drawn.height));
    };
    fit();
    const watcher = new ResizeObserver(fit);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [drawn.width, drawn.height]);

  useEffect(() => {
    const { current } = sheet;
    if (!current) return;
    // Set here and not in the markup, which the console's policy keeps free of styles.
    current.style.width = `${drawn.width}px`;
    current.style.height = `${drawn.height}px`;
    current.style.transform = `scale(${scale})`;
  }, [drawn.width, drawn.height, scale]);

  const name = desk.nameIn(room);
  return (
    <section class="column mirror" aria-label={words.mirrorOf(name)}>
      <header class="column-head">
        <p class="head-text" dir="auto">
          {words.mirrorOf(name)}
        </p>
        {mayPoint && <Toolbar level={level} />}
        <AskForMore room={room} view={view} level={level} />
        <AskToRecord room={room} view={view} />
        <IconButton icon="close" label={words.closeMirror} onClick={watching.close} />
      </header>
      <div class="mirror-stage" ref={stage}>
        <Stage hand={hand} level={level} scale={scale} page={drawn} sheet={sheet}>
          <Drawings hand={hand} viewer={viewer} page={drawn} />
          <Films viewer={viewer} page={drawn} />
          <FocusRing viewer={viewer} page={drawn} />
          <Cursor page={drawn} scale={scale} />
        </Stage>
        {drawn.width === 0 && (
          <p class="quiet mirror-wait" role="status">
            {failed ? words.failed : words.mirrorComes}
          </p>
        )}
      </div>
      {mayPoint && <ControlBar room={room} view={view} hand={hand} name={name} />}
    </section>
  );
}

/** Says that what is seen is recorded, or asks the shopper for it where the site lets it. */
function AskToRecord({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words } = desk;
  const { recording, recording_asked } = view.sharing;
  if (recording) {
    return (
      <span class="recording-sign" role="status">
        ● {words.care.recording}
      </span>
    );
  }
  if (desk.siteOf(room.id)?.page_recording !== 'ask') return null;
  return (
    <button type="button" disabled={!!recording_asked} onClick={() => room.do({ k: 'ask_record' })}>
      {recording_asked ? words.askedShopper : words.care.askToRecord}
    </button>
  );
}

/** The shopper's pointer, as large as on their screen whatever the scale. */
function Cursor({ page: { cursor }, scale }: { page: Drawn; scale: number }) {
  const mark = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = mark;
    if (!current || !cursor) return;
    current.style.transform = `translate(${cursor.x}px, ${cursor.y}px) scale(${1 / scale})`;
  }, [cursor?.x, cursor?.y, scale]);
  return (
    <i
      ref={mark}
      class={cursor?.pressed ? 'mirror-cursor pressed' : 'mirror-cursor'}
      hidden={!cursor}
      aria-hidden="true"
    />
  );
}

/** The button that opens the page: asks for leave where there is none yet. */
export function SeePage({ room, view }: { room: OpenRoom; view: RoomView }) {
  const desk = useDesk();
  const { words, watching } = desk;
  const site = desk.siteOf(room.id);
  const level = levelOf(view.sharing, desk.me, desk.coarse_now_s.value);
  const { wanted } = watching;
  // Once the shopper agrees, what was asked for comes by itself, at once.
  useLayoutEffect(() => {
    if (level !== 'none' && wanted.peek() === room.id) watching.open(room);
  }, [level, room.id]);
  if (site?.page_sharing === 'never') return null;
  const waits = level === 'none' && isAsking(view.sharing, desk.me);
  return (
    <button
      type="button"
      data-focus="mirror"
      disabled={waits || watching.room.value === room.id}
      onClick={() => watching.open(room)}
    >
      {waits ? words.askedShopper : level === 'none' ? words.askToSee : words.seePage}
    </button>
  );
}
