/**
 * Every way a candidate can be refused, in the order in which a candidate meets them. The index of a reason is its
 * slot in a tally; names are what people and metrics see. In the search a candidate is a cycle of mints: it stands for
 * every choice of pools and shares along it.
 */
export const REASONS = [
  // Search, cheapest test first.
  'pool-not-quotable',
  'no-marginal-profit',
  'pool-busy',
  'edge-spent',
  'no-capital',
  'no-reference-price',
  'too-small',
  'below-costs',
  'capped',
  'beyond-accounts',
  'outranked',
  'budget-exhausted',
  'quote-refused',
  'beyond-compute',
  'no-exact-profit',
  'conflicting',
  // Approval.
  'paused',
  'halted',
  'feed-stale',
  'malformed-route',
  'misstated',
  'above-pool-share',
  'above-fee-cap',
  'above-max-trade',
  'below-min-profit',
  'max-pending',
  'insufficient-balance',
  'insufficient-sol',
] as const;

export type Reason = (typeof REASONS)[number];

/** Counts by reason without an allocation per event. */
export interface Tally {
  readonly counts: Float64Array;
  /** Counts one, or as many as given. */
  add(reason: Reason, count?: number): void;
  clear(): void;
  addAll(other: Tally): void;
  of(reason: Reason): number;
}

const INDEX = new Map<Reason, number>(REASONS.map((reason, index) => [reason, index]));

/**
 * A tally in which every reason stands at nothing.
 *
 * @example
 * ```ts
 * import { createTally } from 'solana-dex-arbitrage/search';
 *
 * const tally = createTally();
 * tally.add('below-costs', 2);
 * tally.of('below-costs'); // → 2
 * ```
 */
export function createTally(): Tally {
  const counts = new Float64Array(REASONS.length);
  return {
    counts,
    add(reason, count = 1) {
      const index = INDEX.get(reason)!;
      counts[index] = counts[index]! + count;
    },
    addAll(other) {
      for (let i = 0; i < counts.length; i++) counts[i] = counts[i]! + other.counts[i]!;
    },
    clear() {
      counts.fill(0);
    },
    of: (reason) => counts[INDEX.get(reason)!]!,
  };
}
