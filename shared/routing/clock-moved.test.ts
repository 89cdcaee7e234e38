import { expect, test } from 'vitest';
import { CLOCK_SYSVAR, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createRandom } from '../core/random.ts';
import { clockAccount } from '../market/chain-clock.ts';
import { windUp } from '../venues/test-clockwork.ts';
import { openGate } from './candidates.ts';
import { createTally } from './reason.ts';
import { ALT_MINT, CLOCK, createOpenSearch, createStill, randomSpecs } from './test-market.ts';

const MAX_IN = 50_000_000_000n;
const MARKETS = 16;
const CLOCKS = 24;

test('finds what a search built anew finds, when the clock alone has moved prices and another pool changes', () => {
  const mints = [WSOL_MINT, USDC_MINT, ALT_MINT];
  let found = 0;
  let due = 0;
  for (let seed = 0; seed < MARKETS; seed++) {
    const random = createRandom(`clock ${seed}`);
    const market = createStill(randomSpecs(`clock ${seed}`, 9, mints));
    for (const { venue, state } of market.pools)
      if (random.below(3) > 0) windUp(venue.id, state!, CLOCK, random);
    const search = createOpenSearch(market);
    search.run(market.pools, CLOCK, openGate(MAX_IN), createTally());
    let clock = CLOCK;
    for (let step = 0; step < CLOCKS; step++) {
      const seconds = random.below(4);
      clock = {
        slot: clock.slot + 1 + 2 * seconds,
        unixTimestamp: clock.unixTimestamp + seconds,
        epoch: clock.epoch + (step === 15 ? 1 : 0),
      };
      const update = { address: CLOCK_SYSVAR, slot: clock.slot, account: clockAccount(clock) };
      market.beginSlot(clock.slot);
      const moved = [...market.apply(update).changed];
      due += moved.length;
      search.run(moved, clock, openGate(MAX_IN), createTally());
      const anew = createOpenSearch(market);
      for (const pool of market.pools) anew.refresh(pool, clock);
      const pool = market.pools[random.below(market.pools.length)]!;
      const [kept, fresh] = [search, anew].map((each) => [
        ...each.run([pool], clock, openGate(MAX_IN), createTally()).best,
      ]);
      found += fresh!.length;
      const name = `market ${seed}, clock ${step}`;
      expect(
        kept!.map(({ routeId }) => routeId),
        name,
      ).toEqual(fresh!.map(({ routeId }) => routeId));
      // One that has met more of a pool starts to size from another fraction of a unit: the profit is the same but for that.
      kept!.forEach(({ grossProfit }, i) => {
        const expected = fresh![i]!.grossProfit;
        const difference = grossProfit > expected ? grossProfit - expected : expected - grossProfit;
        expect(difference, name).toBeLessThanOrEqual(1n + expected / 1_000_000n);
      });
    }
  }
  expect(found).toBeGreaterThan(40);
  expect(due).toBeGreaterThan(100);
});
