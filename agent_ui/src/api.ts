// The server's JSON for the console. Every failure is an ApiError with words to show.

import type { Message, SiteView } from '../../web/core/messages';

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  readonly teams: readonly string[];
}

export interface Product {
  readonly line: string;
  readonly name: string;
  readonly variant: string;
  readonly price_minor: number | null;
  readonly currency: string;
  readonly category: string;
  readonly image: string;
  readonly url: string;
  readonly stock: number | null;
}

export interface Contact {
  readonly id: string;
  readonly room: string;
  readonly name: string;
  readonly email: string;
  readonly created_at: number;
  readonly conversations: number;
}

export interface PastConversation {
  readonly id: string;
  readonly status: 'waiting' | 'open' | 'closed';
  readonly opened_at: number;
  readonly closed_at: number | null;
  readonly reason: string;
  readonly taken_by: string | null;
}

/** What the shop has signed of a visitor who has written. */
export interface Person {
  readonly email: string | null;
  readonly number: string | null;
}

export interface History {
  readonly conversations: PastConversation[];
  readonly contact: Person | null;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 10_000;

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The server's answer. Raises ApiError for a refusal, whatever fetch raises when there is no answer. */
export async function request<T>(
  path: string,
  { method = 'GET', body: sent, signal }: Ask = {},
): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`/console/api/${path}`, {
    method,
    headers: { accept: 'application/json', 'x-cobrowse': 'console' },
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
    credentials: 'same-origin',
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  const { code = 'unknown', message = '' } =
    (body as { error?: { code?: string; message?: string } } | undefined)?.error ?? {};
  throw new ApiError(response.status, code, message);
}

export interface Api {
  me(): Promise<{ agent: Agent; sites: SiteView[] }>;
  products(site: string, text: string, signal?: AbortSignal): Promise<Product[]>;
  messages(room: string, before: number): Promise<Message[]>;
  contacts(text: string, signal?: AbortSignal): Promise<Contact[]>;
  history(room: string): Promise<History>;
}

export const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

export const api: Api = {
  me: () => request('me'),
  products: async (site, q, signal) =>
    (await request<{ products: Product[] }>(`products?${query({ site, q })}`, { signal })).products,
  messages: async (room, before) =>
    (
      await request<{ messages: Message[] }>(
        `rooms/${encodeURIComponent(room)}/messages?${query({ before: String(before) })}`,
      )
    ).messages,
  contacts: async (q, signal) =>
    (await request<{ contacts: Contact[] }>(`contacts?${query({ q })}`, { signal })).contacts,
  history: (room) => request(`rooms/${encodeURIComponent(room)}/history`),
};
