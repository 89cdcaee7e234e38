import { ArbError } from '../core/errors.ts';
import type { LocalVenue } from './local/local-venue.ts';
import { meteoraDammV1Local } from './meteora-damm-v1/local/index.ts';
import { meteoraDammV2Local } from './meteora-damm-v2/local/index.ts';
import { meteoraDlmmLocal } from './meteora-dlmm/local/index.ts';
import { orcaWhirlpoolLocal } from './orca-whirlpool/local/index.ts';
import { phoenixV1Local } from './phoenix-v1/local/index.ts';
import { raydiumAmmV4Local } from './raydium-amm-v4/local/index.ts';
import { raydiumClmmLocal } from './raydium-clmm/local/index.ts';
import { raydiumCpmmLocal } from './raydium-cpmm/local/index.ts';
import type { PoolState, Venue } from './venue.ts';

/** The local half of every venue built, one line each. */
export const LOCAL_VENUES: readonly LocalVenue[] = [
  meteoraDammV1Local,
  meteoraDammV2Local,
  meteoraDlmmLocal,
  orcaWhirlpoolLocal,
  phoenixV1Local,
  raydiumAmmV4Local,
  raydiumClmmLocal,
  raydiumCpmmLocal,
];

const byVenue = new Map<string, LocalVenue>(LOCAL_VENUES.map((local) => [local.venue.id, local]));

/** The local half of `venue`. Throws `venue-not-local` for one that is not registered here. */
export function localHalf<S extends PoolState>(venue: Venue<S>): LocalVenue<S> {
  const local = byVenue.get(venue.id);
  if (local === undefined) {
    throw new ArbError('venue-not-local', `${venue.id} has no line in venues/local-registry.ts`, {
      venue: venue.id,
    });
  }
  return local as LocalVenue<S>;
}
