// The box to write in: grows with the text, enter sends, shift and enter break the line.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { clip } from '../snippet/ga4';
import type { Context } from './context';
import { SendIcon } from './icons';

const MAX_TEXT_CHARS = 4000;
const COUNT_FROM = 3800;

export function Composer({ shell, words }: Context) {
  const { room, link, tab } = shell;
  const [text, setText] = useState(tab.get<string>('draft') ?? '');
  const box = useRef<HTMLTextAreaElement>(null);
  const left = MAX_TEXT_CHARS - text.length;
  const ready = text.trim() !== '' && left >= 0;

  useLayoutEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.blockSize = 'auto';
    area.style.blockSize = `${area.scrollHeight + 2}px`;
  }, [text]);

  const write = (next: string) => {
    setText(next);
    tab.put('draft', next || undefined);
    link.typing(room, next !== '');
  };
  const send = () => {
    if (!ready) return;
    shell.answer(true); // whoever writes while an offer is on show has taken it
    room.do({ k: 'say', text: clip(text.trim(), MAX_TEXT_CHARS) });
    write('');
    box.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        aria-label={words.message}
        aria-invalid={left < 0}
        placeholder={words.placeholder}
        enterkeyhint="send"
        value={text}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="main icon" aria-label={words.send} aria-disabled={!ready}>
        <SendIcon />
      </button>
      {text.length > COUNT_FROM && (
        <p class={left < 0 ? 'counter wrong' : 'counter'} role="status">
          {left < 0 ? words.tooLong(-left) : words.left(left)}
        </p>
      )}
    </form>
  );
}
