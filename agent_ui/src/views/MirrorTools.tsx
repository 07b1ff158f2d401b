// What a CSA can take in hand over a shopper's page, and the button that asks for more leave.

import type { RoomView, ShareLevel } from '../../../web/core/messages';
import { reaches } from '../../../web/core/sharing';
import { BINDINGS, keySign } from '../keys';
import { levelFor, nextLevel, TOOLS, type Tool } from '../mirror/tools';
import { isAsking } from '../mirror/watching';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';

const SIGNS: Record<Tool, string> = {
  laser: 'M8 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3ZM8 1.5v2.5m0 8v2.5M1.5 8H4m8 0h2.5',
  mark: 'M2.5 5.5v-3h3m5 0h3v3m0 5v3h-3m-5 0h-3v-3M6 8h4',
  pen: 'm2.5 13.5.8-3.2 7.6-7.6 2.4 2.4-7.6 7.6zM9.4 4.2l2.4 2.4',
  arrow: 'M2.5 13.5 13 3M6.5 2.5h7v7',
  box: 'M2.5 4h11v8h-11z',
  look: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4Z',
  control: 'm3 2 9.5 5.2-4.2 1.2-1.8 4.1zM8.6 8.8l3.6 4.2',
};

const keyOf = (tool: Tool) => BINDINGS.find(({ command }) => command === tool)?.keys[0] ?? '';

export function Toolbar({ level }: { level: ShareLevel }) {
  const { words, watching } = useDesk();
  const tools = TOOLS.filter((tool) => reaches(level, levelFor(tool)));
  const held = watching.tool.value;
  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tools[(tools.indexOf(held) + step + tools.length) % tools.length] as Tool;
    watching.tool.value = next;
    event.currentTarget.querySelector<HTMLElement>(`[data-tool=${next}]`)?.focus();
  };
  return (
    <div class="tools" role="radiogroup" aria-label={words.tools} onKeyDown={move}>
      {tools.map((tool) => (
        // biome-ignore lint/a11y/useSemanticElements: a radio of its own would show a circle beside each sign
        <button
          key={tool}
          type="button"
          role="radio"
          class="icon-button"
          data-tool={tool}
          aria-checked={held === tool}
          tabIndex={held === tool ? 0 : -1}
          aria-label={words.commands[tool]}
          aria-keyshortcuts={keyOf(tool)}
          title={words.toolKey(words.commands[tool], keySign(keyOf(tool)))}
          onClick={() => {
            watching.tool.value = tool;
          }}
        >
          <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d={SIGNS[tool]} fill="none" stroke="currentColor" stroke-width="1.5" />
          </svg>
        </button>
      ))}
    </div>
  );
}

/** Each level is asked for by itself. */
export function AskForMore(props: { room: OpenRoom; view: RoomView; level: ShareLevel }) {
  const { words, watching, me } = useDesk();
  const { room, view, level } = props;
  const next = nextLevel(level);
  if (next !== 'point' && next !== 'control') return null;
  const asked = isAsking(view.sharing, me);
  return (
    <button type="button" disabled={asked} onClick={() => watching.ask(room, next)}>
      {asked ? words.askedShopper : next === 'point' ? words.askToPoint : words.askToControl}
    </button>
  );
}
