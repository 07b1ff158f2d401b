// The console's composition: who is signed in, in which language, connected to what.

import './console.css';
import { render } from 'preact';
import { wearAccent } from './accent';
import { ApiError, api } from './api';
import { obeyKeyboard } from './commands';
import { formats } from './format';
import { rulesApi } from './rules_api';
import { createDesk, DeskContext } from './state';
import { Console } from './views/Console';
import { wordsFor } from './words';

const SIGN_IN = '/console/sign-in';

async function start(root: Element): Promise<void> {
  const { words, lang } = wordsFor(navigator.languages);
  document.documentElement.lang = lang;
  try {
    const { agent, sites } = await api.me();
    wearAccent(
      sites.map((site) => site.accent),
      document.documentElement.style,
    );
    const desk = createDesk({
      words,
      formats: formats(localeFor(lang)),
      api,
      rulesApi,
      agent,
      sites,
      url: new URL('/live', location.href).href.replace(/^http/, 'ws'),
    });
    obeyKeyboard(desk);
    root.replaceChildren();
    render(
      <DeskContext.Provider value={desk}>
        <Console />
      </DeskContext.Provider>,
      root,
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      location.assign(SIGN_IN);
      return;
    }
    render(
      <main class="plain">
        <div class="sign-in" role="alert">
          <h1>{words.loadFailed}</h1>
          <p>{words.failed}</p>
          <button type="button" class="primary" onClick={() => location.reload()}>
            {words.retryNow}
          </button>
        </div>
      </main>,
      root,
    );
  }
}

/** The reader's own form of the language (en-GB, de-AT), for money and dates. */
function localeFor(lang: string): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(lang)) ?? lang;
}

const root = document.querySelector('.cb-root');
if (root) void start(root);
