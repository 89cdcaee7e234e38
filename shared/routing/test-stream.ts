import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Address, CLOCK_SYSVAR, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { type CostModel, createStaticCosts } from '../costs/costs.ts';
import { clockAccount } from '../market/chain-clock.ts';
import { createMarket, type Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import type { AccountUpdate } from '../market/update.ts';
import { LOCAL_RULES } from '../sim/chain/local-rules.ts';
import { createGeneratedMarket } from '../sim/markets/generated-market.ts';
import { createGeneratedTrades } from '../sim/markets/generated-trades.ts';
import { venueById } from '../venues/registry.ts';
import type { SearchGate } from './candidates.ts';
import type { Leg } from './opportunity.ts';

/** A large generated market on which strangers swap, told as a feed would: for the benchmarks of the search. */
export interface TestStream {
  readonly market: Market;
  /** What the market takes of memory with the bytes of its accounts. */
  readonly bytesPerPool: number;
  /** The updates of the next slot, in order, and the pools that its beginning made quotable. */
  nextSlot(): { readonly begun: readonly PoolEntry[]; readonly updates: readonly AccountUpdate[] };
  /** Somebody takes the gap that the legs go through: what the feed tells of it. */
  take(legs: readonly Leg[]): readonly AccountUpdate[];
  /** Gives the market the accounts that it has come to ask for. */
  answer(): void;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Heap and buffers in use, without garbage. */
export function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function createTestStream(pools: number, mints: number, swapsPerSlot: number): TestStream {
  const sim = createGeneratedMarket({ pools, mints, seed: 7 });
  const trades = createGeneratedTrades({ market: sim, seed: 7, swapsPerSlot });
  const before = heldBytes();
  let accountBytes = 0;
  const market = createMarket({ rules: LOCAL_RULES });
  for (const { venue, address } of sim.pools) market.addPool(venueById(venue)!, address);
  let slot = sim.clock.slot;
  const answer = (): void => {
    for (let { watch } = market.takeSubscriptions(); watch.length > 0; { watch } = market.takeSubscriptions())
      for (const address of watch) {
        const account = trades.source(address) ?? null;
        accountBytes += account?.data.length ?? 0;
        market.apply({ address, slot, account });
      }
  };
  answer();
  market.apply({ address: CLOCK_SYSVAR, slot, account: clockAccount(sim.clock) });
  market.setLive(true);
  // The generator holds the same bytes: they are counted by their length.
  const bytesPerPool = (heldBytes() - before + accountBytes) / pools;
  return {
    market,
    bytesPerPool,
    answer,
    take: (legs) => legs.flatMap(({ pool, aToB, amountIn }) => [...trades.trade(pool, aToB, amountIn)]),
    nextSlot() {
      const told = trades.nextSlot();
      slot = told.slot;
      return { begun: [...market.beginSlot(told.slot).changed], updates: told.updates };
    },
  };
}

export const STREAM_COSTS: CostModel = createStaticCosts({
  baseFeeLamports: 5_000n,
  priorityFeeLamports: 20_000n,
  tipLamports: 10_000n,
  landingOdds: 0.8,
  revertOdds: 0.1,
});

const LIMITS: ReadonlyMap<Address, bigint> = new Map([
  [WSOL_MINT, 20_000_000_000n],
  [USDC_MINT, 4_000_000_000n],
]);

export const STREAM_GATE: SearchGate = {
  bars: () => undefined,
  maxIn: (mint) => LIMITS.get(mint) ?? 0n,
  free: (mint) => LIMITS.get(mint) ?? 0n,
  hasAccount: () => true,
};
