import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableBalance, stableInvariant } from './stable-curve.ts';

const amount = fc.bigInt(1n, 10n ** 20n);
const amplification = fc.constantFrom(1n, 10n, 100n, 1_000n, 10_000n);

describe('the stable curve', () => {
  it('has the sum as its invariant when both sides are equal', () => {
    fc.assert(
      fc.property(amplification, amount, (a, x) => {
        expect(stableInvariant(a, x, x)).toBe(2n * x);
      }),
    );
  });

  it('gives back the balance it was made of, to the units that one unit of the invariant is worth', () => {
    const pairs = fc.tuple(fc.bigInt(10n ** 9n, 10n ** 15n), fc.integer({ min: 50, max: 200 }));
    fc.assert(
      fc.property(amplification, pairs, (a, [x, percent]) => {
        const y = (x * BigInt(percent)) / 100n;
        const back = stableBalance(a, x, stableInvariant(a, x, y)!)!;
        expect(back - y).toBeGreaterThanOrEqual(-4n);
        expect(back - y).toBeLessThanOrEqual(4n);
      }),
    );
  });

  it('keeps less of one side the more the other has', () => {
    fc.assert(
      fc.property(amplification, fc.bigInt(10n ** 6n, 10n ** 15n), amount, (a, x, more) => {
        const d = stableInvariant(a, x, x)!;
        expect(stableBalance(a, x + more, d)! <= stableBalance(a, x, d)!).toBe(true);
      }),
    );
  });

  it('depends on the order of its sides where a unit is worth hundreds', () => {
    // The program paid 1,014 here for an input on the small side; the other order would have it pay 1,009.
    expect(stableInvariant(10n, 424_011_474n, 535_481_722_836n)).toBe(186_739_096_561n);
    expect(stableInvariant(10n, 535_481_722_836n, 424_011_474n)).toBe(186_739_096_562n);
  });

  it('is where the last of 256 steps ends when they go round', () => {
    // The program paid for a swap on these balances, with 1.8 million compute units.
    const steps = [1_080_263_998_783n, 1_080_263_998_348n, 1_080_263_998_059n];
    expect(stableInvariant(100n, 1_486_133_641_591_211n, 714n)).toBe(steps[0]);
    expect(steps).not.toContain(stableInvariant(100n, 714n, 1_486_133_641_591_211n));
  });

  it('is undefined where the program leaves its integers', () => {
    expect(stableInvariant(100n, 0n, 5n)).toBeUndefined();
    expect(stableInvariant(0n, 5n, 5n)).toBeUndefined();
    expect(stableInvariant(1n, 1n << 97n, 1n << 97n)).toBeUndefined();
    expect(stableInvariant(1n << 63n, 5n, 5n)).toBeUndefined();
    expect(stableInvariant(100n, 1n, 1n << 90n)).toBeUndefined();
    expect(stableBalance(100n, 0n, 5n)).toBeUndefined();
    expect(stableBalance(100n, 5n, 1n << 97n)).toBeUndefined();
  });
});
