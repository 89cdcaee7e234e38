import { describe, expect, it } from 'vitest';
import { createEstimatedCosts, createStaticCosts } from './costs.ts';

const FIGURES = { baseFeeLamports: 5_000n, priorityFeeLamports: 20_000n, tipLamports: 10_000n };

describe('costs', () => {
  it('count the configured priority fee for each leg until an estimate is told', () => {
    const costs = createEstimatedCosts({ ...FIGURES, unitsPerLeg: 100_000, maxPriorityFeeLamports: 90_000n });
    expect(costs.costsOf({ legs: 2 })).toMatchObject({
      priorityFeeLamports: 40_000n,
      failureLamports: 45_000n,
      totalLamports: 55_000n,
    });
  });

  it('follow the price of a compute unit, rounded up a leg, and go back when it is no longer known', () => {
    const costs = createEstimatedCosts({ ...FIGURES, unitsPerLeg: 100_001, maxPriorityFeeLamports: 90_000n });
    costs.setUnitPrice(300_000n);
    // 100,001 units × 0.3 lamports = 30,000.3 lamports.
    expect(costs.costsOf({ legs: 3 }).priorityFeeLamports).toBe(90_003n);
    expect(costs.costsOf({ legs: 1 }).priorityFeeLamports).toBe(30_001n);
    costs.setUnitPrice(0n);
    expect(costs.costsOf({ legs: 3 }).priorityFeeLamports).toBe(0n);
    costs.setUnitPrice(undefined);
    expect(costs.costsOf({ legs: 3 }).priorityFeeLamports).toBe(60_000n);
  });

  it('are capped, whatever an estimate says', () => {
    const costs = createEstimatedCosts({ ...FIGURES, unitsPerLeg: 100_000, maxPriorityFeeLamports: 90_000n });
    costs.setUnitPrice(10n ** 15n);
    expect(costs.costsOf({ legs: 2 }).priorityFeeLamports).toBe(180_000n);
  });

  it('of fixed figures do not listen', () => {
    const costs = createStaticCosts(FIGURES);
    costs.setUnitPrice(1n);
    expect(costs.costsOf({ legs: 1 }).priorityFeeLamports).toBe(20_000n);
  });
});
