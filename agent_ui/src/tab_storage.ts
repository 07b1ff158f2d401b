// What this tab keeps over a reload: unsent operations and drafts. It belongs to one agent; where the
// browser allows no storage, it lives as long as the page.

const PREFIX = 'cobrowse.console.';
const OWNER = `${PREFIX}agent`;

/** Forgets what another agent left in this tab: nobody sends another's words. */
export function claimTab(agent: string): void {
  try {
    if (sessionStorage.getItem(OWNER) === agent) return;
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    }
    sessionStorage.setItem(OWNER, agent);
  } catch {
    // No storage, nothing left in it.
  }
}

/** What was kept under the name; undefined when there is nothing that can be read. */
export function kept<T>(name: string): T | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? '') as T;
  } catch {
    return undefined;
  }
}

export function keep(name: string, value: unknown): void {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full, or not allowed.
  }
}
