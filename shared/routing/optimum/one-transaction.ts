import type { Address } from '../../core/address.ts';
import { mintWorths } from './mint-worth.ts';
import {
  curvesOf,
  dualBound,
  type Optimum,
  type OptimumParams,
  solveOptimum,
  solveOverCurves,
} from './optimum.ts';
import type { TradeCurve } from './trade-curve.ts';

export interface OneTransactionParams extends OptimumParams {
  /** Swaps that fit one transaction. Default 4. */
  readonly maxSwaps?: number;
}

/** The most that one transaction can take, by trying everything. Base units of the start mint. */
export interface OneTransaction extends Pick<Optimum, 'profit' | 'bound' | 'amountIn' | 'flows'> {
  /** Sets of swaps there are, and those whose bound was above the best so far, so that they were sized. */
  readonly plans: number;
  readonly sized: number;
}

const DEFAULT_SWAPS = 4;

/**
 * The best cycle of 2 to `maxSwaps` hops over different mints, each hop over one pool or split over several of its
 * pair, with no more than `maxSwaps` swaps. Every such set of swaps is either sized, by exact quotes and to its own
 * certificate, or left out because a certified bound says that it takes no more than what was found. For small markets:
 * the number of sets grows with the fourth power of the pools.
 */
export function solveOneTransaction(params: OneTransactionParams): OneTransaction {
  const { pools, clock, startMint, maxIn, maxSwaps = DEFAULT_SWAPS } = params;
  if (maxIn <= 0n) return { profit: 0n, bound: 0n, amountIn: 0n, flows: [], plans: 0, sized: 0 };
  const worths = mintWorths(pools, startMint, clock);
  const curves = curvesOf(pools, worths, params);
  const { prices, capPrice } = solveOptimum(params);
  const boundOf = (plan: Plan): number => dualBound(plan, prices, capPrice, startMint, Number(maxIn));
  const plans = plansOf(curves, startMint, maxSwaps)
    .filter(mayPay)
    .map((plan) => ({ plan, bound: boundOf(plan) }))
    .sort((a, b) => b.bound - a.bound);

  let best: Pick<Optimum, 'profit' | 'amountIn' | 'flows'> = { profit: 0n, amountIn: 0n, flows: [] };
  let bound = 0n;
  let sized = 0;
  for (const { plan, bound: atMarketPrices } of plans) {
    if (atMarketPrices <= Number(best.profit)) break;
    sized += 1;
    const own = new Map([...worths].filter(([mint]) => mint === startMint || touches(plan, mint)));
    const found = solveOverCurves({ curves: plan, worths: own, startMint, maxIn, enough: best.profit });
    if (found.bound > bound) bound = found.bound;
    if (found.profit > best.profit) best = found;
  }
  if (bound < best.profit) bound = best.profit;
  const { profit, amountIn, flows } = best;
  return { profit, amountIn, flows, bound, plans: plans.length, sized };
}

/** The curves of one set of swaps, hop by hop. */
type Plan = readonly TradeCurve[];

function touches(plan: Plan, mint: Address): boolean {
  return plan.some(({ mintIn }) => mintIn === mint);
}

/** Whether the best prices of the hops multiply to more than 1: no split pays otherwise. */
function mayPay(plan: Plan): boolean {
  const best = new Map<Address, number>();
  for (const { mintIn, bestPrice } of plan) {
    best.set(mintIn, Math.max(bestPrice, best.get(mintIn) ?? 0));
  }
  let product = 1;
  for (const price of best.values()) product *= price;
  return product > 1;
}

/**
 * Every set that no other one contains: each holds its smaller ones, since a curve in it may be left unused. Mints of a
 * cycle are all different.
 */
export function plansOf(
  curves: readonly TradeCurve[],
  startMint: Address,
  maxSwaps: number,
): readonly Plan[] {
  const plans: Plan[] = [];
  for (const cycle of mintCycles(curves, startMint, maxSwaps)) {
    const hops = cycle.map((mintIn, i) => {
      const mintOut = cycle[i + 1] ?? startMint;
      return curves.filter((curve) => curve.mintIn === mintIn && curve.mintOut === mintOut);
    });
    chooseHop(hops, 0, [], maxSwaps, plans);
  }
  return plans;
}

/** Mint by mint from the start mint, without the return to it. */
export function mintCycles(
  curves: readonly TradeCurve[],
  startMint: Address,
  maxHops: number,
): readonly (readonly Address[])[] {
  const next = new Map<Address, Set<Address>>();
  for (const { mintIn, mintOut } of curves) {
    const known = next.get(mintIn);
    if (known === undefined) next.set(mintIn, new Set([mintOut]));
    else known.add(mintOut);
  }
  const cycles: (readonly Address[])[] = [];
  const walk = (path: readonly Address[]): void => {
    const at = path[path.length - 1]!;
    for (const mint of next.get(at) ?? []) {
      if (mint === startMint && path.length >= 2) cycles.push(path);
      else if (path.length < maxHops && !path.includes(mint)) walk([...path, mint]);
    }
  };
  walk([startMint]);
  return cycles;
}

/** Takes one or more of the hop's curves, keeping a swap for each hop to come; whole plans go to `plans`. */
function chooseHop(
  hops: readonly (readonly TradeCurve[])[],
  hop: number,
  chosen: Plan,
  maxSwaps: number,
  plans: Plan[],
): void {
  const free = (hops[hop] ?? []).filter(({ pool }) => chosen.every((other) => other.pool !== pool));
  const room = maxSwaps - chosen.length - (hops.length - hop - 1);
  if (hop === hops.length - 1) {
    // The last hop takes all the room: fewer would be part of that.
    for (const last of subsets(free, Math.min(room, free.length))) plans.push([...chosen, ...last]);
    return;
  }
  for (let size = 1; size <= Math.min(room, free.length); size++) {
    for (const taken of subsets(free, size)) {
      chooseHop(hops, hop + 1, [...chosen, ...taken], maxSwaps, plans);
    }
  }
}

/** All subsets of one size; none for size 0, because a hop needs a pool. */
function subsets<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [];
  if (size === 1) return items.map((item) => [item]);
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}
