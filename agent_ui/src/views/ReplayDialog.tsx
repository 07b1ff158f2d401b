// A recording, replayed in the frame of the mirror: what was masked then is masked now. SPEC record.4.

import { useEffect, useRef, useState } from 'preact/hooks';
import { careApi, type Recording } from '../care_api';
import type { PlaceholderWords } from '../mirror/placeholders';
import { type Shown, toDraw, unpackPart } from '../mirror/track';
import type { Drawn, Viewer } from '../mirror/viewer';
import { loadViewer } from '../mirror/watching';
import { useDesk } from '../state';
import { Dialog } from './Dialog';

const TICK_MS = 50;
const SPEEDS = [1, 2, 4] as const;

/** The recording's batches and the viewer, when both are there. */
async function open(
  recording: Recording,
  sheet: HTMLElement,
  words: PlaceholderWords,
  drawn: (page: Drawn) => void,
): Promise<{ viewer: Viewer; track: Shown[] }> {
  const { id, site, parts, started_at } = await careApi.recording(recording.id);
  const { makeViewer } = await loadViewer();
  const track: Shown[] = [];
  for (let number = 0; number < parts; number++) {
    track.push(...unpackPart(await careApi.part(id, number), started_at));
  }
  const viewer = await makeViewer(
    sheet,
    site,
    words,
    drawn,
    () => {},
    () => {},
  );
  return { viewer, track };
}

export function ReplayDialog({ recording }: { recording: Recording }) {
  const { words, formats, dialog } = useDesk();
  const { care } = words;
  const stage = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const opened = useRef<{ viewer: Viewer; track: Shown[]; drawn: number } | undefined>(undefined);
  const [length_s, setLength] = useState(0);
  const [at_s, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(SPEEDS[0]);
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');

  const show = (to_s: number) => {
    const held = opened.current;
    if (!held) return;
    const { frames, next } = toDraw(held.track, held.drawn, to_s);
    held.drawn = next;
    for (const frame of frames) void held.viewer.take(frame);
  };

  useEffect(() => {
    let gone = false;
    const fit = ({ width, height }: Drawn) => {
      const [box, page] = [stage.current, sheet.current];
      if (!box || !page || !width || !height) return;
      const scale = Math.min(1, box.clientWidth / width, box.clientHeight / height);
      page.style.width = `${width}px`;
      page.style.height = `${height}px`;
      page.style.transform = `scale(${scale})`;
    };
    if (sheet.current) {
      open(recording, sheet.current, words.placeholders, fit)
        .then(({ viewer, track }) => {
          if (gone) return viewer.destroy();
          opened.current = { viewer, track, drawn: 0 };
          setLength(track.at(-1)?.at_s ?? 0);
          setState('ready');
          setAt(track[0]?.at_s ?? 0);
          setPlaying(true);
        })
        .catch(() => setState('failed'));
    }
    return () => {
      gone = true;
      opened.current?.viewer.destroy();
      opened.current = undefined;
    };
  }, [recording.id]);

  useEffect(() => show(at_s), [at_s, state]);

  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      setAt((before) => Math.min(length_s, before + (TICK_MS / 1000) * speed));
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [playing, speed, length_s]);
  useEffect(() => {
    if (playing && at_s >= length_s) setPlaying(false);
  }, [at_s, playing, length_s]);

  const toggle = () => {
    if (!playing && at_s >= length_s) setAt(0);
    setPlaying(!playing);
  };
  return (
    <Dialog
      title={`${care.replayTitle} · ${formats.exact(recording.started_at)}`}
      onClose={() => {
        dialog.value = undefined;
      }}
    >
      <div class="replay">
        <div class="replay-stage" ref={stage}>
          <div class="mirror-sheet" ref={sheet} />
          {state !== 'ready' && (
            <p class="quiet mirror-wait" role="status">
              {state === 'failed' ? words.failed : care.loading}
            </p>
          )}
        </div>
        <div class="replay-bar">
          <button type="button" class="main" disabled={state !== 'ready'} onClick={toggle}>
            {playing ? care.pause : care.play}
          </button>
          <input
            type="range"
            min={0}
            max={length_s}
            step={0.1}
            value={at_s}
            disabled={state !== 'ready'}
            aria-label={care.position}
            aria-valuetext={formats.clock(at_s)}
            onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
          />
          <span class="clock">
            {formats.clock(at_s)} / {formats.clock(length_s)}
          </span>
          <label>
            {care.speed}{' '}
            <select
              value={String(speed)}
              onChange={(event) => setSpeed(Number(event.currentTarget.value))}
            >
              {SPEEDS.map((each) => (
                <option key={each} value={String(each)}>
                  {each} ×
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
    </Dialog>
  );
}
