/**
 * What is assumed to be bid for a place in the block. What the others really bid is in no recording, so a census gives
 * the result under each.
 */
export type TipAssumption =
  | { readonly name: string; readonly kind: 'fixed'; readonly lamports: bigint }
  /** Of the gross profit decided on, in hundredths. */
  | { readonly name: string; readonly kind: 'share'; readonly percent: bigint };

/** No block engine takes a lower one. */
const MIN_TIP_LAMPORTS = 1_000n;

/** None, the tips seen in landed bundles by percentile, and half of the gross profit. */
export const TIP_ASSUMPTIONS: readonly TipAssumption[] = [
  { name: 'none', kind: 'fixed', lamports: 0n },
  { name: 'p25', kind: 'fixed', lamports: 5_000n },
  { name: 'p50', kind: 'fixed', lamports: 10_000n },
  { name: 'p75', kind: 'fixed', lamports: 1_000_000n },
  { name: 'p95', kind: 'fixed', lamports: 5_300_000n },
  { name: 'p99', kind: 'fixed', lamports: 8_300_000n },
  { name: '50 %', kind: 'share', percent: 50n },
];

/** Index of the tip that the verdict rests on: whoever contends for a gap bids a share of it, not a fixed sum. */
export const VERDICT_TIP = TIP_ASSUMPTIONS.findIndex(({ kind }) => kind === 'share');

/** The tip in lamports, rounded up, for a trade that was decided on with that gross profit. */
export function tipLamports(assumption: TipAssumption, grossLamports: bigint): bigint {
  if (assumption.kind === 'fixed') return assumption.lamports;
  const share = (grossLamports * assumption.percent + 99n) / 100n;
  return share < MIN_TIP_LAMPORTS ? MIN_TIP_LAMPORTS : share;
}
