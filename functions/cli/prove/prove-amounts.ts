import type { Quote } from '../../../shared/venues/venue.ts';

/** Half of u64: the lamports of a wrapped-SOL account, ours or the pool's, hold the amount on top of what is there. */
export const LARGEST_AMOUNT = 1n << 63n;
/** How far past the largest power of two that is quoted the amounts go: there refusals are compared. */
const PAST_THE_EDGE = 8n;

/** At most `count` different amounts from 1 to `top`, evenly spaced on a logarithmic scale, rising. */
export function spacedAmounts(count: number, top: bigint): readonly bigint[] {
  if (count < 2) return count === 1 ? [1n] : [];
  const amounts = new Set<bigint>([1n]);
  const span = Math.log(Number(top));
  for (let i = 1; i < count - 1; i++) {
    const amount = BigInt(Math.floor(Math.exp((span * i) / (count - 1))));
    if (amount < top) amounts.add(amount);
  }
  amounts.add(top);
  return [...amounts];
}

/**
 * The amount up to which a direction is worth trying: eight times the largest power of two that `quote` pays for, so
 * that some amounts lie beyond what the pool can take; the largest amount of all when it pays for none.
 */
export function topAmount(quote: (amountIn: bigint) => Quote): bigint {
  for (let amount = LARGEST_AMOUNT; amount > 0n; amount >>= 1n) {
    if (!quote(amount).ok) continue;
    const top = amount * PAST_THE_EDGE;
    return top < LARGEST_AMOUNT ? top : LARGEST_AMOUNT;
  }
  return LARGEST_AMOUNT;
}
