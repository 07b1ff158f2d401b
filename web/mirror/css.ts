// Style sheets as they may leave the page, and the words they use. A class, an id or a data attribute goes out only if some
// style sheet names it: what no rule needs tells nobody anything. SPEC mirror.2.

const MAX_STRING_CHARS = 2;
/** Comments, strings and addresses, in the order in which CSS reads them. */
const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\]|\\[\s\S])*(?:"|$)|'(?:[^'\\]|\\[\s\S])*(?:'|$)|url\(\s*(?:"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|((?:[^)\\"'\s]|\\[\s\S])*))\s*\)/gi;
/** Declarations whose strings are names that the style sheet itself gives: fonts and areas of a grid. */
const NAMING = /(?:^|[;{]|\s)(?:font|font-family|src|grid(?:-template)?(?:-areas)?)\s*:[^;{}]*$/i;
/** Where words to show stand. In a file, which is the same for everybody, nothing else needs to be held back. */
const SHOWING = /(?:^|[;{]|\s)content\s*:[^;{}]*$/i;
const SELECTOR = /\[[^\]{};]*$/;
const CUSTOM_PROPERTY = /(--[\w-]+)\s*:\s*([^;}]*)/g;
/** Properties that take names of anybody's choosing. */
const FREE =
  /(^|[;\s])((?:font|animation|grid|counter|container|view|anchor|list-style|will-change|page|offset|scroll|timeline|position-a|quotes|transition)[\w-]*)\s*:([^;]*)/gi;
const KEYWORDS = new Set(
  (
    'none auto inherit initial unset revert transparent normal bold bolder lighter italic solid dashed dotted currentcolor var ' +
    'calc min max clamp rgb rgba hsl hsla oklch linear center left right top bottom inset start end middle baseline stretch ' +
    'ease infinite both forwards backwards alternate reverse running paused cubic bezier steps all opacity transform color ' +
    'background width height rem deg turn fr span minmax repeat fit content auto fill subgrid row column dense serif sans ' +
    'monospace system disc circle square decimal smooth contain url important round butt miter bevel evenodd nonzero ' +
    'userspaceonuse objectboundingbox translate translatex translatey rotate scale scalex scaley matrix skewx skewy ' +
    'xminymin xmidymin xmaxymin xminymid xmidymid xmaxymid xminymax xmidymax xmaxymax meet slice pad reflect hidden visible ' +
    'ltr rtl true false hanging central alphabetic sourcegraphic sourcealpha over out atop xor lighter arithmetic multiply ' +
    'screen darken lighten table erode dilate matrix saturate huerotate luminancetoalpha modal non manual hint ' +
    'print only and not or device orientation portrait landscape prefers scheme dark light reduced motion reduce no ' +
    'preference hover pointer fine coarse any aspect ratio resolution dppx supports display'
  ).split(' '),
);

/** Whether a value is numbers, signs, colours and CSS's own words: nothing that a person could have written into it. */
export function isPlain(value: string): boolean {
  if (!/^[\w\s.,#%()+\-:/]{0,20000}$/.test(value)) return false;
  const words = value.match(/[a-z]+/gi) ?? [];
  return (
    words.every((word) => word.length < 3 || KEYWORDS.has(word.toLowerCase())) || isColour(value)
  );
}

const isColour = (value: string) => CSS.supports('color', value);

/** The address without query and fragment, if it is http or https or a path; "" for any other. */
export function bareAddress(address: string, base: string = document.baseURI): string {
  try {
    const url = new URL(address, base);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return '';
    return url.origin + url.pathname;
  } catch {
    return '';
  }
}

/** Where style stands: in a file of its own, in a style element of the page, or in an attribute. */
export type Origin = 'file' | 'page' | 'attribute';

export interface Sheets {
  /** Takes note of the classes, ids and attributes that a style sheet names. */
  learn(css: string): void;
  /** The style sheet without strings to show, comments, data and queries of addresses. */
  clean(css: string, from: Origin): string;
  /** One value of one property, as in a style attribute. */
  cleanValue(property: string, value: string): string;
  /** The classes that some style sheet names. */
  classes(value: string): string;
  /** The id, or another name in its place where no style sheet names it. */
  id(value: string): string;
  /** The value of an attribute as far as a style sheet asks for it; undefined where none does. */
  attribute(name: string, value: string): string | undefined;
  /** Some style sheet cannot be read: all classes and ids of plain shape go out. */
  blind: boolean;
  /** What was held back is now named by a style sheet: a new snapshot is due. */
  missed: boolean;
}

export function readSheets(): Sheets {
  const classes = new Set<string>();
  const ids = new Set<string>();
  const attributes = new Map<string, Set<string>>();
  const held_back = new Set<string>();
  /** What was said of a whole class attribute before: a page repeats few of them. */
  const answered = new Map<string, string>();
  const aliases = new Map<string, string>();
  const unescaped = (name: string) =>
    name.replace(/\\(?:([\da-f]{1,6})\s?|(.))/gi, (_, hex: string, char: string) =>
      hex ? String.fromCodePoint(Number.parseInt(hex, 16) % 0x110000) : char,
    );

  const learn = (css: string) => {
    answered.clear();
    const names = /([.#])((?:[a-z_-]|[^\0-\x7f]|\\.)(?:[\w-]|[^\0-\x7f]|\\.)*)/gi;
    for (const [, sign, escaped = ''] of css.matchAll(names)) {
      const name = unescaped(escaped);
      (sign === '.' ? classes : ids).add(name);
      if (held_back.delete(sign + name)) sheets.missed = true;
    }
    const asked = /\[\s*([\w-]+)\s*(?:[~|^$*]?=\s*(?:"([^"]*)"|'([^']*)'|([^\]\s]+))[^\]]*)?\]/g;
    for (const [, name = '', double, single, bare] of css.matchAll(asked)) {
      const key = name.toLowerCase();
      const values = attributes.get(key) ?? new Set();
      attributes.set(key, values);
      const value = double ?? single ?? bare;
      if (value) values.add(unescaped(value));
      if (held_back.delete(`[${key}`)) sheets.missed = true;
    }
  };

  const cleanAddress = (address: string, from: Origin): string => {
    if (address.startsWith('#')) return `#${sheets.id(address.slice(1))}`;
    if (/^data:(?:image|font|application\/(?:x-)?font)/i.test(address)) {
      return from === 'file' ? address.replace(/"/g, '%22') : '';
    }
    return bareAddress(address).replace(/["\\\n]/g, encodeURIComponent);
  };

  const cleanValues = (css: string, from: Origin): string => {
    if (from === 'file') return css;
    const plain = css.replace(CUSTOM_PROPERTY, (whole, name: string, value: string) =>
      value
        .trim()
        .split(/\s*(?:,|\s)\s*/)
        .every((part) => isPlain(part))
        ? whole
        : `${name}:initial`,
    );
    if (from === 'page') return plain;
    return plain.replace(FREE, (whole, before: string, _, value: string) =>
      isPlain(value) ? whole : before,
    );
  };

  const clean = (css: string, from: Origin): string => {
    const values = cleanValues(css, from);
    return values.replace(TOKEN, (token, double, single, bare, at: number) => {
      if (token.startsWith('/*')) return '';
      if (/^url/i.test(token)) {
        return `url("${cleanAddress(unescaped(double ?? single ?? bare ?? ''), from)}")`;
      }
      const quote = token[0] as string;
      if (token.length <= MAX_STRING_CHARS + 2 && token.endsWith(quote)) return token;
      if (/^["']\\[\da-f]{1,6}\s?["']$/i.test(token)) return token; // one character, as icon fonts have it
      const before = values.slice(Math.max(0, at - 400), at);
      if (from === 'file' && !SHOWING.test(before)) return token;
      if (from === 'page' && (NAMING.test(before) || SELECTOR.test(before))) return token;
      return quote + quote;
    });
  };

  const sheets: Sheets = {
    blind: false,
    missed: false,
    learn,
    clean,
    cleanValue(property, value) {
      const cleaned = clean(`${property}:${value}`, 'attribute');
      return cleaned.includes(':') ? cleaned.slice(cleaned.indexOf(':') + 1) : '';
    },
    classes(value) {
      let names = answered.get(value);
      if (names !== undefined) return names;
      names = value
        .split(/\s+/)
        .filter((name) => {
          if (classes.has(name) || (sheets.blind && /^[a-z][a-z_-]{0,40}$/i.test(name)))
            return true;
          if (name) held_back.add(`.${name}`);
          return false;
        })
        .join(' ');
      answered.set(value, names);
      return names;
    },
    id(value) {
      if (ids.has(value)) return value;
      held_back.add(`#${value}`);
      let alias = aliases.get(value);
      if (!alias) {
        alias = `n${aliases.size + 1}`;
        aliases.set(value, alias);
      }
      return alias;
    },
    attribute(name, value) {
      const values = attributes.get(name);
      if (!values) {
        held_back.add(`[${name}`);
        return undefined;
      }
      if (values.has(value)) return value;
      for (const asked of values) if (asked && value.includes(asked)) return asked;
      return '';
    },
  };
  return sheets;
}
