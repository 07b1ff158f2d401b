// What the mirror must have of the page's elements, in two numbers: reckoned when the page is idle, and compared where
// it is drawn. SPEC equal.2.

/** A tree as one side has it. */
export interface Tree {
  /** Above 0 for what the mirror knows. */
  idOf(node: Node): number;
  /** 'out': not in the mirror; 'leaf': nothing in it is. */
  standing(element: Element): 'out' | 'leaf' | 'in';
}

export interface Checksum {
  elements: number;
  hash: number;
}

const STEP = 200;

/** Of each element its number and its parent's, in their order; pages in frames have no part in it. Rests now and then. */
export function* checksum(root: Document, { idOf, standing }: Tree): Generator<void, Checksum> {
  let elements = 0;
  let hash = 0;
  const todo: [Element, number][] = [];
  const add = (children: HTMLCollection, parent: number) => {
    for (let at = children.length; at--; ) todo.push([children[at] as Element, parent]);
  };
  add(root.children, 0);
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [element, parent] = next;
    const id = idOf(element);
    const stands = id > 0 ? standing(element) : 'out';
    if (stands === 'out') continue;
    elements++;
    hash = Math.imul(Math.imul(hash, 31) + id, 31) + parent;
    hash |= 0;
    if (stands === 'in') {
      add(element.children, id);
      if (element.shadowRoot) add(element.shadowRoot.children as HTMLCollection, -id);
    }
    if (elements % STEP === 0) yield;
  }
  return { elements, hash };
}
