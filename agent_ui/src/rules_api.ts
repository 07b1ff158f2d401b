// The server's JSON about rules: what they are, what they decided, what they earned.

import type { OfferStatus } from '../../web/core/messages';
import { query, request } from './api';

export interface Rule {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly enabled: boolean;
  /** A rule that its own text switches off is not the switch's to put on. */
  readonly switchable: boolean;
  readonly priority: number;
  readonly file: string;
  readonly edited: boolean;
  readonly has_file: boolean;
  readonly file_changed: boolean;
  readonly holdout: number;
  readonly variants: readonly string[];
  readonly source: string;
  readonly recent?: {
    readonly causes: Readonly<Record<string, number>>;
    readonly accepted: number;
  };
}

export interface RuleList {
  readonly rules: readonly Rule[];
  readonly errors: readonly string[];
  readonly faults: readonly { rule: string; message: string; count: number }[];
  readonly recent_days: number;
  readonly may_edit: boolean;
}

export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Checked {
  /** The id that the draft names; null while it has mistakes. */
  readonly id: string | null;
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
}

export interface Version {
  readonly number: number;
  readonly at: number;
  readonly kind: 'file' | 'edit' | 'restore' | 'delete' | 'on' | 'off';
  readonly version: string;
  readonly by: string;
  readonly source: string;
}

export interface Arm {
  readonly people: number;
  readonly buyers: number;
  readonly orders: number;
  readonly revenue_minor: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Conclusion = 'no-holdout' | 'too-early' | 'more' | 'fewer' | 'no-difference';

export interface Results {
  readonly site: string;
  readonly currency: string;
  readonly days: number;
  /** The one version that is counted, "" for all; and those that there were in these days, the latest first. */
  readonly version: string;
  readonly versions: readonly { readonly version: string; readonly since: number }[];
  readonly window_s: number;
  readonly shown: number;
  readonly outcomes: Readonly<Partial<Record<OfferStatus, number>>>;
  readonly chats: number;
  readonly held_back: Readonly<Record<string, number>>;
  readonly arms: { readonly shown: Arm; readonly control: Arm };
  readonly variants: Readonly<Record<string, Arm>>;
  readonly uplift: Interval | null;
  readonly revenue_uplift_minor: Interval | null;
  readonly level: number;
  readonly conclusion: Conclusion;
  readonly people_needed: number;
}

/** One part of a rule's condition: whether it holds (null: it could not be told), and the facts in it. */
export interface Operand {
  readonly source: string;
  readonly holds: boolean | null;
  readonly values: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly rule: string;
  readonly title: string;
  readonly version: string;
  readonly cause: string;
  readonly reason: string;
  /** When it would offer if nothing else changes; null: not by time alone. */
  readonly due: number | null;
  readonly arm: string;
  readonly operands: readonly Operand[];
}

export interface Why {
  readonly now: number;
  readonly verdicts: readonly Verdict[];
}

export interface Decision {
  readonly offset: number;
  readonly at: number;
  readonly rule: string;
  readonly title: string;
  readonly version: string;
  readonly cause: string;
  readonly arm: string;
  readonly reason: string;
  readonly operands: readonly Operand[];
  readonly outcome: OfferStatus | null;
}

const rule = (id: string) => `rules/${encodeURIComponent(id)}`;
const room = (id: string) => `rooms/${encodeURIComponent(id)}`;

export const rulesApi = {
  list: (site: string) => request<RuleList>(`rules?${query({ site })}`),
  check: (source: string, signal?: AbortSignal) =>
    request<Checked>('rules/check', { method: 'POST', body: { source }, signal }),
  save: (id: string, source: string, version: string) =>
    request<{ rule: Rule }>(rule(id), { method: 'PUT', body: { source, version } }),
  restore: (id: string, version: string) =>
    request<{ rule: Rule | null }>(`${rule(id)}/restore`, { method: 'POST', body: { version } }),
  switch: (id: string, enabled: boolean) =>
    request<{ rule: Rule }>(`${rule(id)}/switch`, { method: 'PUT', body: { enabled } }),
  versions: async (id: string) =>
    (await request<{ versions: Version[] }>(`${rule(id)}/versions`)).versions,
  results: (id: string, site: string, days: number, version: string) =>
    request<Results>(`${rule(id)}/results?${query({ site, days: String(days), version })}`),
  why: (id: string, signal?: AbortSignal) => request<Why>(`${room(id)}/why`, { signal }),
  decisions: async (id: string, before?: number, signal?: AbortSignal) => {
    const page = before === undefined ? '' : `?${query({ before: String(before) })}`;
    return (await request<{ decisions: Decision[] }>(`${room(id)}/decisions${page}`, { signal }))
      .decisions;
  },
};

export type RulesApi = typeof rulesApi;
