import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  amountADown,
  amountAUp,
  amountBDown,
  amountBUp,
  liquidityOfA,
  liquidityOfB,
  sqrtPriceAfterA,
  sqrtPriceAfterB,
} from './sqrt-price.ts';
import { sqrtPriceAtTick } from './tick.ts';

const liquidity = fc.bigInt({ min: 1n, max: 1n << 80n });
const amount = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const range = fc
  .tuple(fc.integer({ min: -300_000, max: 300_000 }), fc.integer({ min: 1, max: 5_000 }))
  .map(([tick, width]) => ({ lower: sqrtPriceAtTick(tick), upper: sqrtPriceAtTick(tick + width) }));

describe('amounts between two prices', () => {
  it('match a case worked by hand: L = 2^64, price from 1 to 4', () => {
    const one = 1n << 64n;
    expect(amountADown(one, one, 2n * one)).toBe(one / 2n);
    expect(amountBDown(one, one, 2n * one)).toBe(one);
  });

  it('round down and up by at most one unit, up only when something is left over', () => {
    fc.assert(
      fc.property(liquidity, range, (l, { lower, upper }) => {
        const exactA = ((l * (upper - lower)) << 64n) % (upper * lower) === 0n;
        expect(amountAUp(l, lower, upper) - amountADown(l, lower, upper)).toBe(exactA ? 0n : 1n);
        const exactB = (l * (upper - lower)) % (1n << 64n) === 0n;
        expect(amountBUp(l, lower, upper) - amountBDown(l, lower, upper)).toBe(exactB ? 0n : 1n);
      }),
    );
  });
});

describe('the price after an amount came in', () => {
  it('never takes more than the amount', () => {
    fc.assert(
      fc.property(liquidity, range, amount, (l, { lower: price }, paid) => {
        const fallen = sqrtPriceAfterA(l, price, paid);
        expect(fallen).toBeLessThanOrEqual(price);
        expect(amountAUp(l, fallen, price)).toBeLessThanOrEqual(paid);
        const risen = sqrtPriceAfterB(l, price, paid);
        expect(risen).toBeGreaterThanOrEqual(price);
        expect(amountBUp(l, price, risen)).toBeLessThanOrEqual(paid);
      }),
    );
  });

  it('stays put when nothing came in', () => {
    expect(sqrtPriceAfterA(5n, 1n << 64n, 0n)).toBe(1n << 64n);
    expect(sqrtPriceAfterB(5n, 1n << 64n, 0n)).toBe(1n << 64n);
  });
});

describe('liquidity of an amount', () => {
  it('takes back no more than the amount', () => {
    fc.assert(
      fc.property(amount, range, (deposit, { lower, upper }) => {
        expect(amountADown(liquidityOfA(deposit, lower, upper), lower, upper)).toBeLessThanOrEqual(deposit);
        expect(amountBDown(liquidityOfB(deposit, lower, upper), lower, upper)).toBeLessThanOrEqual(deposit);
      }),
    );
  });
});
