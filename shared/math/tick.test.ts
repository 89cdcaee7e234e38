import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  floorDiv,
  MAX_SQRT_PRICE,
  MAX_TICK,
  MIN_SQRT_PRICE,
  MIN_TICK,
  sqrtPriceAtTick,
  tickAtSqrtPrice,
} from './tick.ts';

const anyTick = fc.integer({ min: MIN_TICK, max: MAX_TICK });

describe('sqrtPriceAtTick', () => {
  it('gives the known prices of the ends, of tick 0 and of its neighbours', () => {
    expect(sqrtPriceAtTick(MIN_TICK)).toBe(MIN_SQRT_PRICE);
    expect(sqrtPriceAtTick(MAX_TICK)).toBe(MAX_SQRT_PRICE);
    expect(sqrtPriceAtTick(0)).toBe(1n << 64n);
    expect(sqrtPriceAtTick(1)).toBe(18_447_666_387_855_959_850n);
    expect(sqrtPriceAtTick(-1)).toBe(18_445_821_805_675_392_311n);
  });

  it('rises with every tick', () => {
    fc.assert(
      fc.property(fc.integer({ min: MIN_TICK, max: MAX_TICK - 1 }), (tick) => {
        expect(sqrtPriceAtTick(tick + 1)).toBeGreaterThan(sqrtPriceAtTick(tick));
      }),
    );
  });

  it('is the square root of 1.0001^tick to nine digits', () => {
    fc.assert(
      fc.property(anyTick, (tick) => {
        const ideal = 1.0001 ** (tick / 2) * 2 ** 64;
        expect(Math.abs(Number(sqrtPriceAtTick(tick)) / ideal - 1)).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('tickAtSqrtPrice', () => {
  it('gives a tick back at its own price, and the one below just under it', () => {
    fc.assert(
      fc.property(fc.integer({ min: MIN_TICK + 1, max: MAX_TICK }), (tick) => {
        const price = sqrtPriceAtTick(tick);
        expect(tickAtSqrtPrice(price)).toBe(tick);
        expect(tickAtSqrtPrice(price - 1n)).toBe(tick - 1);
      }),
      { numRuns: 2_000 },
    );
    expect(tickAtSqrtPrice(MIN_SQRT_PRICE)).toBe(MIN_TICK);
  });

  it('gives the highest tick whose price is not above any price', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: MIN_SQRT_PRICE, max: MAX_SQRT_PRICE - 1n }), (price) => {
        const tick = tickAtSqrtPrice(price);
        expect(sqrtPriceAtTick(tick)).toBeLessThanOrEqual(price);
        expect(sqrtPriceAtTick(tick + 1)).toBeGreaterThan(price);
      }),
    );
  });
});

describe('floorDiv', () => {
  it('rounds towards negative infinity', () => {
    expect(floorDiv(-1, 64)).toBe(-1);
    expect(floorDiv(-64, 64)).toBe(-1);
    expect(floorDiv(-65, 64)).toBe(-2);
    expect(floorDiv(63, 64)).toBe(0);
  });
});
