import { ArbError } from '../../core/errors.ts';
import type { Market } from '../../market/market.ts';
import { createStillMarket } from '../../market/still-market.ts';
import { venueById } from '../../venues/registry.ts';
import { LOCAL_RULES } from '../chain/local-rules.ts';
import type { SimMarket } from './sim-market.ts';

/** A market as it opens, loaded and standing still: for searches and benchmarks without a chain under it. */
export function createStillSimMarket({ clock, pools, accounts }: SimMarket): Market {
  return createStillMarket({
    clock,
    accounts,
    isWholeChain: true,
    rules: LOCAL_RULES,
    pools: pools.map(({ venue: id, address }) => {
      const venue = venueById(id);
      if (venue === undefined) {
        throw new ArbError('market-pool-unusable', `pool ${address} is of a venue not built: ${id}`, {
          address,
        });
      }
      return { venue, address };
    }),
  });
}
