// The box to write in: enter sends, shift and enter breaks the line, a draft is never lost.

import { useSignal } from '@preact/signals';
import type { TargetedKeyboardEvent } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { draft, keepDraft } from '../drafts';
import type { OpenRoom } from '../open_room';
import { useDesk } from '../state';

const MAX_TEXT_CHARS = 4000;
const COUNT_BELOW_CHARS = 200;

/** The wire counts code points, a field counts UTF-16 units: an emoji is one there and two here. */
const countOf = (text: string) => [...text].length;

export function Composer({ room }: { room: OpenRoom }) {
  const { words, nameIn } = useDesk();
  return (
    <WritingBox
      draftName={`${room.id}/say`}
      label={words.replyTo(nameIn(room))}
      placeholder={words.reply}
      send={words.send}
      max_chars={MAX_TEXT_CHARS}
      onInput={(text) => room.type(text !== '')}
      onSend={(text) => {
        room.scroll_top_px = undefined; // what I say I want to see
        room.do({ k: 'say', text });
        room.type(false);
      }}
    />
  );
}

export function WritingBox(props: {
  draftName: string;
  label: string;
  placeholder: string;
  send: string;
  max_chars: number;
  disabled?: boolean;
  onInput?: (text: string) => void;
  onSend: (text: string) => void;
}) {
  const { words } = useDesk();
  const text = useSignal(draft(props.draftName));
  const field = useRef<HTMLTextAreaElement>(null);
  const left = props.max_chars - countOf(text.value);
  const ready = text.value.trim() !== '' && left >= 0 && !props.disabled;

  // As high as its text, up to what the style sheet allows.
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.blockSize = 'auto';
    box.style.blockSize = `${box.scrollHeight + 2}px`;
  }, [text.value]);

  const write = (next: string) => {
    text.value = next;
    keepDraft(props.draftName, next);
  };
  const send = () => {
    if (!ready) return;
    props.onSend(text.value.trim());
    write('');
    field.current?.focus();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
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
        ref={field}
        rows={1}
        dir="auto"
        data-focus="composer"
        aria-label={props.label}
        aria-keyshortcuts="r"
        placeholder={props.placeholder}
        title={words.sendHint}
        value={text.value}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          write(event.currentTarget.value);
          props.onInput?.(event.currentTarget.value);
        }}
      />
      <button type="submit" class="primary" disabled={!ready}>
        {props.send}
      </button>
      {left < COUNT_BELOW_CHARS && (
        <p class={`left ${left < 0 ? 'wrong' : ''}`} role="status">
          {words.charactersLeft(left)}
        </p>
      )}
    </form>
  );
}
