// What changed from one text to another, line by line: the longest common run of lines stays.

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

const CONTEXT_LINES = 2;

/** The lines of both texts in order; what stayed far from any change is left out as one undefined. */
export function changedLines(before: string, after: string): (DiffLine | undefined)[] {
  const all = diff(before.split('\n'), after.split('\n'));
  const near = all.map((_, index) =>
    all
      .slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1)
      .some(({ kind }) => kind !== 'same'),
  );
  const shown: (DiffLine | undefined)[] = [];
  all.forEach((line, index) => {
    if (near[index]) shown.push(line);
    else if (index === 0 || near[index - 1]) shown.push(undefined);
  });
  return shown;
}

/** Every line of both texts: those of the longest common subsequence once, as they stand. */
export function diff(before: readonly string[], after: readonly string[]): DiffLine[] {
  // common[i][j]: how many lines before[i..] and after[j..] share, in order.
  const common = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  const shared = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = common[i] as number[];
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] =
        before[i] === after[j]
          ? shared(i + 1, j + 1) + 1
          : Math.max(shared(i + 1, j), shared(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: 'same', text: old });
      i++;
      j++;
    } else if (old !== undefined && (fresh === undefined || shared(i + 1, j) >= shared(i, j + 1))) {
      lines.push({ kind: 'removed', text: old });
      i++;
    } else {
      lines.push({ kind: 'added', text: fresh ?? '' });
      j++;
    }
  }
  return lines;
}
