import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binAmountIn, binAmountOut, binNearPrice, priceOfBin } from './bin-price.ts';

const Q64 = 1n << 64n;
const steps = fc.integer({ min: 1, max: 400 });

describe('the price of a bin', () => {
  test('is one in bin 0 and one step more in bin 1', () => {
    expect(priceOfBin(0, 10)).toBe(Q64);
    // As the program stores it in its own bins: step 10, bin -1; step 250, bin 15.
    expect(priceOfBin(-1, 10)).toBe(18_428_315_757_951_600_016n);
    expect(priceOfBin(15, 250)).toBe(26_716_385_619_813_447_402n);
  });

  test('follows the power of its step', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -2_000, max: 2_000 }), (step, id) => {
        // Far out the program's own 64 bits of fraction run thin.
        fc.pre(Math.abs(id) * step < 100_000);
        const price = Number(priceOfBin(id, step)!) / 2 ** 64;
        expect(Math.abs(price / (1 + step / 10_000) ** id - 1)).toBeLessThan(1e-6);
        expect(binNearPrice(price, step)).toBe(id);
      }),
    );
  });

  test('does not exist beyond the numbers that the program can hold', () => {
    expect(priceOfBin(0x80000, 1)).toBeUndefined();
    expect(priceOfBin(-0x80000, 1)).toBeUndefined();
    expect(priceOfBin(443_636, 400)).toBeUndefined();
  });
});

describe('amounts of a bin', () => {
  const amounts = fc.bigInt(1n, (1n << 64n) - 1n);
  const ids = fc.integer({ min: -20_000, max: 20_000 });

  test('what an amount out takes in is the least that pays it', () => {
    fc.assert(
      fc.property(amounts, ids, fc.boolean(), (out, id, aToB) => {
        const price = priceOfBin(id, 10)!;
        const take = binAmountIn(out, price, aToB);
        expect(binAmountOut(take, price, aToB)).toBeGreaterThanOrEqual(out);
        expect(binAmountOut(take - 1n, price, aToB)).toBeLessThan(out);
      }),
    );
  });
});
