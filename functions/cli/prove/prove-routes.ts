import type { Address } from '../../../shared/core/address.ts';
import type { ChainClock } from '../../../shared/core/clock.ts';
import { createStaticCosts } from '../../../shared/costs/costs.ts';
import type { Market } from '../../../shared/market/market.ts';
import { openGate } from '../../../shared/routing/candidates.ts';
import { type Hop, quoteRoute, type Route } from '../../../shared/routing/graph/route.ts';
import { createRouteIndex } from '../../../shared/routing/graph/route-index.ts';
import type { Opportunity } from '../../../shared/routing/opportunity.ts';
import { createTally } from '../../../shared/routing/reason.ts';
import { createSearch } from '../../../shared/routing/search.ts';
import { type Swapped, stateAfter } from '../../../shared/venues/shared-accounts.ts';
import { chainsThrough } from './prove-chains.ts';
import { type PlannedRoute, proveRoute, type RouteProof, type RouteProofParams } from './prove-route.ts';

export interface RoutesProofParams extends RouteProofParams {
  readonly market: Market;
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  readonly maxSwaps: number;
  /** Most that goes in, base units. */
  readonly maxIn: bigint;
  /** How many of the best cycles. */
  readonly best: number;
}

const FREE = createStaticCosts({ baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n });
/** Routes that do not pay are tried up to this length: enough to prove every pool as a link. */
const MAX_FIXED_LEGS = 3;
/** Base units that they are tried with. */
const FIXED_SIZES = [10_000n, 1_000_000n, 100_000_000n];
/** A pool that stands in fewer equal routes is tried in others too, */
const ROUTES_PER_POOL = 3;
/** and one that was in so many and in none equal is left alone. */
const TRIES_PER_POOL = 12;

/**
 * Executes the best cycles of the market at their best size, each in one transaction; then, at fixed sizes and whether
 * they pay or not, cycles through the pools that are in few of them, and open chains through those that no cycle
 * joins: so that every pool is proven as a link.
 */
export function proveRoutes(params: RoutesProofParams): readonly RouteProof[] {
  const { market, clock, startMints, maxLegs, maxSwaps, maxIn, best } = params;
  const search = createSearch({
    market,
    startMints,
    maxLegs,
    maxSwaps: Math.max(maxLegs, maxSwaps),
    costs: FREE,
    maxQuotes: Number.MAX_SAFE_INTEGER,
    maxCandidates: Number.MAX_SAFE_INTEGER,
    maxPoolShareBps: 10_000,
  });
  const routes = createRouteIndex({ market, startMints, maxLegs: Math.min(maxLegs, MAX_FIXED_LEGS) }).all;
  const proofs: RouteProof[] = [];
  const equal = new Map<Address, number>();
  const tried = new Map<Address, number>();
  const isWanted = ({ pool: { address } }: Hop): boolean => (equal.get(address) ?? 0) < ROUTES_PER_POOL;
  const isHopeless = ({ pool: { address } }: Hop): boolean =>
    !equal.has(address) && (tried.get(address) ?? 0) >= TRIES_PER_POOL;

  const prove = (planned: PlannedRoute): void => {
    const proof = proveRoute(params, planned);
    proofs.push(proof);
    for (const { pool } of planned.legs) {
      countOne(tried, pool.address);
      if (proof.equal) countOne(equal, pool.address);
    }
  };
  const proveFixed = (route: Route): void => {
    for (const offered of FIXED_SIZES) {
      if (quoteRoute(route, offered, clock) !== undefined) prove(plannedOf(route, offered, clock));
    }
  };

  const coherent = market.pools.filter((pool) => pool.coherent);
  const result = search.run(coherent, clock, openGate(maxIn), createTally(), { maxPassedOver: best });
  const found = [...result.best, ...result.passedOver.map(({ opportunity }) => opportunity)];
  for (const opportunity of found.slice(0, best)) prove(plannedOpportunity(opportunity, market));
  for (const route of routes) {
    if (route.hops.some(isWanted) && !route.hops.some(isHopeless)) proveFixed(route);
  }
  for (const pool of coherent) {
    if (tried.has(pool.address)) continue;
    for (const chain of chainsThrough(pool, coherent, maxLegs)) proveFixed(chain);
  }
  return proofs;
}

/** A route of one pool a hop as the legs that it has for an input. */
function plannedOf({ id, startMint, hops }: Route, offered: bigint, clock: ChainClock): PlannedRoute {
  const left: Swapped[] = [];
  let amountIn = offered;
  const legs = hops.map(({ pool, aToB, mintIn, mintOut }, hop) => {
    const leg = { hop, pool, aToB, mintIn, mintOut, amountIn };
    const { venue } = pool;
    const settled = venue.settle(stateAfter(venue, pool.state!, left), aToB, amountIn, clock);
    if (settled.ok) left.push({ venue, state: settled.state });
    amountIn = settled.ok ? settled.amountOut : 0n;
    return leg;
  });
  return { routeId: id, startMint, endMint: hops.at(-1)!.mintOut, legs };
}

function plannedOpportunity({ routeId, startMint, legs }: Opportunity, market: Market): PlannedRoute {
  return {
    routeId,
    startMint,
    endMint: startMint,
    legs: legs.map(({ pool, ...leg }) => ({ ...leg, pool: market.poolAt(pool)! })),
  };
}

function countOne(counts: Map<Address, number>, address: Address): void {
  counts.set(address, (counts.get(address) ?? 0) + 1);
}
