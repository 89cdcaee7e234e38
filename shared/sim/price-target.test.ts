import { describe, expect, it } from 'vitest';
import { VENUES } from '../venues/registry.ts';
import { createBuiltinMarket } from './builtin-market.ts';
import { amountForMove, poolPrice } from './price-target.ts';

const market = createBuiltinMarket('targets');
const held = new Map(market.accounts.map(({ address, account }) => [address, account]));

describe('amountForMove', () => {
  it.each(VENUES.map((venue) => ({ id: venue.id, venue })))(
    'moves every pool of $id as far as asked',
    ({ id, venue }) => {
      const { clock } = market;
      for (const { address } of market.pools.filter((pool) => pool.venue === id)) {
        const loaded = venue.load(address, (wanted) => held.get(wanted) ?? null);
        if (!loaded.ok) throw new Error(loaded.reason);
        const { state } = loaded;
        for (const aToB of [true, false]) {
          for (const move of [0.0002, 0.002, 0.01]) {
            const amount = amountForMove({ venue, state, clock, aToB, move, firstGuess: 1_000_000n });
            const settled = venue.settle(state, aToB, amount, clock);
            if (!settled.ok) throw new Error(`${id} ${address} ${settled.reason}`);
            const moved = poolPrice(venue, settled.state, clock)!.mid - poolPrice(venue, state, clock)!.mid;
            expect((aToB ? -moved : moved) / move).toBeGreaterThan(0.8);
            expect((aToB ? -moved : moved) / move).toBeLessThan(1.2);
          }
        }
      }
    },
  );
});
