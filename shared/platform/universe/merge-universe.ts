import type { Address } from '../../core/address.ts';
import type { KeptPool } from './check-pools.ts';
import type { ListedPool, UniverseFile, UniverseMint } from './universe-file.ts';

/**
 * The universe with what a search of `mints` on `venues` has found. Pools that the search covered and did not keep are
 * gone from it, unless a person has switched them off: found again later, they must not trade. Everything else stays, and
 * so does every switch and note that a person has set.
 */
export function mergeUniverse(
  before: UniverseFile,
  mints: readonly Address[],
  venues: readonly string[],
  kept: readonly KeptPool[],
): UniverseFile {
  const searched = new Set(mints);
  const covered = ({ venue, mintA, mintB }: ListedPool): boolean =>
    venues.includes(venue) &&
    mintA !== undefined &&
    mintB !== undefined &&
    searched.has(mintA) &&
    searched.has(mintB);
  const known = new Map(before.pools.map((pool) => [pool.address, pool]));
  const found = new Set(kept.map(({ address }) => address));
  const listed = kept.map(({ venue, address, mintA, mintB, liquidityUsd }): ListedPool => {
    const { enabled, note } = known.get(address) ?? {};
    return {
      venue: venue.id,
      address,
      mintA,
      mintB,
      liquidityUsd,
      ...(enabled === undefined ? {} : { enabled }),
      ...(note === undefined ? {} : { note }),
    };
  });
  const others = before.pools.filter(
    (pool) => !found.has(pool.address) && (pool.enabled === false || !covered(pool)),
  );
  const newMints = mints
    .filter((address) => !before.mints.some((mint) => mint.address === address))
    .map((address): UniverseMint => ({ address }));
  return { ...before, mints: [...before.mints, ...newMints], pools: [...others, ...listed] };
}
