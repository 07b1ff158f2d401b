// Paths of a shop's pages, as its settings name them.

/** Whether a path is one of those: `*` stands for anything, "" for every path. */
export function onPage(pages: string | undefined, path: string): boolean {
  if (!pages) return true;
  const pattern = pages.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${pattern}$`).test(path);
}
