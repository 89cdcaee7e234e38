import type { Address } from '../../core/address.ts';
import type { Market } from '../../market/market.ts';
import { createStillMarketFrom } from '../../market/still-market.ts';
import { venueById } from '../../venues/registry.ts';
import type { Bank } from '../chain/bank.ts';

/** The pools of a bank as its newest closed slot left them, decoded once a slot at most and only when asked. */
export interface ChainMarket {
  now(): { readonly slot: number; readonly market: Market };
}

export function createChainMarket(
  bank: Bank,
  named: readonly { readonly venue: string; readonly address: Address }[],
): ChainMarket {
  const pools = named.flatMap(({ venue: id, address }) => {
    const venue = venueById(id);
    return venue === undefined ? [] : [{ venue, address }];
  });
  let held: { readonly slot: number; readonly market: Market } | undefined;
  return {
    now() {
      const slot = bank.slotAt('processed');
      if (held?.slot !== slot) {
        const view = bank.at(slot);
        const clock = bank.clockAt(slot);
        held = { slot, market: createStillMarketFrom({ clock, pools, source: (key) => view.get(key) }) };
      }
      return held;
    },
  };
}
