import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createEstimatedCosts } from '../costs/costs.ts';
import { referencePrice, scaledUnits } from '../market/reference-price.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
const MAX_AGE = 5;
/** USDC is traded against MEME only: no pool says what a lamport is worth in USDC. */
const NO_SOL: readonly TestPool[] = [
  { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 400_000 },
  { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 500_000 },
];
const WITH_SOL: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];
/** 150 USDC a SOL: 0.15 base units of USDC a lamport. */
const USDC_PRICE = scaledUnits(0.15)!;

function unpriced() {
  return createTestMarket(NO_SOL, { maxEstimateAgeSlots: MAX_AGE });
}

function tellPrice(market: ReturnType<typeof unpriced>, unitsPerLamportScaled = USDC_PRICE) {
  const { engine } = market;
  return engine.process({
    kind: 'price',
    atMicros: 0,
    mint: USDC_MINT,
    unitsPerLamportScaled,
    source: 'jupiter',
  });
}

describe('a price from outside the chain', () => {
  it('lets a cycle be valued that no pool prices', () => {
    const market = unpriced();
    const without = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
    expect(without.refused.of('no-reference-price')).toBeGreaterThan(0);
    expect(without.decisions).toEqual([]);
    expect(tellPrice(market).decisions).toEqual([]);
    const priced = market.trade(market.pools[0]!, USDC_MINT, 1_000_000_000n, NEXT);
    const [decision] = priced.decisions;
    expect(decision?.outcome).toBe('approved');
    const { grossProfit, costs, netProfit } = decision!.opportunity;
    // 17,000 lamports at 0.15 base units each, rounded up.
    expect(costs.totalLamports).toBe(17_000n);
    expect(grossProfit - netProfit).toBe(2_550n);
  });

  it('counts for its slots and no longer', () => {
    const market = unpriced();
    tellPrice(market);
    market.begin(NEXT + MAX_AGE);
    expect(referencePrice(market.engine.market, USDC_MINT)?.unitsPerLamportScaled).toBe(USDC_PRICE);
    market.begin(NEXT + MAX_AGE + 1);
    expect(referencePrice(market.engine.market, USDC_MINT)).toBeUndefined();
    const late = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT + MAX_AGE + 1);
    expect(late.refused.of('no-reference-price')).toBeGreaterThan(0);
  });

  it('gives way to a pool that prices the mint', () => {
    const market = createTestMarket(WITH_SOL, { maxEstimateAgeSlots: MAX_AGE });
    const before = referencePrice(market.engine.market, USDC_MINT);
    tellPrice(market, USDC_PRICE * 2n);
    expect(referencePrice(market.engine.market, USDC_MINT)).toEqual(before);
  });

  it('is not taken while no slot is known, nor when it is none', () => {
    const market = unpriced();
    tellPrice(market, 0n);
    expect(referencePrice(market.engine.market, USDC_MINT)).toBeUndefined();
    market.engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'lost' });
    tellPrice(market);
    market.begin(NEXT + 1);
    expect(referencePrice(market.engine.market, USDC_MINT)).toBeUndefined();
  });
});

describe('a fee estimate', () => {
  const costs = () =>
    createEstimatedCosts({
      baseFeeLamports: 5_000n,
      priorityFeeLamports: 1_000n,
      tipLamports: 10_000n,
      unitsPerLeg: 100_000,
      maxPriorityFeeLamports: 1_000_000n,
    });
  const estimated = () => createTestMarket(WITH_SOL, { costs: costs(), maxEstimateAgeSlots: MAX_AGE });
  /** What two swaps of the CPMM are counted to cost. */
  const UNITS = 2n * 46_600n;
  const feeOfNextTrade = (market: ReturnType<typeof estimated>, slot: number) => {
    const record = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, slot);
    return record.decisions[0]?.opportunity.costs.priorityFeeLamports;
  };
  const tellFee = (market: ReturnType<typeof estimated>, microLamportsPerUnit: bigint) =>
    market.engine.process({ kind: 'fee', atMicros: 0, microLamportsPerUnit, source: 'helius' });

  it('is inside the costs of what is decided after it, and of nothing before', () => {
    expect(feeOfNextTrade(estimated(), NEXT)).toBe(2_000n);
    const market = estimated();
    tellFee(market, 70_000n);
    expect(feeOfNextTrade(market, NEXT)).toBe((70_000n * UNITS) / 1_000_000n);
  });

  it('gives way to the configured fee when it is too old', () => {
    const market = estimated();
    tellFee(market, 70_000n);
    market.begin(NEXT + MAX_AGE);
    expect(feeOfNextTrade(market, NEXT + MAX_AGE)).toBe((70_000n * UNITS) / 1_000_000n);
    const later = estimated();
    tellFee(later, 70_000n);
    later.begin(NEXT + MAX_AGE + 1);
    expect(feeOfNextTrade(later, NEXT + MAX_AGE + 1)).toBe(2_000n);
  });

  it('is forgotten with a lost feed', () => {
    const market = estimated();
    tellFee(market, 70_000n);
    market.engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'lost' });
    tellFee(market, 90_000n);
    for (const [address, account] of market.accounts) market.tell(address, account, NEXT + 1);
    market.begin(NEXT + 2);
    market.engine.process({ kind: 'feed', atMicros: 0, live: true, reason: 'again' });
    expect(feeOfNextTrade(market, NEXT + 2)).toBe(2_000n);
  });
});
