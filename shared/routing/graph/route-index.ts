import type { Address } from '../../core/address.ts';
import type { Market } from '../../market/market.ts';
import type { PoolEntry } from '../../market/pool-entry.ts';
import { createRoute, type Hop, type Route } from './route.ts';

/** Every cycle of 2 to `maxLegs` legs from the start mints, found once and looked up by pool. */
export interface RouteIndex {
  /** The routes that use the pool, in either direction. */
  through(pool: PoolEntry): readonly Route[];
  readonly all: readonly Route[];
}

export interface RouteIndexParams {
  readonly market: Market;
  /** In order of preference: a cycle over two of them is started from the first. */
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
}

/** Builds the index over the pools that are loaded now; build it again when pools were added or loaded. */
export function createRouteIndex({ market, startMints, maxLegs }: RouteIndexParams): RouteIndex {
  const hopsFrom = hopsByMint(market.pools);
  const all: Route[] = [];
  const byPool = new Map<PoolEntry, Route[]>();
  const path: Hop[] = [];

  const keep = (startMint: Address): void => {
    const route = createRoute(startMint, [...path]);
    all.push(route);
    for (const { pool } of route.hops) {
      const list = byPool.get(pool);
      if (list === undefined) byPool.set(pool, [route]);
      else list.push(route);
    }
  };

  const extend = (startMint: Address, at: Address, barred: ReadonlySet<Address>): void => {
    for (const hop of hopsFrom.get(at) ?? []) {
      if (path.some((earlier) => earlier.pool === hop.pool)) continue;
      path.push(hop);
      if (hop.mintOut === startMint) {
        if (path.length >= 2) keep(startMint);
      } else if (path.length < maxLegs && !barred.has(hop.mintOut) && !visits(path, hop.mintOut)) {
        extend(startMint, hop.mintOut, barred);
      }
      path.pop();
    }
  };

  startMints.forEach((startMint, rank) => {
    extend(startMint, startMint, new Set(startMints.slice(0, rank)));
  });

  return { all, through: (pool) => byPool.get(pool) ?? [] };
}

function visits(path: readonly Hop[], mint: Address): boolean {
  return path.some((hop) => hop.mintIn === mint);
}

function hopsByMint(pools: readonly PoolEntry[]): ReadonlyMap<Address, readonly Hop[]> {
  const hops = new Map<Address, Hop[]>();
  const add = (hop: Hop): void => {
    const list = hops.get(hop.mintIn);
    if (list === undefined) hops.set(hop.mintIn, [hop]);
    else list.push(hop);
  };
  for (const pool of pools) {
    const state = pool.state;
    if (state === undefined || state.mintA === state.mintB) continue;
    const { mintA, mintB } = state;
    add({ pool, aToB: true, mintIn: mintA, mintOut: mintB });
    add({ pool, aToB: false, mintIn: mintB, mintOut: mintA });
  }
  return hops;
}
