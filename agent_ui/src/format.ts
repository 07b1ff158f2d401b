// Money and times as people read them. Relative where it helps, exact where it is asked for.

export interface Formats {
  readonly locale: string;
  /** The amount in its currency; minor units follow the currency (yen has none). */
  money(minor: number, currency: string): string;
  /** A number with so many decimals, none unless asked for; and the same always with its sign. */
  number(n: number, decimals?: number): string;
  signed(n: number, decimals?: number): string;
  /** A share as a percentage, to one decimal below ten. */
  percent(share: number): string;
  /** A running time, m:ss, or h:mm:ss from an hour on. */
  clock(seconds: number): string;
  /** How long ago, in one unit: "now", "2 min ago", "yesterday". */
  ago(at_s: number, now_s: number): string;
  /** Date and time to the second, for a tooltip. */
  exact(at_s: number): string;
  /** The time of day. */
  time(at_s: number): string;
  /** The day's name: "Today", "Yesterday", else the date. */
  day(at_s: number, now_s: number): string;
  /** A length of time in words, to the minute: "under a minute" is left to the caller (null). */
  minutes(seconds: number): string | null;
  /** The language's own name, such as "British English"; the tag itself where it has none. */
  language(tag: string): string;
}

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;

/** Formats for one language; the Intl objects are made once, since making them is slow. */
export function formats(locale: string): Formats {
  const monies = new Map<string, { format: Intl.NumberFormat; digits: number }>();
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const longRelative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const exactly = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' });
  const timeOfDay = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  const unit = (name: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' });
  const minuteUnit = unit('minute');
  const hourUnit = unit('hour');
  const languages = new Intl.DisplayNames(locale, { type: 'language' });

  const decimal = (decimals: number, signDisplay: 'auto' | 'exceptZero') =>
    new Intl.NumberFormat(locale, {
      signDisplay,
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  const plain = [decimal(0, 'auto'), decimal(1, 'auto')] as const;
  const withSign = [decimal(0, 'exceptZero'), decimal(1, 'exceptZero')] as const;
  const percentages = [0, 1].map(
    (maximumFractionDigits) =>
      new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits }),
  );

  function currencyFormat(currency: string) {
    let known = monies.get(currency);
    if (!known) {
      const style = /^[A-Za-z]{3}$/.test(currency)
        ? { style: 'currency' as const, currency }
        : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
      const format = new Intl.NumberFormat(locale, style);
      known = { format, digits: format.resolvedOptions().maximumFractionDigits ?? 2 };
      monies.set(currency, known);
    }
    return known;
  }

  return {
    locale,
    money(minor, currency) {
      const { format, digits } = currencyFormat(currency);
      return format.format(minor / 10 ** digits);
    },
    number: (n, decimals = 0) => (plain[decimals] ?? plain[1]).format(n),
    signed: (n, decimals = 0) => (withSign[decimals] ?? withSign[1]).format(n),
    percent: (share) => (percentages[share < 0.1 ? 1 : 0] as Intl.NumberFormat).format(share),
    clock(seconds) {
      const whole = Math.max(0, Math.floor(seconds));
      const two = (n: number) => String(n).padStart(2, '0');
      const hours = Math.floor(whole / HOUR_S);
      const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
      const rest = two(whole % MINUTE_S);
      return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
    },
    ago(at_s, now_s) {
      const past_s = Math.max(0, now_s - at_s);
      if (past_s < MINUTE_S) return relative.format(0, 'second');
      if (past_s < HOUR_S) return relative.format(-Math.floor(past_s / MINUTE_S), 'minute');
      if (past_s < DAY_S) return relative.format(-Math.floor(past_s / HOUR_S), 'hour');
      return relative.format(-Math.floor(past_s / DAY_S), 'day');
    },
    exact: (at_s) => exactly.format(at_s * 1000),
    time: (at_s) => timeOfDay.format(at_s * 1000),
    day(at_s, now_s) {
      const days = daysBetween(at_s, now_s);
      return days < 2
        ? capitalised(longRelative.format(-Math.max(0, days), 'day'))
        : date.format(at_s * 1000);
    },
    minutes(seconds) {
      const minutes = Math.floor(seconds / MINUTE_S);
      if (minutes < 1) return null;
      if (minutes < 60) return minuteUnit.format(minutes);
      return `${hourUnit.format(Math.floor(minutes / 60))} ${minuteUnit.format(minutes % 60)}`;
    },
    language(tag) {
      try {
        return languages.of(tag.replaceAll('_', '-')) ?? tag;
      } catch {
        return tag; // not a language tag: what the browser said is still worth showing
      }
    },
  };
}

/** Calendar days from one moment to another, in this machine's time zone. */
export function daysBetween(from_s: number, to_s: number): number {
  const midnight = (at_s: number) => new Date(at_s * 1000).setHours(0, 0, 0, 0);
  return Math.round((midnight(to_s) - midnight(from_s)) / (DAY_S * 1000));
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
