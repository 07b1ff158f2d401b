// The smallest parts of the views: times, icons, the names of people and lines.

import type { ComponentChildren } from 'preact';
import type { Author, Item } from '../../../web/core/messages';
import type { Desk } from '../state';
import { useDesk } from '../state';

/** A moment as "2 min ago", exact on hover. */
export function When({ at }: { at: number }) {
  const { formats, coarse_now_s } = useDesk();
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={formats.exact(at)}>
      {formats.ago(at, coarse_now_s.value)}
    </time>
  );
}

/** A running time since a moment, ticking each second, exact start on hover. */
export function Clock({ since }: { since: number }) {
  const { formats, now_s } = useDesk();
  return (
    <time class="clock" title={formats.exact(since)}>
      {formats.clock(now_s.value - since)}
    </time>
  );
}

const PATHS = {
  back: 'M10 3 5 8l5 5',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.5 10.5 14 14',
  close: 'm4 4 8 8m0-8-8 8',
  out: 'M6 3H3v10h10v-3M9 3h4v4m0-4L7.5 8.5',
  minus: 'M3.5 8h9',
  plus: 'M3.5 8h9M8 3.5v9',
  cart: 'M2 3h1.6l1.6 7.2h6.6L13.5 5H4.2M6 13.2h.01M11 13.2h.01',
  rule: 'M3 4.5h6m2.5 0h1.5M3 11.5h1.5m2.5 0h6M9.2 2.7v3.6M6.8 9.7v3.6',
  talk: 'M2.5 3.5h11v7h-6l-3 2.6v-2.6h-2z',
} as const;

/** A drawn sign; always beside or inside something that has words. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}

export function IconButton(props: {
  icon: keyof typeof PATHS;
  label: string;
  onClick: () => void;
  class?: string;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ''}`}
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled ?? false}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** On or off; its words stand inside it, or its label is for ears. */
export function Switch(props: {
  on: boolean;
  onSwitch: (on: boolean) => void;
  label?: string;
  title?: string;
  disabled?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={props.on}
      aria-label={props.label}
      title={props.title}
      disabled={props.disabled ?? false}
      onClick={() => props.onSwitch(!props.on)}
    >
      <span class="switch-track" aria-hidden="true" />
      {props.children}
    </button>
  );
}

/** A part of a column with a heading of its own. */
export function Section(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`part ${props.class ?? ''}`}>
      <header class="part-head">
        <h3>{props.title}</h3>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** Who somebody is: "You", their name, or their role. */
export function authorName(desk: Desk, [role, id, name]: Author): string {
  if (role === 'csa' && id === desk.me[1]) return desk.words.you;
  if (name) return name;
  return role === 'server' ? desk.words.server : role === 'shopper' ? desk.words.shopper : 'CSA';
}

/** A line's name and options as text; its identifier where nobody has described it. */
export function lineName(items: Record<string, Item>, line: string): string {
  const item = items[line];
  if (!item?.name) return decodedLine(line);
  return item.variant ? `${item.name}, ${item.variant}` : item.name;
}

export function decodedLine(line: string): string {
  try {
    return decodeURIComponent(line);
  } catch {
    return line;
  }
}

/** A product's picture, or an empty frame of the same size. */
export function Picture({ src }: { src: string }) {
  return src ? (
    <img
      class="picture"
      src={src}
      alt=""
      width="44"
      height="44"
      loading="lazy"
      referrerpolicy="no-referrer"
    />
  ) : (
    <span class="picture" aria-hidden="true" />
  );
}
