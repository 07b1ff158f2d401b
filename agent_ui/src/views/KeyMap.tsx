// The keyboard map, from the table that the keyboard itself obeys.

import { BINDINGS, keySign } from '../keys';
import { useDesk } from '../state';
import { Dialog } from './Dialog';

export function KeyMap() {
  const { words, dialog } = useDesk();
  return (
    <Dialog
      title={words.keys}
      onClose={() => {
        dialog.value = undefined;
      }}
    >
      <dl class="keys">
        {BINDINGS.map(({ keys, command }) => (
          <div key={command}>
            <dt>
              {keys.map((key, index) => (
                <>
                  {index > 0 && ` ${words.or} `}
                  <kbd>{keySign(key)}</kbd>
                </>
              ))}
            </dt>
            <dd>{words.commands[command]}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
