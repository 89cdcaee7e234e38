import { type Address, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { type CostModel, createEstimatedCosts } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import { openGate } from '../routing/candidates.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { createTally } from '../routing/reason.ts';
import { CLOCK, createOpenSearch, createStill, type StillPool } from '../routing/test-market.ts';
import type { DoorLimits, RiskView } from './judge.ts';

/** A trade that a search has found, with what approval is told beside it. */
export interface TestDoor {
  readonly market: Market;
  readonly costs: CostModel;
  readonly opportunity: Opportunity;
  readonly limits: DoorLimits;
  readonly view: RiskView;
}

const POOL: StillPool = {
  venue: 'raydium-cpmm',
  a: WSOL_MINT,
  b: USDC_MINT,
  gap: 1,
  depthUsd: 1e5,
  feeBps: 25,
  variant: 0,
};
/** Two that sell dear and two that sell cheap: both hops are split. */
export const SPLIT_POOLS: readonly StillPool[] = [
  { ...POOL, gap: 1.1 },
  { ...POOL, gap: 1.09 },
  POOL,
  { ...POOL, gap: 1.01 },
];

/** 5,000 for the signature, 1,000 a swap, 10,000 for the tip; 1 in 10 reverts, 8 in 10 succeed. */
export const createTestCosts = (): CostModel =>
  createEstimatedCosts({
    baseFeeLamports: 5_000n,
    priorityFeeLamports: 1_000n,
    tipLamports: 10_000n,
    rentLamports: 2_000_000n,
    landingOdds: 0.8,
    revertOdds: 0.1,
    unitsPerLeg: 100_000,
    maxPriorityFeeLamports: 4_000n,
  });

/** The best trade of a market, which nothing speaks against. */
export function createTestDoor(
  pools: readonly StillPool[] = SPLIT_POOLS,
  start: Address = WSOL_MINT,
  market: Market = createStill(pools),
): TestDoor {
  const costs = createTestCosts();
  const search = createOpenSearch(market, { startMints: [start], maxLegs: 3, maxSwaps: 5, costs });
  const [opportunity] = search.run(market.pools, CLOCK, openGate(10n ** 12n), createTally()).best;
  if (opportunity === undefined) throw new Error('the market has no trade');
  return {
    market,
    costs,
    opportunity,
    limits: {
      maxTradeIn: new Map([[start, 10n ** 12n]]),
      minNetProfitLamports: 1n,
      maxPending: 1,
      maxLossLamports: 1n,
      maxSlotLag: 2,
      maxHops: 3,
      maxSwaps: 5,
    },
    view: {
      paused: false,
      halted: false,
      feedStale: false,
      pending: 0,
      market,
      costs,
      accountsOf: search.accountsOf,
      isPoolBusy: () => false,
      isSpent: () => false,
      free: () => 10n ** 18n,
      hasAccount: () => true,
    },
  };
}
