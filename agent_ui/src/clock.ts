// The console's clock: a computer's may be set while leave to see a page runs, and time goes on all the same.

/** Seconds since 1970 as they were when the page came, and what has passed since: it never jumps. */
export const steadyNow_s = (): number => (performance.timeOrigin + performance.now()) / 1000;
