// Money, times and days in the shopper's own way of writing them.

/** The locale as Intl takes it: pages write `de_DE` too; the browser's own for what is no language at all. */
function tags(locale: string): string[] {
  try {
    return Intl.getCanonicalLocales(locale.replaceAll('_', '-'));
  } catch {
    return [];
  }
}

/** An amount of minor units as the locale writes it; the plain number for a currency that nobody knows. */
export function money(amount_minor: number, currency: string, locale: string): string {
  try {
    const format = new Intl.NumberFormat(tags(locale), { style: 'currency', currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount_minor / 10 ** digits);
  } catch {
    return `${amount_minor / 100}`;
  }
}

/** Hours and minutes; `at` in seconds. */
export const clock = (at: number, locale: string): string =>
  new Date(at * 1000).toLocaleTimeString(tags(locale), { hour: '2-digit', minute: '2-digit' });

/** Day and time in full, for a title. */
export const exact = (at: number, locale: string): string =>
  new Date(at * 1000).toLocaleString(tags(locale), { dateStyle: 'full', timeStyle: 'short' });

/** A number that is the same for all times of one local day. */
export function dayOf(at: number): number {
  const date = new Date(at * 1000);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

/** The day's name: today, yesterday, or its date. */
export function dayName(
  at: number,
  now: number,
  locale: string,
  words: { today: string; yesterday: string },
): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago <= 0) return words.today;
  if (ago === 1) return words.yesterday;
  return new Date(at * 1000).toLocaleDateString(tags(locale), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  });
}
