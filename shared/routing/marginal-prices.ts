import type { ChainClock } from '../core/clock.ts';
import { isQuotable, type PoolEntry } from '../market/pool-entry.ts';
import type { Route } from './route.ts';

/**
 * Marginal prices after fees of every pool in both directions, as floats, kept for pruning: a route whose product
 * is not above 1 cannot pay at any size. 0 stands for a pool that cannot be quoted.
 */
export interface MarginalPrices {
  refresh(pool: PoolEntry, clock: ChainClock): void;
  /** Product over the hops: base units of the start mint back per one put in, at size zero. */
  product(route: Route): number;
}

export function createMarginalPrices(): MarginalPrices {
  let prices = new Float64Array(128);
  const at = (pool: PoolEntry, aToB: boolean): number =>
    isQuotable(pool) ? (prices[pool.index * 2 + (aToB ? 0 : 1)] ?? 0) : 0;
  return {
    refresh(pool, clock) {
      const slot = pool.index * 2;
      if (slot + 1 >= prices.length) {
        const grown = new Float64Array(Math.max(prices.length * 2, slot + 2));
        grown.set(prices);
        prices = grown;
      }
      const state = pool.state;
      if (state === undefined || !isQuotable(pool)) {
        prices[slot] = 0;
        prices[slot + 1] = 0;
        return;
      }
      prices[slot] = pool.venue.marginalPrice(state, true, clock);
      prices[slot + 1] = pool.venue.marginalPrice(state, false, clock);
    },
    product(route) {
      let product = 1;
      for (const hop of route.hops) product *= at(hop.pool, hop.aToB);
      return product;
    },
  };
}
