/** Something that tells its listeners when it has changed. */
export class Changes {
  listeners_: Set<() => void> = new Set();

  /** The disposer ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners_.add(listener);
    return () => {
      this.listeners_.delete(listener);
    };
  }

  changed_(): void {
    for (const listener of [...this.listeners_]) listener();
  }
}
