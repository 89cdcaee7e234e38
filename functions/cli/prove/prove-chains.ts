import type { Address } from '../../../shared/core/address.ts';
import type { PoolEntry } from '../../../shared/market/pool-entry.ts';
import { createRoute, type Hop, type Route } from '../../../shared/routing/graph/route.ts';

/**
 * Open chains of 2 to `maxLegs` legs that begin and that end in `pool`, over pools of other venues first; none where
 * it shares a mint with no other pool.
 */
export function chainsThrough(
  pool: PoolEntry,
  pools: readonly PoolEntry[],
  maxLegs: number,
): readonly Route[] {
  const chains: Route[] = [];
  for (const aToB of [true, false]) {
    const hops = [hopOf(pool, aToB)];
    while (hops.length < maxLegs) {
      const next = nextHop(hops, pools);
      if (next === undefined) break;
      hops.push(next);
    }
    if (hops.length < 2) continue;
    chains.push(createRoute(hops[0]!.mintIn, hops));
    const back = hops.toReversed().map((hop) => hopOf(hop.pool, !hop.aToB));
    chains.push(createRoute(back[0]!.mintIn, back));
  }
  return chains;
}

/** A hop on from the chain's end to a mint that it has not met, on a venue that it has not used where there is one. */
function nextHop(hops: readonly Hop[], pools: readonly PoolEntry[]): Hop | undefined {
  const at = hops.at(-1)!.mintOut;
  const met = new Set<Address>(hops.map(({ mintIn }) => mintIn));
  const used = new Set(hops.map(({ pool }) => pool.venue));
  const onward = pools.flatMap((pool) => [hopOf(pool, true), hopOf(pool, false)]);
  const possible = onward.filter((hop) => hop.mintIn === at && !met.has(hop.mintOut));
  return possible.find(({ pool }) => !used.has(pool.venue)) ?? possible[0];
}

function hopOf(pool: PoolEntry, aToB: boolean): Hop {
  const { mintA, mintB } = pool.state!;
  return aToB ? { pool, aToB, mintIn: mintA, mintOut: mintB } : { pool, aToB, mintIn: mintB, mintOut: mintA };
}
