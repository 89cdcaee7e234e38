import { describe, expect, it } from 'vitest';
import { VENUES } from '../../venues/registry.ts';
import { loadLocally } from '../chain/local-rules.ts';
import { createBuiltinMarket } from './builtin-market.ts';
import { amountForMove, poolPrice } from './price-target.ts';

const market = createBuiltinMarket('targets');
/** Venues whose prices go in steps: orders and bins. */
const STEPPED = new Set(['meteora-dlmm', 'phoenix-v1']);
const held = new Map(market.accounts.map(({ address, account }) => [address, account]));

describe('amountForMove', () => {
  it.each(VENUES.map((venue) => ({ id: venue.id, venue })))(
    'moves every pool of $id as far as asked',
    ({ id, venue }) => {
      const { clock } = market;
      for (const { address } of market.pools.filter((pool) => pool.venue === id)) {
        const loaded = loadLocally(venue, address, (wanted) => held.get(wanted) ?? null);
        if (!loaded.ok) throw new Error(loaded.reason);
        const { state } = loaded;
        for (const aToB of [true, false]) {
          for (const move of [0.0002, 0.002, 0.01]) {
            const amount = amountForMove({ venue, state, clock, aToB, move, firstGuess: 1_000_000n });
            const share = (amountIn: bigint): number => {
              const settled = venue.settle(state, aToB, amountIn, clock);
              if (!settled.ok) throw new Error(`${id} ${address} ${settled.reason}`);
              const moved = poolPrice(venue, settled.state, clock)!.mid - poolPrice(venue, state, clock)!.mid;
              return (aToB ? -moved : moved) / move;
            };
            const reached = share(amount);
            expect(reached).toBeGreaterThan(STEPPED.has(id) ? 0.5 : 0.8);
            // Over a step it goes no further than it must: a little less does not get there.
            if (!STEPPED.has(id)) expect(reached).toBeLessThan(1.2);
            else if (reached > 1.5) expect(share((amount * 97n) / 100n)).toBeLessThan(1);
          }
        }
      }
    },
  );
});
