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

  it('are worth what they are on average rounded down, below nothing too', () => {
    const costs = createStaticCosts({ ...FIGURES, landingOdds: 0.3, revertOdds: 0.1 }).costsOf({ legs: 2 });
    // 7,000 lamports in one of ten attempts that fail, and a third of what is earned.
    expect(costs.failureLamports).toBe(7_000n);
    expect(expectedLamports(costs, 2_335n)).toBe(0n);
    expect(expectedLamports(costs, 2_334n)).toBe(0n);
    expect(expectedLamports(costs, 2_333n)).toBe(-1n);
    expect(expectedLamports(costs, 2_330n)).toBe(-1n);
    expect(expectedLamports(costs, 2_329n)).toBe(-2n);
    expect(expectedLamports(costs, 0n)).toBe(-700n);
  });

  it('have the hurdle of their total where nothing is said of attempts that fail', () => {
    const { odds, hurdleLamports, totalLamports } = createStaticCosts(FIGURES).costsOf({ legs: 2 });
    expect(odds).toEqual({ successPpm: 1_000_000n, revertPpm: 0n });
    expect(hurdleLamports).toBe(totalLamports);
    const never = createStaticCosts({ ...FIGURES, landingOdds: 0 }).costsOf({ legs: 2 });
    expect(never.hurdleLamports).toBe(never.totalLamports);
  });

  it('are the same for every route of the same swaps and new accounts, and reckoned once', () => {
    const costs = createStaticCosts(FIGURES);
    const known = costs.costsOf({ legs: 2, newAccounts: 1 });
    expect(costs.costsOf({ legs: 2, newAccounts: 1 })).toBe(known);
    for (const other of [{ legs: 2 }, { legs: 3 }, { legs: 2, newAccounts: 2 }, { legs: 1, newAccounts: 15 }])
      expect(costs.costsOf(other).rentLamports).toBe(BigInt(other.newAccounts ?? 0) * 2_039_280n);
    expect(costs.costsOf({ legs: 3, newAccounts: 1 }).priorityFeeLamports).toBe(3_000n);
    // Sixteen more accounts are not two swaps less.
    const [a, b] = [costs.costsOf({ legs: 2, newAccounts: 3 }), costs.costsOf({ legs: 3, newAccounts: 13 })];
    expect([a.rentLamports, b.rentLamports]).toEqual([3n * 2_039_280n, 13n * 2_039_280n]);
    costs.setTokenAccountRent(2_039_280n);
    expect(costs.costsOf({ legs: 2, newAccounts: 1 })).toBe(known);
    costs.setTokenAccountRent(5n);
    expect(costs.costsOf({ legs: 2, newAccounts: 1 }).rentLamports).toBe(5n);
  });

  it('of fixed figures do not follow what a compute unit costs', () => {
    const costs = createStaticCosts(FIGURES);
    const known = costs.costsOf({ legs: 2 });
    costs.setUnitPrice(9_000_000n);
    expect(costs.unitPriceMicroLamports).toBeUndefined();
    expect(costs.costsOf({ legs: 2 })).toBe(known);
    expect(costs.costsOf({ legs: 2, computeUnits: 400_000 }).priorityFeeLamports).toBe(2_000n);
  });

  it('say what a compute unit costs, while that is known, and take no more for a swap than they may', () => {
    const costs = createEstimatedCosts({ ...FIGURES, unitsPerLeg: 120_000, maxPriorityFeeLamports: 50_000n });
    expect(costs.unitPriceMicroLamports).toBeUndefined();
    costs.setUnitPrice(1_000_000n);
    expect(costs.unitPriceMicroLamports).toBe(1_000_000n);
    expect(costs.costsOf({ legs: 2 }).priorityFeeLamports).toBe(100_000n);
    expect(costs.costsOf({ legs: 2, computeUnits: 99_999 }).priorityFeeLamports).toBe(99_999n);
    expect(costs.costsOf({ legs: 2, computeUnits: 100_001 }).priorityFeeLamports).toBe(100_000n);
    costs.setUnitPrice(1n);
    expect(costs.costsOf({ legs: 2, computeUnits: 1 }).priorityFeeLamports).toBe(1n);
    costs.setUnitPrice(undefined);
    expect(costs.unitPriceMicroLamports).toBeUndefined();
  });

  it('cannot be earned back where nothing ever lands', () => {
    const costs = createStaticCosts({ ...FIGURES, landingOdds: 0, revertOdds: 0.5 }).costsOf({ legs: 2 });
    expect(expectedLamports(costs, 10n ** 18n)).toBeLessThan(0n);
    expect(costs.hurdleLamports).toBeGreaterThan(10n ** 9n);
  });
});
