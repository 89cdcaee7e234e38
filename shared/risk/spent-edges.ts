import type { ChainClock } from '../core/clock.ts';
import { isQuotable, type PoolEntry } from '../market/pool-entry.ts';
import { edgeOf } from '../routing/graph/graph.ts';

/**
 * Paper trades leave no mark on the chain, so a gap that one of them has taken still stands there until somebody
 * else closes it. A pool and direction that a paper trade went through is spent: it may not be counted again until
 * the pool pays no more than the trade would have left, or no cycle through it pays. This is what keeps paper profit
 * from being taken twice. While a pool cannot be quoted nothing is known of its gap, and it stays spent.
 */
export interface SpentEdges {
  readonly size: number;
  /** A paper trade has put `amountIn` base units into the pool, as it stands now. */
  spend(pool: PoolEntry, aToB: boolean, amountIn: bigint, clock: ChainClock): void;
  isSpent(pool: PoolEntry, aToB: boolean): boolean;
  /** Frees every edge whose gap has closed; `pays` says whether any cycle through it pays at size zero. */
  reopen(clock: ChainClock, pays: (pool: PoolEntry, aToB: boolean) => boolean): void;
}

interface Edge {
  readonly pool: PoolEntry;
  readonly aToB: boolean;
  /** What the trade would have left of the marginal price: base units out per base unit in. */
  readonly priceLeft: number;
}

export function createSpentEdges(): SpentEdges {
  const edges = new Map<number, Edge>();
  return {
    get size() {
      return edges.size;
    },
    spend(pool, aToB, amountIn, clock) {
      edges.set(edgeOf(pool, aToB), { pool, aToB, priceLeft: priceAfter(pool, aToB, amountIn, clock) });
    },
    isSpent: (pool, aToB) => edges.has(edgeOf(pool, aToB)),
    reopen(clock, pays) {
      for (const [at, { pool, aToB, priceLeft }] of edges) {
        if (pool.state === undefined || !isQuotable(pool)) continue;
        const price = pool.venue.marginalPrice(pool.state, aToB, clock);
        if (price <= priceLeft || !pays(pool, aToB)) edges.delete(at);
      }
    },
  };
}

/** 0 where that cannot be said: then only a market without a paying cycle frees the edge. */
function priceAfter(pool: PoolEntry, aToB: boolean, amountIn: bigint, clock: ChainClock): number {
  if (pool.state === undefined) return 0;
  const settled = pool.venue.settle(pool.state, aToB, amountIn, clock);
  return settled.ok ? pool.venue.marginalPrice(settled.state, aToB, clock) : 0;
}
