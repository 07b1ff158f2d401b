// What outlives a page: the visitor's token and the cart's base in the shop's own localStorage, this tab's life in its
// sessionStorage. Where storage is blocked, memory does: all works for as long as the page lives.

export interface Shelf {
  /** The key as it is written, the site's own. */
  name(key: string): string;
  get<T>(key: string): T | undefined;
  /** Keeps the value, or forgets what was there when there is none. */
  put(key: string, value?: unknown): void;
}

/** A shelf of the storage that `open` gives, in memory where it cannot be had; keys carry the site's. */
function shelf(open: () => Storage, site: string): Shelf {
  const memory = new Map<string, string>();
  const name = (key: string) => `cobrowse:${site}:${key}`;
  return {
    name,
    get(key) {
      try {
        const text = memory.get(key) ?? open().getItem(name(key));
        return text ? JSON.parse(text) : undefined;
      } catch {
        return undefined;
      }
    },
    put(key, value) {
      const text = JSON.stringify(value) ?? ''; // undefined has no JSON
      try {
        if (text) open().setItem(name(key), text);
        else open().removeItem(name(key));
        memory.delete(key);
      } catch {
        memory.set(key, text);
      }
    },
  };
}

export interface Stores {
  visitor: Shelf;
  tab: Shelf;
}

/**
 * Both shelves of a site. A browser that duplicates a tab copies its sessionStorage, and with it the mark `alive` that the
 * session keeps there while the tab is before somebody's eyes; such a copy begins a life of its own, since two tabs must
 * never write under one replica.
 */
export function openStores(site: string): Stores {
  const visitor = shelf(() => localStorage, site);
  const tab = shelf(() => sessionStorage, site);
  if (tab.get('alive')) tab.put('life');
  return { visitor, tab };
}
