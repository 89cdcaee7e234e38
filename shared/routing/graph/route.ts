import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import type { PoolEntry } from '../../market/pool-entry.ts';
import { isBeyondCompute } from '../../venues/compute.ts';
import { type Swapped, stateAfter } from '../../venues/shared-accounts.ts';

/** One swap of a route before it is sized. */
export interface Hop {
  readonly pool: PoolEntry;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
}

/** Hops in a row with one pool each, no pool twice: a closed cycle from a start mint, or an open chain. */
export interface Route {
  /** `<pool>:<a|b>` of each hop in order, joined by `>`: stable over runs. */
  readonly id: string;
  readonly startMint: Address;
  readonly hops: readonly Hop[];
}

export function createRoute(startMint: Address, hops: readonly Hop[]): Route {
  const id = hops.map((hop) => `${hop.pool.address}:${hop.aToB ? 'a' : 'b'}`).join('>');
  return { id, startMint, hops };
}

/** What a route takes and pays for an offered input. */
export interface RouteQuote {
  /** Base units of the start mint that the first leg really takes: less than offered where a venue trades in lots. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/**
 * The whole route for `offered`, exact: each leg's output is the next one's input, as the chain does it. What a middle
 * leg leaves of its input stays in the wallet and counts as nothing. Undefined when any leg refuses, or when all of them
 * together take more compute units than a transaction has.
 */
export function quoteRoute(route: Route, offered: bigint, clock: ChainClock): RouteQuote | undefined {
  const left: Swapped[] = [];
  let amount = offered;
  let amountIn = offered;
  let units = 0;
  for (let i = 0; i < route.hops.length; i++) {
    const { pool, aToB } = route.hops[i]!;
    const { venue } = pool;
    const state = stateAfter(venue, pool.state!, left);
    const quote = venue.quote(state, aToB, amount, clock);
    if (!quote.ok || quote.amountOut === 0n) return undefined;
    // Only where pools share accounts does a leg move what another one meets.
    if (venue.carry !== undefined) {
      const settled = venue.settle(state, aToB, amount, clock);
      if (settled.ok) left.push({ venue, state: settled.state });
    }
    units += quote.computeUnits;
    if (isBeyondCompute(units, clock)) return undefined;
    if (i === 0) amountIn = quote.consumedIn;
    amount = quote.amountOut;
  }
  return { amountIn, amountOut: amount };
}
