import type { Address } from '../core/address.ts';
import type { PoolEntry } from '../market/pool-entry.ts';

/** One swap of a route before it is sized. */
export interface Hop {
  readonly pool: PoolEntry;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
}

/** A closed cycle of hops from a start mint back to it; no pool twice. */
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
