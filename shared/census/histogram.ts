/** One row of a distribution: what lies from `from` up to, not including, `to`; no upper end when undefined. */
export interface Bucket {
  readonly from: bigint;
  readonly to: bigint | undefined;
  readonly count: number;
  /** Sum of the weights that came with the values. */
  readonly weight: bigint;
}

/** Counts in fixed buckets, so that hours of a recording take no more memory than a minute. */
export interface Histogram {
  add(value: bigint, weight: bigint): void;
  buckets(): readonly Bucket[];
}

/** Values below the first bound are counted in the first bucket. */
export function createHistogram(bounds: readonly bigint[]): Histogram {
  const counts = bounds.map(() => 0);
  const weights = bounds.map(() => 0n);
  return {
    add(value, weight) {
      let at = bounds.length - 1;
      while (at > 0 && value < bounds[at]!) at -= 1;
      counts[at]! += 1;
      weights[at]! += weight;
    },
    buckets: () =>
      bounds.map((from, i) => ({ from, to: bounds[i + 1], count: counts[i]!, weight: weights[i]! })),
  };
}

/** Net profit before tip, lamports. */
export const SIZE_BOUNDS: readonly bigint[] = [0n, 4n, 5n, 6n, 7n, 8n, 9n].map((e) =>
  e === 0n ? 0n : 10n ** e,
);

/** Slot ends that a gap was still there at. */
export const LIFETIME_BOUNDS: readonly bigint[] = [0n, 1n, 2n, 3n, 4n, 8n, 16n, 32n, 64n, 256n, 1_024n];
