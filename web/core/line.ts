// Line identifiers: one canonical text for one product with its options. SPEC cart.2.

export interface Line {
  sku: string;
  options: Record<string, string>;
  personalisation: string;
}

const MAX_LINE_ID_CHARS = 512;
const MAX_OPTIONS = 12;

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** By code point, as Python sorts: UTF-16 would put an emoji before U+E000 and up. */
function codePointOrder(a: string, b: string): number {
  const theirs = [...b];
  for (const mark of a) {
    const other = theirs.shift();
    if (other === undefined) return 1;
    if (mark !== other) return (mark.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return -theirs.length;
}

/** The canonical identifier `sku?name=value&...#personalisation`, options sorted by name. */
export function lineId(
  sku: string,
  options: Record<string, string> = {},
  personalisation = '',
): string {
  const query = Object.keys(options)
    .sort(codePointOrder)
    .map((name) => `${escaped(name)}=${escaped(options[name] as string)}`)
    .join('&');
  return (
    escaped(sku) + (query && `?${query}`) + (personalisation && `#${escaped(personalisation)}`)
  );
}

/** The parts of a canonical identifier; undefined for any other text. */
export function parseLineId(text: string): Line | undefined {
  const [, head = '', query, personal = ''] =
    /^([^?#]+)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  try {
    const options: Record<string, string> = {};
    for (const pair of query ? query.split('&') : []) {
      const [name = '', ...value] = pair.split('=');
      options[decodeURIComponent(name)] = decodeURIComponent(value.join('='));
    }
    const line = {
      sku: decodeURIComponent(head),
      options,
      personalisation: decodeURIComponent(personal),
    };
    const canonical =
      line.sku !== '' &&
      text.length <= MAX_LINE_ID_CHARS &&
      Object.keys(options).length <= MAX_OPTIONS &&
      lineId(line.sku, options, line.personalisation) === text;
    return canonical ? line : undefined;
  } catch {
    return undefined; // an escape that is no UTF-8
  }
}
