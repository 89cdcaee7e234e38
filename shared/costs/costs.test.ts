import { describe, expect, it } from 'vitest';
import { createEstimatedCosts, createStaticCosts, expectedLamports } from './costs.ts';

const FIGURES = { baseFeeLamports: 5_000n, priorityFeeLamports: 1_000n, tipLamports: 10_000n };

describe('the costs of an attempt', () => {
  it('grow with its swaps and with the token accounts that it must create', () => {
    const costs = createStaticCosts(FIGURES);
    expect(costs.costsOf({ legs: 2 }).totalLamports).toBe(17_000n);
    expect(costs.costsOf({ legs: 4 }).totalLamports).toBe(19_000n);
    expect(costs.costsOf({ legs: 2, newAccounts: 2 })).toMatchObject({
      rentLamports: 2n * 2_039_280n,
      totalLamports: 17_000n + 2n * 2_039_280n,
    });
  });

  it('ask for the rent that the chain asks for, unless one is configured', () => {
    const [chain, configured] = [
      createStaticCosts(FIGURES),
      createStaticCosts({ ...FIGURES, rentLamports: 7n }),
    ];
    for (const costs of [chain, configured]) {
      costs.costsOf({ legs: 2, newAccounts: 1 });
      costs.setTokenAccountRent(203_928n);
    }
    expect(chain.costsOf({ legs: 2, newAccounts: 1 }).rentLamports).toBe(203_928n);
    expect(configured.costsOf({ legs: 2, newAccounts: 1 }).rentLamports).toBe(7n);
  });

  it('take the compute units that a route was counted to need, once a unit has a price', () => {
    const costs = createEstimatedCosts({ ...FIGURES, unitsPerLeg: 120_000, maxPriorityFeeLamports: 50_000n });
    const counted = { legs: 3, computeUnits: 250_001 };
    expect(costs.costsOf(counted).priorityFeeLamports).toBe(3_000n);
    costs.setUnitPrice(100_000n);
    expect(costs.costsOf({ legs: 3 }).priorityFeeLamports).toBe(36_000n);
    expect(costs.costsOf(counted).priorityFeeLamports).toBe(25_001n);
    // What another route needs is its own.
    expect(costs.costsOf({ legs: 3, computeUnits: 400_000 }).priorityFeeLamports).toBe(40_000n);
    expect(costs.costsOf({ legs: 3 }).priorityFeeLamports).toBe(36_000n);
    expect(costs.costsOf({ legs: 2, computeUnits: 1_300_000 }).priorityFeeLamports).toBe(100_000n);
    costs.setUnitPrice(undefined);
    expect(costs.costsOf(counted).priorityFeeLamports).toBe(3_000n);
  });

  it('make a hurdle at which the attempts that fail are just paid for', () => {
    const costs = createStaticCosts({ ...FIGURES, landingOdds: 0.5, revertOdds: 0.25 }).costsOf({ legs: 2 });
    expect(costs.failureLamports).toBe(7_000n);
    // Half an attempt that reverts for each that succeeds.
    expect(costs.hurdleLamports).toBe(17_000n + 3_500n);
    expect(expectedLamports(costs, costs.hurdleLamports - costs.totalLamports)).toBe(0n);
    expect(expectedLamports(costs, 103_500n)).toBe(50_000n);
    expect(expectedLamports(costs, 0n)).toBe(-1_750n);
  });

  it('cannot be earned back where nothing ever lands', () => {
    const costs = createStaticCosts({ ...FIGURES, landingOdds: 0, revertOdds: 0.5 }).costsOf({ legs: 2 });
    expect(expectedLamports(costs, 10n ** 18n)).toBeLessThan(0n);
    expect(costs.hurdleLamports).toBeGreaterThan(10n ** 9n);
  });
});
