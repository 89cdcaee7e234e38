/** What one attempt costs, in lamports. The shape is final; the numbers are static until the execution issue. */
export interface CostBreakdown {
  readonly baseFeeLamports: bigint;
  readonly priorityFeeLamports: bigint;
  readonly tipLamports: bigint;
  readonly rentLamports: bigint;
  readonly totalLamports: bigint;
}
