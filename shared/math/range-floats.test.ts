import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mulDivDown, mulDivUp } from './mul-div.ts';
import { createRangeFloats, pushRangeFloats, pushUndecided, rangeFloatsOut } from './range-floats.ts';
import { amountADown, amountBDown, sqrtPriceAfterA, sqrtPriceAfterB } from './sqrt-price.ts';
import { MAX_SQRT_PRICE, MIN_SQRT_PRICE } from './tick.ts';

const ONE = 1_000_000n;
const Q64 = 1n << 64n;

interface Range {
  readonly aToB: boolean;
  readonly liquidity: bigint;
  readonly from: bigint;
  readonly amountIn: bigint;
  readonly keptIn: bigint;
  readonly feeOut: bigint;
}

/** What the programs come to: the fee off, the price moved in the pool's favour, the difference paid, the fee off. */
function byIntegers({ aToB, liquidity, from, amountIn, keptIn, feeOut }: Range): bigint {
  const amount = mulDivDown(amountIn, keptIn, ONE);
  const gross = aToB
    ? amountBDown(liquidity, sqrtPriceAfterA(liquidity, from, amount), from)
    : amountADown(liquidity, from, sqrtPriceAfterB(liquidity, from, amount));
  return gross - mulDivUp(gross, feeOut, ONE);
}

function byFloats(range: Range): number {
  const floats = createRangeFloats();
  const { aToB, liquidity, from, keptIn, feeOut } = range;
  const end = 1n << 60n;
  pushRangeFloats(floats, aToB, { beforeIn: 0n, beforeOut: 0n, end, liquidity, from, keptIn, feeOut });
  return rangeFloatsOut(floats, aToB, Number(range.amountIn));
}

/** Spread over the orders of magnitude, and often on or next to a power of two, where roundings show. */
function spread(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  const bits = fc.integer({ min: min.toString(2).length, max: max.toString(2).length });
  return fc
    .tuple(bits, fc.bigInt({ min: 0n, max: Q64 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([length, parts, near, plain]) => {
      const power = 1n << BigInt(length - 1);
      const value = plain ? power + (power * parts) / Q64 : power + BigInt(near);
      return value < min ? min : value > max ? max : value;
    });
}

const rate = fc.oneof(fc.bigInt({ min: 0n, max: ONE }), fc.constantFrom(0n, 1n, 25n, 2_500n, ONE));
const ranges: fc.Arbitrary<Range> = fc.record({
  aToB: fc.boolean(),
  liquidity: spread(1n, 1n << 95n),
  from: spread(MIN_SQRT_PRICE, MAX_SQRT_PRICE),
  amountIn: spread(1n, BigInt(Number.MAX_SAFE_INTEGER)),
  keptIn: rate.map((fee) => ONE - fee),
  feeOut: rate,
});

describe('doubles', () => {
  test('say what the integers say, or nothing', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const floats = byFloats(range);
        if (floats >= 0) expect(BigInt(floats)).toBe(byIntegers(range));
      }),
      { numRuns: 30_000 },
    );
  });

  test('decide all but a few of the quotes on pools as they are', () => {
    let decided = 0;
    for (let i = 0; i < 2_000; i++) {
      const range: Range = {
        aToB: i % 2 === 0,
        liquidity: 3_000_000_000_000n + BigInt(i) * 77_777_777_777n,
        from: (Q64 * BigInt(3_000 + i)) / 9_000n,
        amountIn: 1_000_003n * BigInt(i * i + 1),
        keptIn: ONE - 3_000n,
        feeOut: 0n,
      };
      const floats = byFloats(range);
      if (floats < 0) continue;
      decided++;
      expect(BigInt(floats)).toBe(byIntegers(range));
    }
    expect(decided).toBeGreaterThan(1_950);
  });

  test('say nothing where a whole number lies within their error', () => {
    // At price one, with liquidity without end, one in is a hair less than one out: the integers pay nothing.
    const range = { aToB: true, liquidity: 1n << 63n, from: Q64, amountIn: 1n, keptIn: ONE, feeOut: 0n };
    expect(byIntegers(range)).toBe(0n);
    expect(byFloats(range)).toBeLessThan(0);
    expect(byFloats({ ...range, aToB: false })).toBeLessThan(0);
  });

  test('say nothing of amounts that they do not hold', () => {
    const range = { aToB: true, liquidity: 1n << 70n, from: Q64, keptIn: ONE, feeOut: 0n };
    for (const amountIn of [-1n, 0n, 1n << 53n, (1n << 53n) + 1n, 1n << 64n, 1n << 200n]) {
      expect(byFloats({ ...range, amountIn })).toBeLessThan(0);
    }
  });
});

describe('several steps', () => {
  const step = { liquidity: 10n ** 12n, from: Q64, keptIn: ONE, feeOut: 0n };
  const floats = createRangeFloats();
  pushRangeFloats(floats, true, { ...step, beforeIn: 0n, beforeOut: 0n, end: 1_000n });
  pushUndecided(floats, 2_000n);
  pushRangeFloats(floats, true, { ...step, beforeIn: 1_900n, beforeOut: 50n, end: 3_000n });
  pushRangeFloats(floats, true, { ...step, beforeIn: 3_000n, beforeOut: 1n << 53n, end: 1n << 60n });

  test('are told apart by where they end, which is left to the integers', () => {
    const out = (amountIn: number) => rangeFloatsOut(floats, true, amountIn);
    expect(out(999)).toBe(998);
    expect(out(1_000)).toBeLessThan(0);
    expect(out(1_500)).toBeLessThan(0);
    expect(out(2_001)).toBe(50 + 100);
    expect(out(2_999)).toBe(50 + 1_098);
    expect(out(3_000)).toBeLessThan(0);
  });

  test('after sums beyond 2^53 are not told', () => {
    expect(rangeFloatsOut(floats, true, 4_000)).toBeLessThan(0);
    expect(rangeFloatsOut(createRangeFloats(), true, 4_000)).toBeLessThan(0);
  });
});
