import { ASSUMED_CHAIN, tokenAccountRentLamports } from '../core/chain-parameters.ts';

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
  /** What an attempt must earn so that, over many, those that fail are paid for too. At least `totalLamports`. */
  readonly hurdleLamports: bigint;
  readonly odds: AttemptOdds;
}

/** What becomes of attempts, in millionths of them; the rest never lands and costs nothing. */
export interface AttemptOdds {
  readonly successPpm: bigint;
  /** Land and revert: they pay the fees, and no tip. */
  readonly revertPpm: bigint;
}

/** What the costs of a route depend on. */
export interface CostQuery {
  /** Swaps in the transaction. */
  readonly legs: number;
  /** Token accounts that it must create; 0 when absent. */
  readonly newAccounts?: number;
  /** Compute units that its swaps were counted to cost; taken from their number when absent. */
  readonly computeUnits?: number;
}

/** Gives the costs of an attempt before it is sized: they move with the route, not with the amount. */
export interface CostModel {
  costsOf(query: CostQuery): CostBreakdown;
  /**
   * What a compute unit costs now, micro-lamports, from an event of the engine and from nowhere else, so that a replay
   * costs the same; undefined: no longer known. A model of fixed figures does not listen.
   */
  setUnitPrice(microLamportsPerUnit: bigint | undefined): void;
  /** What the chain asks for one token account now; a model with a configured rent does not listen. */
  setTokenAccountRent(lamports: bigint): void;
  /** The estimate that counts now; undefined while the configured fee does. */
  readonly unitPriceMicroLamports: bigint | undefined;
}

/** The figures of the static model, all in lamports. */
export interface StaticCosts {
  readonly baseFeeLamports: bigint;
  /** Per leg: each swap adds compute units. */
  readonly priorityFeeLamports: bigint;
  readonly tipLamports: bigint;
  /** Rent of one token account, whatever the chain asks; what the chain asks when absent. */
  readonly rentLamports?: bigint | undefined;
  /** Share of the attempts that succeed, above 0; 1 when absent. */
  readonly landingOdds?: number;
  /** Share that lands and reverts; 0 when absent. */
  readonly revertOdds?: number;
}

const PPM = 1_000_000n;
/** Costs are remembered by legs and new accounts. */
const MAX_NEW_ACCOUNTS = 16;

/**
 * What an attempt of the given net profit is worth on average, lamports, rounded down: its profit when it succeeds less
 * what it costs when it reverts.
 */
export function expectedLamports({ odds, failureLamports }: CostBreakdown, netLamports: bigint): bigint {
  const scaled = netLamports * odds.successPpm - failureLamports * odds.revertPpm;
  const quotient = scaled / PPM;
  return scaled < 0n && quotient * PPM !== scaled ? quotient - 1n : quotient;
}

/** How an estimate of what a compute unit costs becomes the fee of a leg. */
export interface EstimatedCosts extends StaticCosts {
  /** Compute units that one swap is taken to need until its route has been quoted exactly. */
  readonly unitsPerLeg: number;
  /** No estimate makes a leg dearer, in lamports. */
  readonly maxPriorityFeeLamports: bigint;
}

const MICRO_LAMPORTS = 1_000_000n;

/**
 * A model with fixed figures: the same for every route of the same length.
 *
 * @example
 * ```ts
 * import { createStaticCosts } from 'solana-dex-arbitrage/search';
 *
 * const figures = { baseFeeLamports: 5_000n, priorityFeeLamports: 1_000n, tipLamports: 10_000n };
 * createStaticCosts(figures).costsOf({ legs: 3 }).totalLamports; // → 18_000n
 * ```
 */
export function createStaticCosts(figures: StaticCosts): CostModel {
  return createCosts(figures, () => figures.priorityFeeLamports, undefined);
}

/**
 * Fixed figures, but the priority fee follows what a compute unit costs while that is known: times the units that a route
 * was counted to need, rounded up, or times a figure for each leg before that is known.
 */
export function createEstimatedCosts(figures: EstimatedCosts): CostModel {
  const { maxPriorityFeeLamports: most } = figures;
  const feeOf = (price: bigint, units: bigint): bigint =>
    (price * units + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
  const atMost = (fee: bigint, limit: bigint): bigint => (fee > limit ? limit : fee);
  const units = BigInt(figures.unitsPerLeg);
  return createCosts(
    figures,
    (price) => (price === undefined ? figures.priorityFeeLamports : atMost(feeOf(price, units), most)),
    (price, computeUnits, legs) => atMost(feeOf(price, BigInt(computeUnits)), most * BigInt(legs)),
  );
}

function createCosts(
  figures: StaticCosts,
  feePerLeg: (microLamportsPerUnit: bigint | undefined) => bigint,
  /** The fee of a route whose units are counted; undefined for a model that does not listen to what a unit costs. */
  feeOfUnits: ((microLamportsPerUnit: bigint, units: number, legs: number) => bigint) | undefined,
): CostModel {
  const known: CostBreakdown[] = [];
  const odds: AttemptOdds = {
    successPpm: BigInt(Math.round((figures.landingOdds ?? 1) * Number(PPM))),
    revertPpm: BigInt(Math.round((figures.revertOdds ?? 0) * Number(PPM))),
  };
  let rentEach = figures.rentLamports ?? tokenAccountRentLamports(ASSUMED_CHAIN);
  let legFeeLamports = feePerLeg(undefined);
  let unitPrice: bigint | undefined;
  return {
    get unitPriceMicroLamports() {
      return unitPrice;
    },
    setUnitPrice(microLamportsPerUnit) {
      if (feeOfUnits === undefined) return;
      unitPrice = microLamportsPerUnit;
      legFeeLamports = feePerLeg(microLamportsPerUnit);
      known.length = 0;
    },
    setTokenAccountRent(lamports) {
      if (figures.rentLamports !== undefined || lamports === rentEach) return;
      rentEach = lamports;
      known.length = 0;
    },
    costsOf({ legs, newAccounts = 0, computeUnits }) {
      const isCounted = computeUnits !== undefined && unitPrice !== undefined && feeOfUnits !== undefined;
      const key = legs * MAX_NEW_ACCOUNTS + newAccounts;
      const before = isCounted ? undefined : known[key];
      if (before !== undefined) return before;
      const priorityFeeLamports = isCounted
        ? feeOfUnits(unitPrice!, computeUnits, legs)
        : legFeeLamports * BigInt(legs);
      const failureLamports = figures.baseFeeLamports + priorityFeeLamports;
      const rentLamports = rentEach * BigInt(newAccounts);
      const totalLamports = failureLamports + figures.tipLamports + rentLamports;
      const breakdown: CostBreakdown = {
        baseFeeLamports: figures.baseFeeLamports,
        priorityFeeLamports,
        tipLamports: figures.tipLamports,
        rentLamports,
        totalLamports,
        failureLamports,
        hurdleLamports: totalLamports + perSuccess(failureLamports, odds),
        odds,
      };
      if (!isCounted) known[key] = breakdown;
      return breakdown;
    },
  };
}

/** What the failed attempts cost for each that succeeds, rounded up. */
function perSuccess(failureLamports: bigint, { successPpm, revertPpm }: AttemptOdds): bigint {
  // Nothing ever succeeds: no profit is large enough.
  if (successPpm === 0n) return failureLamports * revertPpm * PPM;
  return (failureLamports * revertPpm + successPpm - 1n) / successPpm;
}
