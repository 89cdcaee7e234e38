import { describe, expect, test } from 'vitest';
import {
  type BaseFee,
  baseFeeNumerator,
  FAILS,
  type MarketCapSchedule,
  numeratorAtPrice,
} from './base-fee.ts';

const schedule = (exponential: boolean, cliff: bigint, periods: number, reduction: bigint) => ({
  cliff,
  exponential,
  periods,
  reduction,
  memo: { period: -1, numerator: cliff },
});
const timed = (exponential: boolean, cliff: bigint, periods: number, reduction: bigint): BaseFee => ({
  ...schedule(exponential, cliff, periods, reduction),
  kind: 'time',
  frequency: 60,
});
/** 1% on the first 1,000, a percent more on each further thousand, 5% at the most, for 100 points. */
const limiter: BaseFee = {
  kind: 'rate-limiter',
  cliff: 10_000_000n,
  active: true,
  incrementBps: 100,
  maxFeeBps: 500,
  duration: 100,
  referenceAmount: 1_000n,
};
const ACTIVATION = 10_000;

function at(fee: BaseFee, elapsed: number, amount = 1n, aToB = false): bigint {
  return baseFeeNumerator(fee, aToB, amount, ACTIVATION + elapsed, ACTIVATION, 77n);
}

describe('a fee scheduled by time', () => {
  test('falls by the period and stands still after the last', () => {
    const fee = timed(false, 1_000n, 50, 10n);
    expect([0, 59, 60, 179, 3_000, 1e9].map((elapsed) => at(fee, elapsed))).toEqual([
      1_000n,
      1_000n,
      990n,
      980n,
      500n,
      500n,
    ]);
  });

  test('falls by a part of what is left, rounded down', () => {
    const fee = timed(true, 500_000_000n, 120, 265n);
    expect([at(fee, 0), at(fee, 60), at(fee, 1e6)]).toEqual([500_000_000n, 486_750_000n, 19_919_787n]);
  });

  test('fails where the program’s arithmetic does', () => {
    expect(at(timed(false, 1_000n, 50, 21n), 60 * 47)).toBe(13n);
    expect(at(timed(false, 1_000n, 50, 21n), 60 * 48)).toBe(FAILS);
    expect(at(timed(true, 1_000n, 50, 10_001n), 0)).toBe(FAILS);
    expect(at(timed(true, 1_000n, 50, 10_000n), 0)).toBe(1_000n);
    expect(at(timed(true, 1_000n, 50, 10_000n), 60)).toBe(FAILS);
    expect(at(timed(true, 1_000n, 100, 5_000n), 60 * 64)).toBe(0n);
    expect(at(timed(true, 1_000n, 100, 5_000n), 60 * 65)).toBe(FAILS);
  });
});

describe('a fee scheduled by market cap', () => {
  const fee: MarketCapSchedule = {
    ...schedule(false, 1_000n, 20, 10n),
    kind: 'market-cap',
    sqrtPriceStepBps: 100n,
    expiration: 100,
  };

  test('falls with each step of the price above its first one, and never rises below it', () => {
    const prices = [5_000n, 10_000n, 10_099n, 10_100n, 10_999n, 90_000n];
    expect(prices.map((price) => numeratorAtPrice(fee, price, 10_000n))).toEqual([
      1_000n,
      1_000n,
      1_000n,
      990n,
      910n,
      800n,
    ]);
  });

  test('follows the price until it expires, and then stands at its end', () => {
    expect([at(fee, 0), at(fee, 100), at(fee, 101)]).toEqual([77n, 77n, 800n]);
  });

  test('fails where the program divides by zero', () => {
    expect(numeratorAtPrice(fee, 1n, 0n)).toBe(FAILS);
    expect(numeratorAtPrice({ ...fee, sqrtPriceStepBps: 0n }, 11n, 10n)).toBe(FAILS);
  });
});

describe('a rate limiter', () => {
  test('charges each further reference amount a step more, up to the most', () => {
    expect(at(limiter, 0, 1_000n)).toBe(10_000_000n);
    expect(at(limiter, 0, 2_500n)).toBe(18_000_000n); // 10 + 20 + half of 30
    expect(at(limiter, 0, 7_000n)).toBe(35_714_286n); // 10 + 20 + 30 + 40 + 50 + 2 × 50 of 7,000
  });

  test('rounds the fee of all steps up to a whole unit', () => {
    expect(at(limiter, 0, 1_001n)).toBe(10_989_011n); // 10.02, up to 11
  });

  test('holds only for buyers of A, from activation to its last point', () => {
    expect(at(limiter, 0, 2_500n, true)).toBe(10_000_000n);
    expect(at(limiter, 100, 2_500n)).toBe(18_000_000n);
    expect(at(limiter, 101, 2_500n)).toBe(10_000_000n);
  });

  test('fails where the program divides by zero or its most is below its least', () => {
    expect(at({ ...limiter, referenceAmount: 0n }, 0, 1n)).toBe(FAILS);
    expect(at({ ...limiter, incrementBps: 0 }, 0, 1_001n)).toBe(FAILS);
    expect(at({ ...limiter, maxFeeBps: 99 }, 0, 1_001n)).toBe(FAILS);
  });
});
