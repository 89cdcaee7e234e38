import { type Address, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createStaticCosts } from '../costs/costs.ts';
import type { MarketEvent } from '../engine/event.ts';
import { createTestMarket, type TestMarket, type TestPool } from '../engine/test-market.ts';
import { raydiumCpmm } from '../venues/raydium-cpmm/index.ts';
import { createCensusRun } from './census-run.ts';
import { type CensusCounts, createCensusCounts } from './counts.ts';

export const LATENCIES: readonly number[] = [0, 1, 2, 3];
/** Base fee and priority fee of two legs. */
export const FEES_LAMPORTS = 7_000n;
const COSTS = createStaticCosts({ baseFeeLamports: 5_000n, priorityFeeLamports: 1_000n, tipLamports: 0n });

export interface TestStream extends TestMarket {
  /** Everything told so far. */
  readonly events: readonly MarketEvent[];
  /** Says something that is neither an account nor a slot. */
  say(event: MarketEvent): void;
}

/** A hand-made stream of events over real pools. */
export function createTestStream(specs: readonly TestPool[]): TestStream {
  const events: MarketEvent[] = [];
  // Its own engine only answers what is asked for; what it trades on paper leaves no mark.
  const market = createTestMarket(specs, { costs: COSTS }, (event) => events.push(event));
  return {
    ...market,
    events,
    say(event) {
      events.push(event);
      market.engine.process(event);
    },
  };
}

/** The census of a stream, as an engine of the same pools, capital and fees would see it. */
export function censusOf(events: readonly MarketEvent[], pools: readonly Address[]): CensusCounts {
  const counts = createCensusCounts(LATENCIES, 1);
  const census = createCensusRun({
    counts,
    pools: pools.map((address) => ({ venue: raydiumCpmm, address })),
    startMints: [WSOL_MINT, USDC_MINT],
    maxLegs: 3,
    maxSwaps: 3,
    maxQuotesPerUpdate: 2_000,
    maxCandidatesPerUpdate: 1_000,
    maxPoolShareBps: 10_000,
    costs: COSTS,
    capital: new Map([
      [WSOL_MINT, 50_000_000_000n],
      [USDC_MINT, 5_000_000_000n],
    ]),
    hasAccount: () => true,
    maxSlotLag: 2,
  });
  for (const event of events) census.process(event);
  census.end();
  return counts;
}
