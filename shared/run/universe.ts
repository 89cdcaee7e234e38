import type { Address } from '../core/address.ts';
import { venueById } from '../venues/registry.ts';
import type { Venue } from '../venues/venue.ts';

/** A pool to trade, with the code that knows it. */
export interface UniversePool {
  readonly venue: Venue;
  readonly address: Address;
}

/** A pool that was asked for and is not traded, and why. */
export interface SkippedPool {
  readonly pool: string;
  readonly venue: string;
  readonly reason: string;
}

/** What a run trades. Nothing asked for is dropped in silence: it is in one of the two lists. */
export interface Universe {
  readonly pools: readonly UniversePool[];
  readonly skipped: readonly SkippedPool[];
}

/**
 * Splits named pools into those whose venue is built and those that are skipped.
 *
 * @example
 * ```ts
 * import { selectPools } from 'solana-dex-arbitrage/market';
 * import { address } from 'solana-dex-arbitrage/quote';
 *
 * const pool = address('HJPjoWUrhoZzkNfRpHuieeFk9WcZWjwy6PBjZ81ngndJ');
 * const { pools, skipped } = selectPools([{ venue: 'orca-whirlpool', address: pool }, { venue: 'x', address: pool }]);
 * pools.length; // → 1
 * skipped.map(({ reason }) => reason); // → ['named twice']
 * ```
 */
export function selectPools(
  named: readonly { readonly venue: string; readonly address: Address }[],
): Universe {
  const pools: UniversePool[] = [];
  const skipped: SkippedPool[] = [];
  const seen = new Set<Address>();
  for (const { venue: id, address } of named) {
    const venue = venueById(id);
    if (seen.has(address)) skipped.push({ pool: address, venue: id, reason: 'named twice' });
    else if (venue === undefined)
      skipped.push({ pool: address, venue: id, reason: `the venue ${id} is not built` });
    else pools.push({ venue, address });
    seen.add(address);
  }
  return { pools, skipped };
}
