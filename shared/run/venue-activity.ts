import type { Market } from '../market/market.ts';
import type { Observer } from './pipeline.ts';

/** What a venue's feed has brought. */
export interface VenueCounters {
  updates: number;
  /** Monotonic microseconds of the last account of one of its pools; undefined before the first. */
  lastMicros: number | undefined;
}

export interface VenueActivity {
  readonly observe: Observer;
  of(venue: string): Readonly<VenueCounters>;
  /** Account updates taken, of all venues. */
  readonly updates: number;
}

const NOTHING: Readonly<VenueCounters> = { updates: 0, lastMicros: undefined };

export function createVenueActivity(market: Market): VenueActivity {
  const counters = new Map<string, VenueCounters>();
  let updates = 0;
  return {
    of: (venue) => counters.get(venue) ?? NOTHING,
    get updates() {
      return updates;
    },
    observe(event, record) {
      if (event.kind !== 'account' || record.dropped !== '') return;
      updates += 1;
      const pool = market.firstUser(event.update.address);
      if (pool === undefined) return;
      let counter = counters.get(pool.venue.id);
      if (counter === undefined) {
        counter = { updates: 0, lastMicros: undefined };
        counters.set(pool.venue.id, counter);
      }
      counter.updates += 1;
      counter.lastMicros = event.atMicros;
    },
  };
}
