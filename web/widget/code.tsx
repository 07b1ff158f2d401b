// Six digits to read out on the telephone: whoever is at the other end then asks to see the page, like anybody. SPEC code.

import { useSignal } from '@preact/signals';
import { complain } from '../snippet/api';
import type { Shell } from '../snippet/shell';
import type { PageSharing } from './sharing';
import type { Words } from './words';

interface Code {
  digits: string;
  expires_at: number;
}

/** A new code of this visitor's. Raises what `fetch` raises, and for a refusal. */
async function askForCode({ link }: Shell): Promise<Code> {
  const { site, token } = link.options_.hello();
  // As plain text, so that the browser sends it without asking the server first whether it may.
  const answer = await fetch(link.options_.url.replace(/^ws/, 'http').replace(/live$/, 'code'), {
    method: 'POST',
    body: JSON.stringify({ site, token }),
  });
  if (!answer.ok) throw new Error(`expected a code, got ${answer.status}`);
  const { digits, valid_s } = (await answer.json()) as { digits: string; valid_s: number };
  return { digits, expires_at: link.now() + valid_s };
}

/** The way to a code, and the code while it is good. */
export function PhoneCode(props: {
  shell: Shell;
  words: Words;
  sharing: PageSharing;
  now: number;
}) {
  const { shell, words, sharing, now } = props;
  const code = useSignal<Code | undefined>(undefined);
  const state = useSignal<'' | 'busy' | 'failed'>('');
  const { grants, asks } = sharing.now();
  const { conversation } = shell.room.view ?? {};
  const talking = conversation?.status === 'open';
  if (grants || asks || talking || shell.link.sites[0]?.page_sharing !== 'ask') {
    code.value = undefined;
    return null;
  }
  const ask = async () => {
    state.value = 'busy';
    try {
      code.value = await askForCode(shell);
      state.value = '';
    } catch (error) {
      complain(error);
      state.value = 'failed';
    }
  };
  const { digits, expires_at } = code.value ?? { digits: '', expires_at: 0 };
  const good = expires_at > now;
  return (
    <div class="leave given code" role="status">
      {good && (
        <p>
          {words.readOut}{' '}
          <b aria-hidden="true">
            {digits.slice(0, 3)} {digits.slice(3)}
          </b>
          <span class="quiet">{[...digits].join(' ')}</span>
        </p>
      )}
      {state.value === 'failed' && <p>{words.noCode}</p>}
      <button type="button" class="plain" disabled={state.value === 'busy'} onClick={ask}>
        {good ? words.newCode : words.onThePhone}
      </button>
    </div>
  );
}
