import { type Bench, percentile, type Result, round } from '../bench/harness.ts';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally } from './reason.ts';
import { createSearch, type Search, type SearchParams } from './search.ts';
import { createTestStream, heldBytes, STREAM_COSTS, STREAM_GATE } from './test-stream.ts';

const MINT_SHARE = 5;
const SWAPS_PER_SLOT = 150;
const WARM_UP_SLOTS = 6;
const SLOTS = 14;
/** The same updates are searched so often; each counts with its fastest time, so that a busy machine is not measured. */
const REPLAYS = 3;
/** Updates at which everything is searched, for the baseline: it is too slow for all of them. */
const SEARCHES_OF_ALL = 8;

export const benches: readonly Bench[] = [
  update('search.update', 1_000, 3),
  update('search.update.2-legs', 1_000, 2),
  update('search.update.4-legs', 1_000, 4),
  update('search.update.4000-pools', 4_000, 3),
  update('search.update.16000-pools', 16_000, 3, { replays: 1, compares: false }),
];

/** How a bench replays: very large markets once, and without the other ways of searching beside it. */
interface Ways {
  readonly replays: number;
  readonly compares: boolean;
}

/** What one replay saw, by update. */
interface Replay {
  readonly micros: number[];
  /** Of each slot's beginning, at which pools that share accounts are known again, all at once. */
  readonly begunMicros: number[];
  readonly twoLegMicros: number[];
  readonly everythingMicros: number[];
  /** Heap and buffers that the accounts, pools and search take; told where nothing else searches beside it. */
  bytesPerPool: number;
  found: number;
  capped: number;
  exhausted: number;
  /** Expected lamports of what was found, by the search, without its caps, and by cycles of two legs alone. */
  worth: number;
  uncappedWorth: number;
  twoLegWorth: number;
}

/** One update of a pool on a market of strangers who swap and of somebody who takes what the search finds. */
function update(
  name: string,
  pools: number,
  maxLegs: number,
  { replays, compares }: Ways = { replays: REPLAYS, compares: true },
): Bench {
  return {
    name,
    unit: 'µs (median)',
    run(harness): Result {
      const first = replay(pools, maxLegs, compares);
      const micros = [...first.micros];
      for (let i = 1; i < replays; i++) {
        const again = replay(pools, maxLegs, false);
        again.micros.forEach((took, at) => {
          micros[at] = Math.min(micros[at]!, took);
        });
      }
      const p50 = round(percentile(micros, 0.5));
      const percent = (part: number, whole: number): number => round((100 * part) / whole);
      const compared = compares
        ? `, worth ${percent(first.worth, first.uncappedWorth)} % of uncapped; two legs alone find ${percent(first.twoLegWorth, first.worth)} %`
        : '';
      harness.note(
        `${micros.length} updates, each the fastest of ${replays} replays; ${percent(first.found, micros.length)} % found something; ` +
          `${first.capped} cycles capped, ${first.exhausted} out of budget${compared}; ${round(process.memoryUsage.rss() / 1e6)} MB`,
      );
      return {
        value: p50,
        p50,
        p99: round(percentile(micros, 0.99)),
        ...(compares && {
          baseline: {
            name: 'search everything at each update',
            value: round(percentile(first.everythingMicros, 0.5)),
          },
        }),
        also: {
          ...(compares && { 'two legs alone, median': percentile(first.twoLegMicros, 0.5) }),
          'p50 of one replay': percentile(first.micros, 0.5),
          'p99 of one replay': percentile(first.micros, 0.99),
          ...(first.begunMicros.length > 0 && {
            'beginning of a slot, median': percentile(first.begunMicros, 0.5),
          }),
          ...(!compares && { 'KB a pool in market and search': round(first.bytesPerPool / 1e3) }),
        },
      };
    },
  };
}

/** `compares`: the same updates are searched in the other ways too. */
function replay(pools: number, maxLegs: number, compares: boolean): Replay {
  const stream = createTestStream(pools, pools / MINT_SHARE, SWAPS_PER_SLOT);
  const { market } = stream;
  const withoutSearch = compares ? 0 : heldBytes();
  const params: SearchParams = {
    market,
    startMints: [WSOL_MINT, USDC_MINT],
    maxLegs,
    maxSwaps: 4,
    costs: STREAM_COSTS,
    maxQuotes: 2_000,
    maxCandidates: 16,
    maxPoolShareBps: 9_000,
  };
  const search = createSearch(params);
  const uncapped = createSearch({ ...params, maxQuotes: 1e9, maxCandidates: 1e9 });
  const twoLegs = createSearch({ ...params, maxLegs: 2, maxSwaps: 2 });
  const others: readonly Search[] = compares ? [uncapped, twoLegs] : [];
  const ignored = createTally();
  const tally = createTally();
  for (const pool of market.pools) for (const each of [search, ...others]) each.refresh(pool, market.clock!);
  const seen = {
    micros: [] as number[],
    begunMicros: [] as number[],
    twoLegMicros: [] as number[],
    everythingMicros: [] as number[],
    bytesPerPool: 0,
    found: 0,
    capped: 0,
    exhausted: 0,
    worth: 0,
    uncappedWorth: 0,
    twoLegWorth: 0,
  };
  /** Takes what a search finds over `changed`; how long it took is added to `micros`. */
  const look = (changed: readonly PoolEntry[], micros: number[] | undefined): void => {
    const { result, took } = timed(() => search.run(changed, market.clock!, STREAM_GATE, tally));
    const best = [...result.best];
    const counts = micros === seen.micros;
    micros?.push(took);
    if (counts && best.length > 0) seen.found += 1;
    if (compares) {
      const two = timed(() => twoLegs.run(changed, market.clock!, STREAM_GATE, ignored));
      if (counts) seen.twoLegMicros.push(two.took);
      seen.twoLegWorth += worthOf(two.result.best);
      const without = uncapped.run(changed, market.clock!, STREAM_GATE, ignored);
      seen.uncappedWorth += worthOf(without.best);
    }
    seen.worth += worthOf(best);
    // The gaps are closed before the next update: their own updates are taken over and not searched on.
    for (const { legs } of best)
      for (const taken of stream.take(legs))
        for (const pool of market.apply(taken).changed)
          for (const each of [search, ...others]) each.refresh(pool, market.clock!);
  };
  for (let slot = 0; slot < WARM_UP_SLOTS + SLOTS; slot++) {
    const isWarm = slot >= WARM_UP_SLOTS;
    const { begun, updates } = stream.nextSlot();
    if (begun.length > 0) look(begun, isWarm ? seen.begunMicros : undefined);
    for (const told of updates) {
      const { changed, loads } = market.apply(told);
      if (changed.length > 0 && loads === 0) look([...changed], isWarm ? seen.micros : undefined);
    }
    stream.answer();
  }
  if (!compares) seen.bytesPerPool = stream.bytesPerPool + (heldBytes() - withoutSearch) / pools;
  seen.capped = tally.of('capped');
  seen.exhausted = tally.of('budget-exhausted');
  if (!compares) return seen;
  const live = market.pools.filter((pool) => pool.coherent);
  for (let i = 0; i < SEARCHES_OF_ALL; i++)
    seen.everythingMicros.push(timed(() => search.run(live, market.clock!, STREAM_GATE, ignored)).took);
  return seen;
}

function worthOf(best: readonly Opportunity[]): number {
  return best.reduce((sum, { expectedLamports }) => sum + Number(expectedLamports), 0);
}

function timed<T>(work: () => T): { readonly result: T; readonly took: number } {
  const fromMs = performance.now();
  const result = work();
  return { result, took: (performance.now() - fromMs) * 1_000 };
}
