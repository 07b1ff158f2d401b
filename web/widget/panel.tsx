// The panel: chat and shared basket. The snippet's core loads it when the shopper opens it.

import { signal } from '@preact/signals';
import { render } from 'preact';
import { make } from '../snippet/host';
import type { Panel, Shell } from '../snippet/shell';
import { Banner } from './consent';
import { Frame } from './frame';
import { Beside } from './offercard';
import css from './panel.css';
import { keepWithinReach } from './reach';
import { Requests } from './requests';
import { sharePage } from './sharing';
import { panel as panelWords } from './words';

const TICK_MS = 1000;
const STILL_MS = 30_000;
/** An operation that is not answered within this time makes us look whether the line still holds. */
const ANSWER_S = 4;

/** Builds the panel in the widget's corner, hidden. */
export function mount(shell: Shell): Panel {
  const words = panelWords(shell.locale);
  const now = signal(shell.link.now());
  // As our own words read, whatever the page around them does.
  const reads = { lang: words.language, dir: 'ltr' };
  const element = make('div', 'panel', {
    role: 'dialog',
    'aria-label': words.title,
    tabindex: '-1',
    ...reads,
  });
  element.hidden = true;
  shell.dress(css);
  // The widget speaks in the shop's own type; a token, so that the shop may choose another.
  shell.dress(`:host{--cb-font:${getComputedStyle(document.body).fontFamily}}`);
  shell.corner.prepend(element);

  const sharing = sharePage(shell, words);
  const banner = make('div', 'sharing', reads);
  shell.root.append(banner);
  const reach = keepWithinReach(shell.root.host, banner, shell.corner, () => {
    const { grants, asks, recording_asked } = sharing.now();
    return !!(grants || asks || recording_asked);
  });
  const draw = () => {
    sharing.look();
    reach();
    now.value = shell.link.now();
  };
  // While something waits its time is told each second, else the panel is still.
  let drawn = Date.now();
  let missed = 0;
  // Asks the server whether it is still there: sooner than the next heartbeats would tell.
  const probe = () => element.isConnected && shell.link.wake();
  addEventListener('offline', probe);
  const ticking = setInterval(() => {
    if (!element.isConnected) clearInterval(ticking);
    const since = shell.room.pending.find(({ state }) => state === 'sending')?.at ?? missed;
    if (since !== missed && shell.link.now() - since > ANSWER_S) {
      missed = since;
      probe();
    }
    const waits =
      shell.link.status !== 'live' || shell.room.pending.length > 0 || !!sharing.now().grants;
    if ((element.hidden && !sharing.now().grants) || !(waits || Date.now() - drawn > STILL_MS))
      return;
    drawn = Date.now();
    draw();
  }, TICK_MS);

  // On a phone the panel is what the keyboard leaves of the screen.
  const screen = window.visualViewport;
  const fit = () => {
    const covered = screen && innerWidth <= 480 && innerHeight - screen.height > 100;
    element.style.blockSize = covered ? `${screen.height}px` : '';
    element.style.insetBlockStart = covered ? `${screen.offsetTop}px` : '';
  };
  screen?.addEventListener('resize', fit);
  screen?.addEventListener('scroll', fit);

  element.addEventListener('keydown', (event) => {
    event.stopPropagation(); // the page's own shortcuts are not for what is typed here
    if (event.key === 'Escape' && !event.isComposing) shell.close();
  });
  const card = make('div', 'card', reads);
  shell.corner.prepend(card);
  new ResizeObserver(() => {
    element.style.setProperty('--cb-banner', `${banner.offsetHeight}px`);
  }).observe(banner);
  const props = { shell, words, now, sharing };
  render(<Frame {...props} />, element);
  render(<Beside {...props} />, card);
  render(
    <>
      <Banner {...props} />
      <Requests {...props} />
    </>,
    banner,
  );

  return {
    draw,
    show(focus) {
      element.hidden = false;
      draw();
      if (!focus) return;
      // A finger would call up the keyboard before anything has been read.
      const touch = matchMedia('(pointer: coarse)').matches;
      (touch ? element : (element.querySelector('textarea') ?? element)).focus();
    },
    hide() {
      const inside = element.contains(shell.root.activeElement);
      element.hidden = true;
      return inside;
    },
  };
}
