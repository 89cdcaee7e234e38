/**
 * Every way a candidate can be refused, in the order in which a candidate meets them. The index of a reason is its
 * slot in a tally; names are what people and metrics see.
 */
export const REASONS = [
  // Search, cheapest test first.
  'pool-not-quotable',
  'no-marginal-profit',
  'pool-busy',
  'edge-spent',
  'no-capital',
  'no-reference-price',
  'budget-exhausted',
  'quote-refused',
  'no-exact-profit',
  'below-costs',
  // Approval.
  'paused',
  'halted',
  'feed-stale',
  'below-min-profit',
  'max-pending',
  'insufficient-balance',
  'outranked',
] as const;

export type Reason = (typeof REASONS)[number];

/** Counts by reason without an allocation per event. */
export interface Tally {
  readonly counts: Float64Array;
  add(reason: Reason): void;
  clear(): void;
  addAll(other: Tally): void;
  of(reason: Reason): number;
}

const INDEX = new Map<Reason, number>(REASONS.map((reason, index) => [reason, index]));

export function createTally(): Tally {
  const counts = new Float64Array(REASONS.length);
  return {
    counts,
    add(reason) {
      const index = INDEX.get(reason)!;
      counts[index] = counts[index]! + 1;
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
