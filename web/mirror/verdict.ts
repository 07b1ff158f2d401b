// What of the page may be seen: nothing, unless somebody let it out. Asked before any byte leaves. SPEC mirror.1.
//
// The hard deny comes first and nothing lifts it; then the site's rules by selector and path; then the page's own
// data-cobrowse-mask and -unmask; then the catalogue preset. A nearer mask always wins over an unmask that is further out.

import type { MaskRule } from '../core/mirror';
import { onPage } from './paths';

/** What a shop shows to everybody: names, prices and pictures of products, and the cart. */
export const CATALOGUE = [
  ':is([itemtype*="schema.org/Product"], [itemtype*="schema.org/Offer"]) :is([itemprop=name], [itemprop=price],' +
    ' [itemprop=image], [itemprop=brand], [itemprop=color], [itemprop=size], [itemprop=availability])',
  '.price, .product-name, .product-title, .product-price, .product-image, .product-picture',
  '.product h1, .card-name, .card-price, .card-picture, .card-variant',
  '.line-total, .line-words, .cart-count, [data-cart-count], .cart-total, .totals',
].join(',');

/** Fields whose value is the cart's, not the shopper's own. */
const CATALOGUE_FIELDS = 'input[type=number]:is([name=quantity], [name=qty])';

const fields = (...words: string[]) =>
  words.map((word) => `:is(input, textarea, select):is([name*="${word}" i], [id*="${word}" i])`);

/** Fields of a means of payment. */
const PAYMENT = [
  ':is([autocomplete^=cc-], [autocomplete*=" cc-"])',
  ...fields('card', 'cvc', 'cvv', 'csc', 'iban', 'security-code', 'securitycode'),
  ...fields('sortcode', 'sort-code', 'account-number', 'accountnumber'),
].join(',');

/** Fields that nothing lets out: what is typed into them leaves the page in no form. */
const DENIED = [
  PAYMENT,
  'input:is([type=password], [type=hidden], [type=file])',
  ':is([autocomplete*=one-time-code], [autocomplete*=-password])',
  ...fields('passw', 'passphrase', 'secret', 'otp', 'totp', 'pin-', 'ssn'),
  'input:is([name=pin], [id=pin])',
].join(',');

/** Whether one pays with this field. */
export const isPayment = (element: Element): boolean => element.matches(PAYMENT);

const MASK = '[data-cobrowse-mask]';
const UNMASK = '[data-cobrowse-unmask]';
const EDITED = '[contenteditable]:not([contenteditable=false])';
const TYPED = `textarea, ${EDITED}`;
const FIELD = `input, select, ${TYPED}`;
/** Left out of the mirror altogether, with all that is in it. */
const OMITTED =
  'script, noscript, template, base, meta, source, track, param, link:not([rel~=stylesheet]), title, input[type=hidden], cobrowse-widget';
const FRAMES = 'iframe, frame, object, embed, math';
/** The names in these selectors: a set is asked in a fraction of the time that a selector of them all takes. */
const NAMED = new Set(
  `${OMITTED}, ${FRAMES}, select, textarea`.replace(/[:[][^,]*/g, '').split(', '),
);

export type Verdict = 'show' | 'mask' | 'hide';

type Ruling = 'mask' | 'unmask' | undefined;

/** Where an element stands: what holds for it because of what it is in, or is. */
export interface Place {
  readonly omitted: boolean;
  /** In something that the mirror shows as an empty box, or such a thing itself. */
  readonly boxed: boolean;
  /** The nearest list of choices and the nearest thing to type in. */
  readonly select: Element | undefined;
  readonly typed: Element | undefined;
}

interface State extends Place {
  hidden: boolean;
  /** A rule or the page holds it back; what is in it may still be let out. */
  held: boolean;
  /** The nearest ruling of the site and of the page, and how deep it stands. */
  site: Ruling;
  site_depth: number;
  page: Ruling;
  page_depth: number;
  listed: boolean;
  depth: number;
}

const OUTSIDE: State = {
  omitted: false,
  boxed: false,
  select: undefined,
  typed: undefined,
  hidden: false,
  held: false,
  site: undefined,
  site_depth: 0,
  page: undefined,
  page_depth: 0,
  listed: false,
  depth: 0,
};

/** The parent that an element inherits its verdict from, out of shadow roots too. */
export function parentOf(element: Element): Element | null {
  const { parentElement, parentNode } = element;
  return (
    parentElement ??
    (parentNode as ShadowRoot | null)?.host ??
    (parentNode as Document | null)?.defaultView?.frameElement ??
    null
  );
}

/** Whether the element is drawn as a box for what it is: a page of another origin, what runs, or cannot be drawn. */
const isShut = (element: Element) =>
  element.matches(FRAMES) && !(element.localName === 'iframe' && documentIn(element));

/** The page in a frame, if it is of our origin. */
export function documentIn(frame: Element): Document | null {
  try {
    return (frame as HTMLIFrameElement).contentDocument;
  } catch {
    return null;
  }
}

export interface Verdicts {
  /** Of an element's text and pictures. */
  of(element: Element | null): Verdict;
  /** Of what is typed or chosen in a field: shown only if something names the field itself. */
  ofField(element: Element): Verdict;
  /** Nothing lets this field's value out. */
  isDenied(element: Element): boolean;
  placeOf(element: Element | null): Place;
  /** Forgets what was found: the page has changed. */
  renew(): void;
  /** Whether something under this root is held back that was not when it was last asked about. */
  tightens(root: ParentNode): boolean;
  /** Whether this element, or what is in it, is not named any more by what has let it out. */
  loses(element: Element): boolean;
}

/** The verdicts of a page under this path. A rule in error masks everything that it could have meant. */
export function judge(rules: readonly MaskRule[], catalogue: boolean, path: string): Verdicts {
  let broken = false;
  const selectorOf = (what: MaskRule['do'], of: string): string => {
    const selectors: string[] = [];
    for (const rule of rules) {
      if (rule.do !== what || !onPage(rule.pages, of)) continue;
      try {
        document.createElement('i').matches(rule.select);
        selectors.push(rule.select);
      } catch {
        if (what !== 'unmask') broken = true; // an unmask in error lets nothing out
      }
    }
    return selectors.join(',');
  };
  const selectorsAt = (of: string) =>
    [selectorOf('hide', of), selectorOf('mask', of), selectorOf('unmask', of)] as const;
  const [hide, mask, unmask] = selectorsAt(path);
  /** What hides and masks in frames, by their own paths: beside what the page's path brings, and never less. */
  const inner = new Map<string, readonly [string, string, string]>();
  const matches = (element: Element, selector: string) =>
    selector !== '' && element.matches(selector);
  // Most elements are named by nothing: one question finds that out, and they share what holds for their parent.
  const named = [hide, mask, unmask, MASK, UNMASK, EDITED].filter(Boolean).join(',');
  const anything = catalogue ? `${named},${CATALOGUE}` : named;
  // Of one event, or one snapshot: a page changes between them.
  const known = new Map<Element, State>();
  /** What nothing held back when it was asked about. */
  const free = new WeakSet<Element>();
  /** What something let out by name. */
  const lifted = new WeakSet<Element>();
  const lifts = [unmask, UNMASK, catalogue && CATALOGUE].filter(Boolean).join();
  /** Where an element is named by what stands beside it. */
  const looksAside = /[+~]|:has|:nth|-child|-of-type|:empty/.test(lifts.replace(/~=|\\./g, ''));

  function look(element: Element | null): State {
    if (!element) return OUTSIDE;
    let state = known.get(element);
    if (state) return state;
    state = look(parentOf(element));
    if (element.ownerDocument !== document || NAMED.has(element.localName))
      state = lookAt(element, state);
    else if (element.matches(anything)) {
      if (element.matches(lifts)) lifted.add(element);
      if (element.matches(named)) state = lookAt(element, state);
      else if (!state.listed) state = { ...state, listed: true };
    }
    known.set(element, state);
    free[state.held ? 'delete' : 'add'](element);
    return state;
  }

  /** What hides and masks in a frame, by its own path. */
  function rulesIn({ location }: Document) {
    const of = location?.pathname ?? '';
    const found = inner.get(of) ?? selectorsAt(of);
    inner.set(of, found);
    return found;
  }

  function lookAt(element: Element, above: State): State {
    const depth = above.depth + 1;
    let [hidden, masked] = [above.hidden || matches(element, hide), matches(element, mask)];
    if (element.ownerDocument !== document) {
      const rulesThere = rulesIn(element.ownerDocument);
      hidden ||= matches(element, rulesThere[0]);
      masked ||= matches(element, rulesThere[1]);
    }
    const site = rulingOf(masked, matches(element, unmask));
    const page = rulingOf(element.matches(MASK), element.matches(UNMASK));
    return {
      omitted: above.omitted || element.matches(OMITTED),
      boxed: above.boxed || hidden || isShut(element),
      select: element.localName === 'select' ? element : above.select,
      typed: element.matches(TYPED) ? element : above.typed,
      hidden,
      held: hidden || masked || page === 'mask',
      site: site ?? above.site,
      site_depth: site ? depth : above.site_depth,
      page: page ?? above.page,
      page_depth: page ? depth : above.page_depth,
      listed: above.listed || (catalogue && element.matches(CATALOGUE)),
      depth,
    };
  }

  const weigh = (state: State): Verdict => {
    if (state.hidden) return 'hide';
    if (broken || state.site === 'mask') return 'mask';
    const pageMasks = state.page === 'mask';
    if (state.site) return pageMasks && state.page_depth >= state.site_depth ? 'mask' : 'show';
    if (state.page) return pageMasks ? 'mask' : 'show';
    return state.listed ? 'show' : 'mask';
  };

  return {
    of: (element) => weigh(look(element)),
    ofField(element) {
      const state = look(element);
      const verdict = weigh(state);
      if (verdict === 'hide') return verdict;
      if (isDenied(element)) return 'mask';
      const named =
        matches(element, unmask) ||
        (element.matches(UNMASK) && state.site !== 'mask') ||
        (catalogue && element.matches(CATALOGUE_FIELDS) && !state.site && !state.page);
      const lifted = named && !broken && state.site !== 'mask';
      return lifted && !(state.page === 'mask' && state.page_depth > state.site_depth)
        ? 'show'
        : 'mask';
    },
    isDenied,
    placeOf: look,
    renew() {
      known.clear();
    },
    tightens(root) {
      const { ownerDocument } = root as Node;
      const holds = [hide, mask, MASK];
      if (ownerDocument !== document)
        holds.push(...rulesIn(ownerDocument ?? (root as Document)).slice(0, 2));
      return [...root.querySelectorAll(holds.filter(Boolean).join())].some((each) =>
        free.has(each),
      );
    },
    loses(element) {
      const around = (looksAside && element.parentElement) || element;
      const isLost = (each: Element) => lifted.has(each) && !each.matches(lifts);
      if (isLost(around)) return true;
      if (around.firstElementChild)
        for (const each of around.getElementsByTagName('*')) if (isLost(each)) return true;
      return false;
    },
  };
}

/** Whether nothing lets this out. The long list is read only for what it can name. */
function isDenied(element: Element): boolean {
  return (
    (/^(?:input|textarea|select)$/.test(element.localName) ||
      element.hasAttribute('autocomplete')) &&
    element.matches(DENIED)
  );
}

function rulingOf(masks: boolean, unmasks: boolean): Ruling {
  return masks ? 'mask' : unmasks ? 'unmask' : undefined;
}

/** Whether what stands in the element was typed by the shopper. */
export const isField = (element: Element | null): element is Element => !!element?.closest(FIELD);
