import type { Address } from '../../shared/core/address.ts';
import { createStaticCosts } from '../../shared/costs/costs.ts';
import type { Market } from '../../shared/market/market.ts';
import { createTally } from '../../shared/routing/reason.ts';
import type { Hop, Route } from '../../shared/routing/route.ts';
import { createSearch } from '../../shared/routing/search.ts';
import { quoteRoute } from '../../shared/routing/sizing.ts';
import { chainsThrough } from './prove-chains.ts';
import { proveRoute, type RouteProof, type RouteProofParams } from './prove-route.ts';

export interface RoutesProofParams extends RouteProofParams {
  readonly market: Market;
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  /** Most that goes in, base units. */
  readonly maxIn: bigint;
  /** How many of the best cycles. */
  readonly best: number;
}

const FREE = createStaticCosts({ baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n });
/** Base units that routes are tried with that do not pay. */
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
  const { market, clock, startMints, maxLegs, maxIn, best } = params;
  const search = createSearch({
    market,
    startMints,
    maxLegs,
    costs: FREE,
    maxQuotes: Number.MAX_SAFE_INTEGER,
  });
  const gate = { bars: () => undefined, maxIn: () => maxIn };
  const routes = new Map(search.routes.map((route) => [route.id, route]));
  const proofs: RouteProof[] = [];
  const equal = new Map<Address, number>();
  const tried = new Map<Address, number>();
  const isWanted = ({ pool: { address } }: Hop): boolean => (equal.get(address) ?? 0) < ROUTES_PER_POOL;
  const isHopeless = ({ pool: { address } }: Hop): boolean =>
    !equal.has(address) && (tried.get(address) ?? 0) >= TRIES_PER_POOL;

  const prove = (route: Route, offered: bigint): void => {
    const proof = proveRoute(params, route, offered);
    proofs.push(proof);
    for (const { pool } of route.hops) {
      countOne(tried, pool.address);
      if (proof.equal) countOne(equal, pool.address);
    }
  };
  const proveFixed = (route: Route): void => {
    for (const offered of FIXED_SIZES) {
      if (quoteRoute(route, offered, clock) !== undefined) prove(route, offered);
    }
  };

  const coherent = market.pools.filter((pool) => pool.coherent);
  const found = search.run(coherent, clock, gate, createTally()).slice(0, best);
  for (const { routeId, legs } of found) prove(routes.get(routeId)!, legs[0]!.amountIn);
  for (const route of routes.values()) {
    if (route.hops.some(isWanted) && !route.hops.some(isHopeless)) proveFixed(route);
  }
  for (const pool of coherent) {
    if (tried.has(pool.address)) continue;
    for (const chain of chainsThrough(pool, coherent, maxLegs)) proveFixed(chain);
  }
  return proofs;
}

function countOne(counts: Map<Address, number>, address: Address): void {
  counts.set(address, (counts.get(address) ?? 0) + 1);
}
