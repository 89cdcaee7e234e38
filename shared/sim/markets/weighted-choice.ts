import type { Random } from '../../core/random.ts';

/** Draws an index from 0 to `weights.length` - 1 in proportion to the weights; -1 when there are none. */
export function createWeightedChoice(weights: readonly number[]): (random: Random) => number {
  let total = 0;
  const sums = weights.map((weight) => {
    total += weight;
    return total;
  });
  return (random) => {
    const wanted = random.next() * total;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return high;
  };
}
