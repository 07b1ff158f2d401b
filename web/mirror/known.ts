// Style sheets that the server has already: a snapshot names them. Only files that a page links, which are the same for
// everybody. SPEC mirror.10.

import { EventType, type MirrorEvent, type MirrorNode } from '../core/mirror';

/** Puts its hash in the place of each style sheet that is `known`. Without a safe origin there is nothing to reckon with. */
export async function nameKnown(
  events: readonly MirrorEvent[],
  known: ReadonlySet<string>,
): Promise<void> {
  const links: MirrorNode[] = [];
  const find = (node: MirrorNode) => {
    if (node.tagName === 'link') links.push(node);
    node.childNodes?.forEach(find);
  };
  for (const event of events) if (event.type === EventType.FullSnapshot) find(event.data.node);
  for (const { attributes = {} } of crypto.subtle ? links : []) {
    const text = attributes._cssText;
    if (typeof text !== 'string') continue;
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    const hash = Array.from(new Uint8Array(digest), (n) => n.toString(16).padStart(2, '0')).join(
      '',
    );
    if (!known.has(hash)) continue;
    // Not sent, and still there for who looks which files it names.
    Object.defineProperty(attributes, '_cssText', { enumerable: false });
    attributes._cssHash = hash;
  }
}
