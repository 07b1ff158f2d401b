// Tabs: one is chosen by a click or with the arrow keys.

import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';

export function TabBar<Name extends string>(props: {
  names: readonly Name[];
  chosen: Name;
  onChoose: (name: Name) => void;
  /** What the tabs are of, for ears; and the id of the panel that they change. */
  label: string;
  controls: string;
  children: (name: Name) => ComponentChildren;
}) {
  const { names, chosen, onChoose } = props;
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const rtl = getComputedStyle(event.currentTarget).direction === 'rtl';
    const ahead = rtl ? 'ArrowLeft' : 'ArrowRight';
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const step = event.key === ahead ? 1 : -1;
    event.preventDefault();
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length] ?? chosen;
    onChoose(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab=${next}]`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
      {names.map((name) => (
        <button
          type="button"
          role="tab"
          key={name}
          data-tab={name}
          class={`tab tab-${name}`}
          aria-selected={chosen === name}
          aria-controls={props.controls}
          tabIndex={chosen === name ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {props.children(name)}
        </button>
      ))}
    </div>
  );
}
