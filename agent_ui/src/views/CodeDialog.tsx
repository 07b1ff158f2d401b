// The six digits that somebody reads out on the telephone: they lead to their page, and ask to see it.

import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { careApi } from '../care_api';
import { useDesk } from '../state';
import { Dialog } from './Dialog';

const DIGITS = 6;

export function CodeDialog() {
  const desk = useDesk();
  const { words, dialog, watching } = desk;
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const digits = text.replace(/\D/g, '');
  const close = () => {
    dialog.value = undefined;
  };
  const join = async (event: Event) => {
    event.preventDefault();
    if (busy || digits.length !== DIGITS) return;
    setBusy(true);
    setWrong('');
    try {
      const { room } = await careApi.useCode(digits);
      close();
      desk.open(room);
      const opened = desk.room.peek();
      if (opened?.id === room) watching.open(opened);
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      const known = { wrong_code: words.care.wrongCode, too_many: words.care.tooMany }[code];
      setWrong(known ?? words.failed);
      setText('');
      setBusy(false);
    }
  };
  return (
    <Dialog title={words.care.codeTitle} onClose={close}>
      <form onSubmit={join}>
        <p id="code-how">{words.care.codeHow}</p>
        <label>
          {words.care.codeLabel}
          <input
            class="code"
            inputMode="numeric"
            autocomplete="off"
            maxLength={9}
            aria-describedby="code-how"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <p role="alert" class="wrong">
          {wrong}
        </p>
        <div class="dialog-steps">
          <button type="submit" class="main" disabled={busy || digits.length !== DIGITS}>
            {words.care.join}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
