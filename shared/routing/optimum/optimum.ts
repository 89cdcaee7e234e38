import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';
import { type FeasibleFlows, type Flow, feasibleFlows } from './feasible-flows.ts';
import { type FlowSolution, solveFlowProgram } from './flow-program.ts';
import { mintWorths } from './mint-worth.ts';
import { addQuoteAt, refine, respond, sampleTradeCurve, slopeAfter, type TradeCurve } from './trade-curve.ts';

export interface OptimumParams {
  readonly pools: readonly PoolEntry[];
  readonly clock: ChainClock;
  readonly startMint: Address;
  /** Most of the start mint that goes into pools, base units. */
  readonly maxIn: bigint;
  /** The gap at which to stop, as a share of the bound. Default 1e-6. */
  readonly gapShare?: number;
  readonly maxRounds?: number;
}

/** The most that all pools together give away at this state, with its certificate. Base units of the start mint. */
export interface Optimum {
  /** Of `flows`, exact: no other mint is left short, and no more than `maxIn` goes in. */
  readonly profit: bigint;
  /** No set of swaps at this state gains more, as long as no pool pays more for the second half of an input. */
  readonly bound: bigint;
  /** `bound - profit`. */
  readonly gap: bigint;
  readonly gapShare: number;
  readonly amountIn: bigint;
  readonly flows: readonly Flow[];
  /** What one base unit of each mint is worth at the optimum, in base units of the start mint. */
  readonly prices: ReadonlyMap<Address, number>;
  /** What one base unit more of `maxIn` would bring. */
  readonly capPrice: number;
  readonly rounds: number;
  readonly quotes: number;
  readonly pivots: number;
}

const DEFAULT_GAP_SHARE = 1e-6;
const DEFAULT_ROUNDS = 40;
/** Rounds that close less than a tenth of the gap before floors and lots are taken to be all that is left of it. */
const IMPROVED = 0.9;
const MAX_IDLE = 3;
/** Quotes that one curve may add in a round. */
const STEPS = 4;

/**
 * The market-wide optimal arbitrage: the convex problem of routing through constant-function markets (Angeris, Chitra,
 * Evans, Boyd 2021), split by mint prices (Diamandis, Resnick, Chitra, Angeris 2023). Given prices every pool answers
 * with the trade that is best for it; what they gain together bounds every arbitrage from above, whatever the prices.
 * A linear program over all answers so far has the prices that make this bound lowest (Dantzig and Wolfe 1960), and
 * flows that reach it; then the pools answer anew, until bound and flows meet.
 *
 * @example
 * ```ts
 * import { createStillMarket, readMarketSnapshot, selectPools } from 'solana-dex-arbitrage/market';
 * import { solveOptimum, WSOL_MINT } from 'solana-dex-arbitrage/search';
 *
 * const { clock, accounts, pools } = readMarketSnapshot('market.json');
 * const market = createStillMarket({ clock, accounts, pools: selectPools(pools).pools });
 * const { profit, bound } = solveOptimum({ pools: market.pools, clock, startMint: WSOL_MINT, maxIn: 10n ** 10n });
 * profit >= 0n && profit <= bound; // → true
 * ```
 */
export function solveOptimum(params: OptimumParams): Optimum {
  const { pools, clock, startMint, maxIn } = params;
  const worths = mintWorths(pools, startMint, clock);
  const curves = maxIn > 0n ? curvesOf(pools, worths, params) : [];
  return solveOverCurves({ ...params, curves, worths, startMint, maxIn });
}

export interface CurvesParams extends Pick<OptimumParams, 'startMint' | 'maxIn' | 'gapShare' | 'maxRounds'> {
  /** All that may be traded; they learn from the quotes that are spent. */
  readonly curves: readonly TradeCurve[];
  /** Roughly what a unit of every mint of the curves is worth; see `mintWorths`. */
  readonly worths: ReadonlyMap<Address, number>;
  /** Stop once the bound is not above this, base units: then the profit is not the most there is. */
  readonly enough?: bigint;
}

/** The same over some directions of some pools only. */
export function solveOverCurves(params: CurvesParams): Optimum {
  const { curves, worths, startMint, maxIn, enough = 0n } = params;
  const { gapShare = DEFAULT_GAP_SHARE, maxRounds = DEFAULT_ROUNDS } = params;
  const mints = [...worths.keys()];
  const rowOf = new Map(mints.map((mint, row) => [mint, row]));

  let best: FeasibleFlows = { profit: 0n, amountIn: 0n, flows: [] };
  let bound = curves.length === 0 ? 0 : Number.POSITIVE_INFINITY;
  let prices: ReadonlyMap<Address, number> = worths;
  let capPrice = 0;
  let rounds = 0;
  let pivots = 0;
  let idle = 0;
  let lastGap = Number.POSITIVE_INFINITY;
  while (rounds < maxRounds && bound > enough) {
    rounds += 1;
    const program = programOf(curves, worths, rowOf, maxIn);
    const solution = solveFlowProgram(program.arcs);
    pivots += solution.pivots;
    const at = pricesOf(solution, mints, worths);
    const dual = dualBound(curves, at, solution.capPrice, startMint, Number(maxIn));
    if (dual < bound) {
      bound = dual;
      prices = at;
      capPrice = solution.capPrice;
    }
    const sizes = program.sizesOf(solution);
    const found = feasibleFlows(sizes, at, startMint, maxIn);
    if (found.profit > best.profit) best = found;
    const gap = bound - Number(best.profit);
    if (gap <= gapShare * bound) break;
    if (gap < IMPROVED * lastGap) idle = 0;
    else if (++idle === MAX_IDLE) break;
    lastGap = Math.min(lastGap, gap);
    if (!refineAll(curves, sizes, at, solution.capPrice, startMint, (gapShare * bound) / 2)) break;
  }
  const boundUnits = BigInt(Math.ceil(Math.max(bound, Number(best.profit))));
  const gap = boundUnits - best.profit;
  return {
    ...best,
    bound: boundUnits,
    gap,
    gapShare: boundUnits === 0n ? 0 : Number(gap) / Number(boundUnits),
    prices,
    capPrice,
    rounds,
    quotes: curves.reduce((sum, curve) => sum + curve.quotes, 0),
    pivots,
  };
}

/** Both directions of every quotable pool that is connected with the start mint. */
export function curvesOf(
  pools: readonly PoolEntry[],
  worths: ReadonlyMap<Address, number>,
  { clock, startMint, maxIn }: Pick<OptimumParams, 'clock' | 'startMint' | 'maxIn'>,
): TradeCurve[] {
  const curves: TradeCurve[] = [];
  for (const pool of pools) {
    const state = pool.state;
    if (state === undefined || !isQuotable(pool) || state.mintA === state.mintB) continue;
    if (!worths.has(state.mintA) || !worths.has(state.mintB)) continue;
    for (const aToB of [true, false]) {
      const isStart = (aToB ? state.mintA : state.mintB) === startMint;
      const ceiling = isStart ? Number(maxIn) : Number.POSITIVE_INFINITY;
      const curve = sampleTradeCurve({ pool, aToB, clock, ceiling });
      if (curve !== undefined) curves.push(curve);
    }
  }
  return curves;
}

/** The stretches between the corners of all curves as arcs, amounts in what they are worth in the start mint. */
function programOf(
  curves: readonly TradeCurve[],
  worths: ReadonlyMap<Address, number>,
  rowOf: ReadonlyMap<Address, number>,
  maxIn: bigint,
) {
  const count = curves.reduce((sum, { ins }) => sum + ins.length - 1, 0);
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const gain = new Float64Array(count);
  const bound = new Float64Array(count);
  let arc = 0;
  for (const curve of curves) {
    const worthIn = worths.get(curve.mintIn)!;
    const worthOut = worths.get(curve.mintOut)!;
    for (let corner = 0; corner + 1 < curve.ins.length; corner++, arc++) {
      from[arc] = rowOf.get(curve.mintIn)!;
      to[arc] = rowOf.get(curve.mintOut)!;
      gain[arc] = (slopeAfter(curve, corner) * worthOut) / worthIn;
      bound[arc] = (curve.ins[corner + 1]! - curve.ins[corner]!) * worthIn;
    }
  }
  return {
    arcs: { rows: rowOf.size, cap: Number(maxIn), from, to, gain, bound },
    /** Base units in by curve, those that trade. */
    sizesOf({ flow }: FlowSolution): readonly Size[] {
      const sizes: Size[] = [];
      let next = 0;
      for (const curve of curves) {
        let taken = 0;
        for (let corner = 0; corner + 1 < curve.ins.length; corner++, next++) taken += flow[next]!;
        if (taken > 0) sizes.push({ curve, size: taken / worths.get(curve.mintIn)! });
      }
      return sizes;
    },
  };
}

interface Size {
  readonly curve: TradeCurve;
  readonly size: number;
}

/** The program counts in worth; this is start mint for a base unit. */
function pricesOf(
  { prices }: FlowSolution,
  mints: readonly Address[],
  worths: ReadonlyMap<Address, number>,
): ReadonlyMap<Address, number> {
  return new Map(mints.map((mint, row) => [mint, prices[row]! * worths.get(mint)!]));
}

/** What a unit in costs in units out: start mint that goes in also takes up some of the cap. */
export function priceOf(
  curve: TradeCurve,
  prices: ReadonlyMap<Address, number>,
  capPrice: number,
  startMint: Address,
): number {
  const costIn = prices.get(curve.mintIn)! * (curve.mintIn === startMint ? 1 + capPrice : 1);
  return costIn / prices.get(curve.mintOut)!;
}

/**
 * What all pools together gain at these prices when each does its best, and the cap's price for all of the cap: at
 * least what any feasible set of swaps gains, whatever the prices.
 */
export function dualBound(
  curves: readonly TradeCurve[],
  prices: ReadonlyMap<Address, number>,
  capPrice: number,
  startMint: Address,
  maxIn: number,
): number {
  let sum = capPrice * maxIn;
  for (const curve of curves) {
    const worthOut = prices.get(curve.mintOut)!;
    // A mint worth nothing is not worth buying.
    if (worthOut <= 0) continue;
    sum += worthOut * respond(curve, priceOf(curve, prices, capPrice, startMint)).bound;
  }
  return sum;
}

/** Asks the pools where their hulls are coarse at these prices and sizes; false when nobody told anything new. */
function refineAll(
  curves: readonly TradeCurve[],
  sizes: readonly Size[],
  prices: ReadonlyMap<Address, number>,
  capPrice: number,
  startMint: Address,
  tolerance: number,
): boolean {
  let told = false;
  const each = tolerance / Math.max(1, sizes.length);
  for (const curve of curves) {
    const worthOut = prices.get(curve.mintOut)!;
    if (worthOut <= 0) continue;
    const before = curve.quotes;
    refine(curve, priceOf(curve, prices, capPrice, startMint), each / worthOut, STEPS);
    if (curve.quotes > before) told = true;
  }
  for (const { curve, size } of sizes) if (addQuoteAt(curve, size)) told = true;
  return told;
}
