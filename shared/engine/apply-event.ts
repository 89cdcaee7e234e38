import type { Address } from '../core/address.ts';
import { ArbError } from '../core/errors.ts';
import type { Applied, Market } from '../market/market.ts';
import { venueById } from '../venues/registry.ts';
import type { Venue } from '../venues/venue.ts';
import type { MarketEvent } from './event.ts';

/** Events that say nothing of the market. */
type OfTheEngine = 'control' | 'fee' | 'loss' | 'order' | 'balance';

/** What an event says about the market, applied to it; undefined for events that open and close no pool. */
export function applyEvent(market: Market, event: MarketEvent): Applied | undefined {
  switch (event.kind) {
    case 'account':
      return market.apply(event.update);
    case 'slot':
      // The engine begins its slots by itself; a census has none.
      return market.beginSlot(event.slot, event.parent);
    case 'feed':
      return market.setLive(event.live);
    case 'lost':
      return market.lose(event.addresses);
    case 'venue':
      return market.quarantine(event.venue, event.quarantine);
    case 'program':
      return market.setRules(event.venue, event.rules === '' ? undefined : event.rules);
    case 'universe':
      return market.setUniverse({
        pools: event.pools.map(({ venue, address }): { venue: Venue; address: Address } => ({
          venue: builtVenue(venue),
          address,
        })),
        offMints: new Set(event.offMints),
      });
    case 'price': {
      const { mint, unitsPerLamportScaled } = event;
      market.fallbackPrices.take(mint, { unitsPerLamportScaled }, market.slot);
      return undefined;
    }
    case 'chain':
      return market.setChain(event.parameters);
    default:
      event satisfies Extract<MarketEvent, { kind: OfTheEngine }>;
      return undefined;
  }
}

/** Whoever names a pool has seen to it that its venue is built. Throws `venue-unknown`. */
function builtVenue(id: string): Venue {
  const venue = venueById(id);
  if (venue === undefined) throw new ArbError('venue-unknown', `no venue "${id}" is built`, { id });
  return venue;
}
