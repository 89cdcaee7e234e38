/** What one attempt costs, in lamports. The shape is final; the numbers are static until the execution issue. */
export interface CostBreakdown {
  /** Signature fees: paid by every transaction that lands, also one that reverts. */
  readonly baseFeeLamports: bigint;
  /** Compute-unit price times limit, rounded up to a lamport: paid like the base fee. */
  readonly priorityFeeLamports: bigint;
  /** Sits inside the guarded transaction: paid only by an attempt that succeeds. */
  readonly tipLamports: bigint;
  /** Rent for token accounts that the attempt must create. */
  readonly rentLamports: bigint;
  /** The sum: what a successful attempt costs. */
  readonly totalLamports: bigint;
  /** What an attempt costs that lands and reverts. */
  readonly failureLamports: bigint;
}

/** What the costs of a route depend on. */
export interface CostQuery {
  readonly legs: number;
}

/** Gives the costs of an attempt before it is sized: they move with the route, not with the amount. */
export interface CostModel {
  costsOf(query: CostQuery): CostBreakdown;
}

/** The figures of the static model, all in lamports. */
export interface StaticCosts {
  readonly baseFeeLamports: bigint;
  /** Per leg: each swap adds compute units. */
  readonly priorityFeeLamports: bigint;
  readonly tipLamports: bigint;
}

/** A model with fixed figures: the same for every route of the same length. */
export function createStaticCosts(figures: StaticCosts): CostModel {
  const byLegs: CostBreakdown[] = [];
  return {
    costsOf({ legs }) {
      const known = byLegs[legs];
      if (known !== undefined) return known;
      const priorityFeeLamports = figures.priorityFeeLamports * BigInt(legs);
      const failureLamports = figures.baseFeeLamports + priorityFeeLamports;
      const breakdown: CostBreakdown = {
        baseFeeLamports: figures.baseFeeLamports,
        priorityFeeLamports,
        tipLamports: figures.tipLamports,
        rentLamports: 0n,
        totalLamports: failureLamports + figures.tipLamports,
        failureLamports,
      };
      byLegs[legs] = breakdown;
      return breakdown;
    },
  };
}
