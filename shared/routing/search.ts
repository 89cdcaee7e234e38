import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import type { CostModel } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import {
  lamportsToUnits,
  type ReferencePrice,
  referencePrice,
  unitsToLamports,
} from '../market/reference-price.ts';
import { createMarginalPrices } from './marginal-prices.ts';
import type { Leg, Opportunity } from './opportunity.ts';
import type { Reason, Tally } from './reason.ts';
import type { Route } from './route.ts';
import { createRouteIndex, type RouteIndex } from './route-index.ts';
import { type QuoteBudget, type Sized, sizeRoute } from './sizing.ts';

/** What the layers above say about a route before any quote is spent on it. */
export interface SearchGate {
  /** A reason to leave the route alone now, or undefined. */
  bars(route: Route): Reason | undefined;
  /** Largest input for the start mint, base units; 0n when there is none. */
  maxIn(startMint: Address): bigint;
}

export interface SearchParams {
  readonly market: Market;
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  readonly costs: CostModel;
  /** Exact quotes that one update may cost. */
  readonly maxQuotes: number;
}

/** Finds the sized, costed opportunities that a change opens. */
export interface Search {
  /** Must be called when pools were added or finished loading. */
  rebuild(): void;
  /** Every route known now. */
  readonly routes: readonly Route[];
  /**
   * Examines every route through the changed pools, best first by net lamports. Refusals are added to `tally`.
   * The returned array is reused by the next call.
   */
  run(
    changed: readonly PoolEntry[],
    clock: ChainClock,
    gate: SearchGate,
    tally: Tally,
  ): readonly Opportunity[];
  /** True while some route through the pool in that direction pays at size zero, before costs. */
  hasMarginalProfit(pool: PoolEntry, aToB: boolean): boolean;
}

interface Candidate {
  readonly route: Route;
  readonly marginal: number;
}

/** A margin for float error: a product this close to 1 pays nothing that integers would keep. */
const MIN_MARGINAL = 1 + 1e-9;

export function createSearch({ market, startMints, maxLegs, costs, maxQuotes }: SearchParams): Search {
  const prices = createMarginalPrices();
  const found: Opportunity[] = [];
  const candidates: Candidate[] = [];
  const seen = new Set<Route>();
  const budget: QuoteBudget = { left: 0 };
  let index: RouteIndex = createRouteIndex({ market, startMints, maxLegs });
  let sequence = 0;

  /** Queues the route as a candidate, or says why not. */
  const examine = (route: Route, gate: SearchGate): Reason | undefined => {
    const marginal = prices.product(route);
    if (marginal === 0) return 'pool-not-quotable';
    if (!(marginal > MIN_MARGINAL)) return 'no-marginal-profit';
    const barred = gate.bars(route);
    if (barred === undefined) candidates.push({ route, marginal });
    return barred;
  };

  /** Sizes and costs a candidate; keeps it as an opportunity, or says why not. */
  const value = ({ route, marginal }: Candidate, clock: ChainClock, gate: SearchGate): Reason | undefined => {
    const maxIn = gate.maxIn(route.startMint);
    if (maxIn <= 0n) return 'no-capital';
    const price = referencePrice(market, route.startMint);
    if (price === undefined) return 'no-reference-price';
    const sized = sizeRoute({ route, maxIn, marginal, clock, budget });
    if (!sized.ok) return sized.reason;
    const opportunity = describe(route, sized, clock, price);
    if (opportunity.netProfit <= 0n) return 'below-costs';
    found.push(opportunity);
    return undefined;
  };

  const describe = (route: Route, sized: Sized, clock: ChainClock, price: ReferencePrice): Opportunity => {
    const breakdown = costs.costsOf({ legs: route.hops.length });
    const costUnits = lamportsToUnits(breakdown.totalLamports, price);
    const netProfit = sized.profit - costUnits;
    sequence += 1;
    return {
      id: `${market.slot}-${sequence}`,
      routeId: route.id,
      slot: market.slot,
      startMint: route.startMint,
      legs: legsOf(route, sized.offered, clock),
      amountIn: sized.amountIn,
      amountOut: sized.amountOut,
      grossProfit: sized.profit,
      costs: breakdown,
      costUnits,
      netProfit,
      netLamports: unitsToLamports(netProfit, price),
    };
  };

  return {
    get routes() {
      return index.all;
    },
    rebuild() {
      index = createRouteIndex({ market, startMints, maxLegs });
    },
    run(changed, clock, gate, tally) {
      found.length = 0;
      candidates.length = 0;
      seen.clear();
      budget.left = maxQuotes;
      for (const pool of changed) prices.refresh(pool, clock);
      for (const pool of changed) {
        for (const route of index.through(pool)) {
          if (changed.length > 1) {
            if (seen.has(route)) continue;
            seen.add(route);
          }
          const refused = examine(route, gate);
          if (refused !== undefined) tally.add(refused);
        }
      }
      if (candidates.length > 1) candidates.sort((a, b) => b.marginal - a.marginal);
      for (const candidate of candidates) {
        const refused = value(candidate, clock, gate);
        if (refused !== undefined) tally.add(refused);
      }
      if (found.length > 1) found.sort(byNetLamports);
      return found;
    },
    hasMarginalProfit: (pool, aToB) =>
      index
        .through(pool)
        .some(
          (route) =>
            route.hops.some((hop) => hop.pool === pool && hop.aToB === aToB) &&
            prices.product(route) > MIN_MARGINAL,
        ),
  };
}

/** The legs of a sized route, quoted once more in order. */
function legsOf(route: Route, offered: bigint, clock: ChainClock): readonly Leg[] {
  const legs: Leg[] = [];
  let amount = offered;
  for (const { pool, aToB, mintIn, mintOut } of route.hops) {
    const quote = pool.venue.quote(pool.state!, aToB, amount, clock);
    const amountOut = quote.ok ? quote.amountOut : 0n;
    legs.push({
      venue: pool.venue.id,
      pool: pool.address,
      aToB,
      mintIn,
      mintOut,
      amountIn: amount,
      amountOut,
    });
    amount = amountOut;
  }
  return legs;
}

function byNetLamports(a: Opportunity, b: Opportunity): number {
  return a.netLamports > b.netLamports ? -1 : a.netLamports < b.netLamports ? 1 : 0;
}
