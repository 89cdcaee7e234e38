import type { PoolEntry } from '../market/pool-entry.ts';
import { edgeOf } from '../routing/graph.ts';

/**
 * Paper trades leave no mark on the chain, so a gap that one of them has taken still stands there until somebody
 * else closes it. A pool and direction that a paper trade went through is spent: it may not be counted again until
 * the market has been seen without a profit through it. This is what keeps paper profit from being taken twice.
 */
export interface SpentEdges {
  readonly size: number;
  spend(pool: PoolEntry, aToB: boolean): void;
  isSpent(pool: PoolEntry, aToB: boolean): boolean;
  /** Frees every edge for which `pays` is false: the gap has closed. */
  reopen(pays: (pool: PoolEntry, aToB: boolean) => boolean): void;
}

interface Edge {
  readonly pool: PoolEntry;
  readonly aToB: boolean;
}

export function createSpentEdges(): SpentEdges {
  const edges = new Map<number, Edge>();
  return {
    get size() {
      return edges.size;
    },
    spend: (pool, aToB) => void edges.set(edgeOf(pool, aToB), { pool, aToB }),
    isSpent: (pool, aToB) => edges.size > 0 && edges.has(edgeOf(pool, aToB)),
    reopen(pays) {
      for (const [at, { pool, aToB }] of edges) if (!pays(pool, aToB)) edges.delete(at);
    },
  };
}
