/** What one attempt costs, in lamports. The shape is final. */
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
  /**
   * What a compute unit costs now, micro-lamports, from an event of the engine and from nowhere else, so that a replay
   * costs the same; undefined: no longer known. A model of fixed figures does not listen.
   */
  setUnitPrice(microLamportsPerUnit: bigint | undefined): void;
}

/** The figures of the static model, all in lamports. */
export interface StaticCosts {
  readonly baseFeeLamports: bigint;
  /** Per leg: each swap adds compute units. */
  readonly priorityFeeLamports: bigint;
  readonly tipLamports: bigint;
}

/** How an estimate of what a compute unit costs becomes the fee of a leg. */
export interface EstimatedCosts extends StaticCosts {
  /** Compute units that one swap is taken to need. */
  readonly unitsPerLeg: number;
  /** No estimate makes a leg dearer, in lamports. */
  readonly maxPriorityFeeLamports: bigint;
}

const MICRO_LAMPORTS = 1_000_000n;

/** A model with fixed figures: the same for every route of the same length. */
export function createStaticCosts(figures: StaticCosts): CostModel {
  return createCosts(figures, () => figures.priorityFeeLamports);
}

/** Fixed figures, but the priority fee follows what a compute unit costs while that is known; rounded up a leg. */
export function createEstimatedCosts(figures: EstimatedCosts): CostModel {
  const units = BigInt(figures.unitsPerLeg);
  return createCosts(figures, (price) => {
    if (price === undefined) return figures.priorityFeeLamports;
    const fee = (price * units + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
    return fee < figures.maxPriorityFeeLamports ? fee : figures.maxPriorityFeeLamports;
  });
}

function createCosts(
  figures: StaticCosts,
  feePerLeg: (microLamportsPerUnit: bigint | undefined) => bigint,
): CostModel {
  const byLegs: CostBreakdown[] = [];
  let legFeeLamports = feePerLeg(undefined);
  return {
    setUnitPrice(microLamportsPerUnit) {
      legFeeLamports = feePerLeg(microLamportsPerUnit);
      byLegs.length = 0;
    },
    costsOf({ legs }) {
      const known = byLegs[legs];
      if (known !== undefined) return known;
      const priorityFeeLamports = legFeeLamports * BigInt(legs);
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
