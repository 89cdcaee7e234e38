/**
 * The candidate that `name` was probably meant to be, or undefined when none is near. Case and separators do not
 * count. Near: at most a third of the letters differ (at least two may), or one is the tail of the other after a
 * separator (`port` → `server.port`).
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = letters(name);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = letters(candidate);
    const tail = isTail(name, candidate) || isTail(candidate, name);
    const distance = tail ? 1 : editDistance(wanted, known);
    const limit = Math.max(2, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (distance <= limit && distance < bestDistance && distance < Math.max(wanted.length, known.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "x"?` for the end of a message, or '' when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>, prefix = ''): string {
  const match = nearest(name, candidates);
  return match === undefined ? '' : `; did you mean ${prefix}${match}?`;
}

/** Single-letter insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

function letters(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function isTail(short: string, long: string): boolean {
  const tail = short.toLowerCase();
  const whole = long.toLowerCase();
  return tail.length >= 3 && ['.', '-', '_'].some((separator) => whole.endsWith(`${separator}${tail}`));
}
