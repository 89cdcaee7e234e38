import { type Bench, percentile, type Result, round } from '../bench/harness.ts';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createTally } from './reason.ts';
import { createSearch, type SearchParams } from './search.ts';
import { createTestStream, STREAM_COSTS, STREAM_GATE } from './test-stream.ts';

const MINT_SHARE = 5;
const SWAPS_PER_SLOT = 150;
const WARM_UP_SLOTS = 6;
const SLOTS = 14;
/** Updates at which everything is searched, for the baseline: it is too slow for all of them. */
const SEARCHES_OF_ALL = 12;

export const benches: readonly Bench[] = [
  update('search.update', 1_000, 3),
  update('search.update.2-legs', 1_000, 2),
  update('search.update.4-legs', 1_000, 4),
  update('search.update.4000-pools', 4_000, 3),
];

/** One update of a pool on a market of strangers who swap and of somebody who takes what the search finds. */
function update(name: string, pools: number, maxLegs: number): Bench {
  return {
    name,
    unit: 'µs (median)',
    run(harness): Result {
      const stream = createTestStream(pools, pools / MINT_SHARE, SWAPS_PER_SLOT);
      const { market } = stream;
      const params: SearchParams = {
        market,
        startMints: [WSOL_MINT, USDC_MINT],
        maxLegs,
        maxSwaps: 4,
        costs: STREAM_COSTS,
        maxQuotes: 2_000,
        maxCandidates: 4,
        maxPoolShareBps: 9_000,
      };
      const search = createSearch(params);
      const uncapped = createSearch({ ...params, maxQuotes: 1e9, maxCandidates: 1e9 });
      const worth = { capped: 0, uncapped: 0 };
      const tally = createTally();
      const ignored = createTally();
      for (const pool of market.pools) {
        search.refresh(pool, market.clock!);
        uncapped.refresh(pool, market.clock!);
      }
      const micros: number[] = [];
      const all: number[] = [];
      let found = 0;
      for (let slot = 0; slot < WARM_UP_SLOTS + SLOTS; slot++) {
        for (const told of stream.nextSlot()) {
          const { changed, loads } = market.apply(told);
          if (changed.length === 0 || loads > 0) continue;
          const fromMs = performance.now();
          const { best } = search.run(changed, market.clock!, STREAM_GATE, tally);
          const took = (performance.now() - fromMs) * 1_000;
          if (slot >= WARM_UP_SLOTS) {
            micros.push(took);
            if (best.length > 0) found += 1;
          }
          if (best.length === 0) {
            for (const pool of changed) uncapped.refresh(pool, market.clock!);
            continue;
          }
          // What the caps cost: the same update without them.
          const without = uncapped.run(changed, market.clock!, STREAM_GATE, ignored);
          worth.capped += Number(best[0]!.expectedLamports);
          worth.uncapped += Number(without.best[0]?.expectedLamports ?? 0n);
          // The gap is closed before the next update: its own updates are taken over and not searched on.
          for (const taken of stream.take(best[0]!.legs)) {
            const after = market.apply(taken);
            for (const pool of after.changed) {
              search.refresh(pool, market.clock!);
              uncapped.refresh(pool, market.clock!);
            }
          }
        }
        stream.answer();
      }
      const live = market.pools.filter((pool) => pool.coherent);
      for (let i = 0; i < SEARCHES_OF_ALL; i++) {
        const fromMs = performance.now();
        search.run(live, market.clock!, STREAM_GATE, tally);
        all.push((performance.now() - fromMs) * 1_000);
      }
      const p50 = round(percentile(micros, 0.5));
      const share = round((100 * found) / micros.length);
      harness.note(
        `${name}: ${micros.length} updates, ${share} % of them found something; ${tally.of('capped')} capped, ` +
          `${tally.of('budget-exhausted')} out of budget, worth ${round((100 * worth.capped) / worth.uncapped)} % of uncapped; ${round(process.memoryUsage.rss() / 1e6)} MB`,
      );
      return {
        value: p50,
        p50,
        p99: round(percentile(micros, 0.99)),
        baseline: { name: 'search everything at each update', value: round(percentile(all, 0.5)) },
      };
    },
  };
}
