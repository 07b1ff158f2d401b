// What is drawn over a shopper's page in the console: what the CSA has drawn, as the shopper sees it, the shopper's
// focus, and how far films are.

import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Spot } from '../../../web/core/messages';
import { outline, places } from '../../../web/core/pointing';
import type { Hand } from '../mirror/hand';
import type { Film } from '../mirror/placeholders';
import type { Drawn, Viewer } from '../mirror/viewer';
import { useDesk } from '../state';

interface Props {
  viewer: RefObject<Viewer | undefined>;
  page: Drawn;
}

/** How far each film is, over its poster. */
export function Films({ viewer, page }: Props) {
  const { words } = useDesk();
  const films = page.width ? (viewer.current?.films() ?? []) : [];
  return (
    <>
      {films.map((film, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they stand in the order of the page
        <FilmState key={at} film={film} words={words.placeholders.video} />
      ))}
    </>
  );
}

function FilmState({ film, words }: { film: Film; words: string }) {
  const label = useRef<HTMLElement>(null);
  const { left, top, width, height, state } = film;
  useEffect(() => {
    const { current } = label;
    if (!current) return;
    current.style.transform = `translate(${left}px, ${top + height}px) translateY(-100%)`;
    current.style.maxWidth = `${width}px`;
  });
  return (
    <span class="mirror-film" ref={label}>
      {words} · {state}
    </span>
  );
}

/** Its places are asked of the page again for each picture: it goes where its element goes. */
export function Drawings({ hand, viewer, page }: Props & { hand: Hand }) {
  const strokes = hand.drawn.value.filter(({ epoch }) => epoch === page.epoch);
  const line = ({ node, kind, path = [] }: Spot) => {
    const box = viewer.current?.boxOf(node);
    return box ? outline(kind, places(path, box)) : '';
  };
  return (
    <svg class="mirror-drawings" aria-hidden="true">
      {strokes.map((stroke) => (
        <g key={stroke.stroke}>
          <path d={line(stroke)} />
          <path d={line(stroke)} />
        </g>
      ))}
    </svg>
  );
}

/** Around the field or button that has the shopper's focus. */
export function FocusRing({ viewer, page }: Props) {
  const ring = useRef<HTMLElement>(null);
  const box = page.focus === undefined ? undefined : viewer.current?.boxOf(page.focus);
  const shown = box !== undefined && box.width > 0;
  useEffect(() => {
    const { current } = ring;
    if (!current || !box) return;
    current.style.transform = `translate(${box.left}px, ${box.top}px)`;
    current.style.width = `${box.width}px`;
    current.style.height = `${box.height}px`;
  });
  return <i class="mirror-focus" ref={ring} hidden={!shown} aria-hidden="true" />;
}
