// The round button in the corner: opens and closes the panel, says what is unread and whether somebody is there.

import { icon, make } from './host';

const CHAT_PATH =
  'M20 12a8 8 0 0 1-8 8c-1.4 0-2.8-.4-4-1l-4 1 1.2-3.6A8 8 0 1 1 20 12zM8.5 12h.01M12 12h.01M15.5 12h.01';

/** The button, and how to draw its state. */
export function makeLauncher(toggle: () => void, nearing: () => void) {
  const badge = make('span', 'badge', { 'aria-hidden': 'true' });
  const dot = make('span', 'dot');
  const button = make('button', 'launcher', { type: 'button' }, icon(CHAT_PATH), dot, badge);
  button.onclick = toggle;
  button.onpointerenter = button.onfocus = nearing;
  return {
    button,
    draw(open: boolean, unread: number, available: boolean, label: string) {
      button.setAttribute('aria-label', label);
      button.setAttribute('aria-expanded', `${open}`);
      badge.textContent = unread > 9 ? '9+' : `${unread || ''}`;
      badge.hidden = !unread;
      dot.hidden = !available;
    },
  };
}
