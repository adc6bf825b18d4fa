// The nearest of the known names to one that is not known, for error texts.

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
};

/** The known name that `name` was probably meant to be, or undefined when none is near (a third of its length). */
export const suggest = (name: string, known: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
};

/** `did you mean 'hosts'?`, or a list of what there is when that is short, or nothing. */
export const didYouMean = (name: string, known: Iterable<string>): string | undefined => {
  const names = [...known];
  const best = suggest(name, names);
  if (best !== undefined) return `did you mean '${best}'?`;
  return names.length > 0 && names.length <= 12 ? `known are: ${names.join(', ')}` : undefined;
};
