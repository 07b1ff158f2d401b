// What masking would hide, drawn over the page for whoever sets it up. The verdicts are the recorder's own, each asked here and
// now; nothing of the page is read for anything else, and nothing of it leaves. SPEC preview.

import type { MaskRule } from '../core/mirror';
import { cleanAttributes, type Page } from './attributes';
import { readSheets } from './css';
import { cleanText, elementOf, isBox, isClosed, isElement, isOmitted } from './nodes';
import css from './preview.css';
import { documentIn, judge } from './verdict';

/** Sides in the window. */
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const AGAIN_MS = 1000;
const WORDS = {
  en: {
    says: 'Preview of masking. What is covered does not leave this page; nothing of it is sent now.',
    failed: 'This preview has run out. Open a new one from the console.',
    end: 'End preview',
  },
  de: {
    says: 'Vorschau der Maskierung. Was abgedeckt ist, verlässt diese Seite nicht; jetzt wird nichts gesendet.',
    failed: 'Diese Vorschau ist abgelaufen. Bitte in der Konsole eine neue öffnen.',
    end: 'Vorschau beenden',
  },
};

/** Covers what would not leave the page, until it is ended. `script` is the loader's address. */
export async function preview(script: string, site: string): Promise<void> {
  const { hash } = location;
  const words = /^de/i.test(document.documentElement.lang) ? WORDS.de : WORDS.en;
  const host = document.createElement('cobrowse-widget'); // which no mirror shows
  const root = host.attachShadow({ mode: 'closed' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  const covers = document.createElement('div');
  covers.className = 'covers';
  covers.setAttribute('aria-hidden', 'true');
  const bar = document.createElement('section');
  bar.setAttribute('aria-label', words.end);
  const says = document.createElement('p');
  says.setAttribute('role', 'status');
  const end = document.createElement('button');
  end.type = 'button';
  end.textContent = words.end;
  end.onclick = () => {
    history.replaceState(history.state, '', location.pathname + location.search);
    location.reload();
  };
  bar.append(says, end);
  root.append(covers, bar);
  document.documentElement.append(host);

  const answer = await fetch(new URL('preview', script), {
    method: 'POST',
    body: JSON.stringify({ site, token: hash.slice(hash.indexOf('=') + 1) }),
  }).catch(() => undefined);
  says.textContent = answer?.ok ? words.says : words.failed;
  if (!answer?.ok) return;
  const given = (await answer.json()) as { rules: MaskRule[]; catalogue: boolean };

  let due = 0;
  const draw = () => {
    due = 0;
    const boxes = hiddenBoxes(given.rules, given.catalogue);
    while (covers.childElementCount < boxes.length) covers.append(document.createElement('i'));
    while (covers.childElementCount > boxes.length) covers.lastChild?.remove();
    boxes.forEach(({ left, top, right, bottom }, at) => {
      const { style } = covers.children[at] as HTMLElement;
      style.translate = `${left}px ${top}px`;
      style.width = `${right - left}px`;
      style.height = `${bottom - top}px`;
    });
  };
  const drawSoon = () => {
    if (!due) due = requestAnimationFrame(draw);
  };
  new MutationObserver(drawSoon).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
  addEventListener('resize', drawSoon);
  for (const each of ['scroll', 'input', 'change', 'toggle', 'transitionend', 'load']) {
    document.addEventListener(each, drawSoon, { capture: true, passive: true });
  }
  setInterval(drawSoon, AGAIN_MS); // what moves without a word
  // The preview goes along to the site's next page.
  document.addEventListener('click', ({ target }) => {
    const link = isElement(target as Node) && (target as Element).closest('a');
    if (link && link.origin === location.origin && !link.hash) link.hash = hash;
  });
  draw();
}

/** Where on the window stands what would not leave the page as it is. */
function hiddenBoxes(rules: readonly MaskRule[], catalogue: boolean): Box[] {
  const page: Page = {
    verdicts: judge(rules, catalogue, location.pathname),
    sheets: readSheets(),
    nodeOf: () => null,
    idOf: () => -1,
  };
  const found: Box[] = [];
  const put = (box: Box, clip: Box, [dx, dy]: readonly [number, number]) => {
    const cut = within(clip, {
      left: box.left + dx,
      top: box.top + dy,
      right: box.right + dx,
      bottom: box.bottom + dy,
    });
    if (cut.right > cut.left && cut.bottom > cut.top) found.push(cut);
  };

  function visit(node: Node, clip: Box, by: readonly [number, number]) {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.nodeValue ?? '';
      if (!/\S/.test(text) || isOmitted(page, node)) return;
      if (cleanText(page, elementOf(node), text) === text) return;
      const range = (node.ownerDocument as Document).createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) put(box, clip, by);
      return;
    }
    if (!isElement(node)) {
      for (const child of node.childNodes) visit(child, clip, by);
      return;
    }
    if (isOmitted(page, node) || node.localName === 'style') return;
    if (isBox(page, node) || isClosed(node, {}) || hidesField(page, node)) {
      return put(node.getBoundingClientRect(), clip, by);
    }
    if (node.localName === 'iframe') {
      const inner = documentIn(node);
      const { left, top } = node.getBoundingClientRect();
      const to = [by[0] + left + node.clientLeft, by[1] + top + node.clientTop] as const;
      const { clientWidth, clientHeight } = node;
      const window_: Box = {
        left: to[0],
        top: to[1],
        right: to[0] + clientWidth,
        bottom: to[1] + clientHeight,
      };
      if (inner) visit(inner, within(clip, window_), to);
      return;
    }
    let inside = clip;
    if (node !== document.body && getComputedStyle(node).overflow !== 'visible') {
      const { left, top, right, bottom } = node.getBoundingClientRect();
      inside = within(clip, {
        left: left + by[0],
        top: top + by[1],
        right: right + by[0],
        bottom: bottom + by[1],
      });
    }
    for (const child of node.shadowRoot?.childNodes ?? []) visit(child, inside, by);
    for (const child of node.childNodes) visit(child, inside, by);
  }
  visit(
    document.body,
    { left: 0, top: 0, right: document.documentElement.clientWidth, bottom: innerHeight },
    [0, 0],
  );
  return found;
}

/** Whether what stands in a field, or in its place, would be six dots or nothing. */
function hidesField(page: Page, element: Element): boolean {
  if (!/^(?:input|textarea|select|meter|progress)$/.test(element.localName)) return false;
  if (element.localName === 'select') return page.verdicts.ofField(element) !== 'show';
  if (element.matches('[type=checkbox], [type=radio]')) {
    // One that cannot be seen lies over its label's words, which are not what is held back.
    const isSeen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    return isSeen && page.verdicts.ofField(element) !== 'show';
  }
  if (page.verdicts.isDenied(element)) return true;
  const { value, placeholder = '' } = element as HTMLInputElement;
  const name = value === '' && placeholder ? 'placeholder' : 'value';
  const shown = name === 'value' ? String(value) : placeholder;
  if (element.localName === 'textarea' && name === 'value') {
    return shown !== '' && page.verdicts.ofField(element) !== 'show';
  }
  return shown !== '' && cleanAttributes(page, element, { [name]: shown })[name] !== shown;
}

const within = (a: Box, b: Box): Box => ({
  left: Math.max(a.left, b.left),
  top: Math.max(a.top, b.top),
  right: Math.min(a.right, b.right),
  bottom: Math.min(a.bottom, b.bottom),
});
