// The server's JSON about codes, recordings and the audit.

import { query, request } from './api';

export interface Recording {
  readonly id: string;
  readonly room: string;
  readonly site: string;
  readonly csa: string;
  readonly csa_name: string;
  readonly started_at: number;
  readonly ended_at: number;
  readonly size_bytes: number;
  readonly parts: number;
}

export interface Deed {
  readonly id: string;
  readonly at: number;
  readonly site: string;
  readonly room: string;
  readonly kind: string;
  readonly actor_role: string;
  readonly actor: string;
  readonly actor_name: string;
  readonly csa: string;
  readonly csa_name: string;
  readonly detail: string;
}

export interface DeedPage {
  readonly deeds: readonly Deed[];
  /** Where the next page begins; "" at the end. */
  readonly next: string;
}

const PART_TIMEOUT_MS = 30_000;

/** All raise ApiError. */
export const careApi = {
  useCode: (digits: string) =>
    request<{ room: string; site: string }>('codes', { method: 'POST', body: { digits } }),
  audit: (fields: Record<string, string>) => request<DeedPage>(`audit?${query(fields)}`),
  previews: () =>
    request<{ previews: { site: string; pages: string[] }[]; valid_s: number }>('previews'),
  recordings: async (room: string) =>
    (await request<{ recordings: Recording[] }>(`rooms/${encodeURIComponent(room)}/recordings`))
      .recordings,
  recording: async (id: string) =>
    (await request<{ recording: Recording }>(`recordings/${encodeURIComponent(id)}`)).recording,
  remove: (id: string) => request(`recordings/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  /** A part's bytes, inflated. */
  async part(id: string, number: number): Promise<Uint8Array> {
    const answer = await fetch(
      `/console/api/recordings/${encodeURIComponent(id)}/parts/${number}`,
      {
        credentials: 'same-origin',
        signal: AbortSignal.timeout(PART_TIMEOUT_MS),
      },
    );
    if (!answer.ok || !answer.body) throw new Error('a part of the recording did not come');
    const plain = answer.body.pipeThrough(new DecompressionStream('deflate-raw'));
    return new Uint8Array(await new Response(plain).arrayBuffer());
  },
};
