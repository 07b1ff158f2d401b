// Where the widget lives: one fixed element beside the page's body, with a closed shadow root, so that neither page nor
// widget can disturb the other. Styles are constructed sheets: they work under the strictest content security policy.

import text from './host.css';

type Child = Node | string;

/** An element with its class, attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  for (const name in attributes) element.setAttribute(name, attributes[name] as string);
  element.append(...children);
  return element;
}

/** A line drawing of 24 by 24 from one path. */
export function icon(path: string): SVGSVGElement {
  const xmlns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(xmlns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(xmlns, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

export interface Host {
  root: ShadowRoot;
  /** The widget's corner of the page: a landmark that holds launcher, offer and panel. */
  corner: HTMLElement;
  /** Adds a sheet of rules to the widget. */
  dress(css: string): CSSStyleSheet;
  /** Takes the shop's accent, any colour of CSS. */
  tint(accent: string): void;
  remove(): void;
}

export function makeHost(): Host {
  const element = document.createElement('cobrowse-widget');
  const root = element.attachShadow({ mode: 'closed' });
  const corner = make('section', 'corner', { 'aria-label': 'Chat' });
  root.append(corner);
  const dress = (css: string) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    return sheet;
  };
  dress(text);
  const tinted = dress('');
  document.documentElement.append(element);
  return {
    root,
    corner,
    dress,
    tint(accent) {
      if (CSS.supports('color', accent)) tinted.replaceSync(`:host{--cb-accent:${accent}}`);
    },
    remove: () => element.remove(),
  };
}
