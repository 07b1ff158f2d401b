// Long work in slices, each a task of its own, so that the page stays quick under the shopper's hands. SPEC mirror.3.

/** Runs `work` in a task of its own, after what waits already; not held up in a tab in the background, as a timer would be. */
export function soon(work: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    work();
  };
  port2.postMessage(0);
}

/**
 * Takes `steps` one a task. `done` gets what they return, or `disturbed` is called in its place: the document has changed
 * meanwhile, or `isDisturbed` says so. The disposer ends it without either.
 */
export function slice<T>(
  steps: Iterator<void, T>,
  isDisturbed: () => boolean,
  done: (result: T) => void,
  disturbed: () => void,
): () => void {
  let open = true;
  let changed = false;
  const watcher = new MutationObserver((records) => {
    // Our own widget moves on its host while the leave begins; nothing is seen or hidden by that.
    changed ||= records.some(({ target }) => target.nodeName !== 'COBROWSE-WIDGET');
  });
  const end = () => {
    open = false;
    watcher.disconnect();
  };
  watcher.observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
  soon(function step() {
    if (!open) return;
    if (changed || isDisturbed()) {
      end();
      return disturbed();
    }
    let result: IteratorResult<void, T>;
    try {
      result = steps.next();
    } catch {
      end();
      return disturbed();
    }
    if (!result.done) return soon(step);
    end();
    done(result.value);
  });
  return end;
}
