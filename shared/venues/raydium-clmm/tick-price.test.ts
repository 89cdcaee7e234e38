import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import { MAX_SQRT_PRICE, MIN_SQRT_PRICE, sqrtPriceAtTick, tickAtSqrtPrice } from './tick-price.ts';

describe('square-root prices of ticks', () => {
  test('meet the bounds that the program names', () => {
    expect(sqrtPriceAtTick(MIN_TICK)).toBe(MIN_SQRT_PRICE);
    expect(sqrtPriceAtTick(MAX_TICK)).toBe(MAX_SQRT_PRICE);
    expect(sqrtPriceAtTick(0)).toBe(1n << 64n);
  });

  test('rise with the tick, each tick holding from its own price up to the next', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN_TICK, max: MAX_TICK - 1 }),
        fc.double({ min: 0, max: 1 }),
        (tick, part) => {
          const price = sqrtPriceAtTick(tick);
          const next = sqrtPriceAtTick(tick + 1);
          expect(next).toBeGreaterThan(price);
          expect(tickAtSqrtPrice(price)).toBe(tick);
          expect(tickAtSqrtPrice(next - 1n)).toBe(tick);
          const inside = Number.isNaN(part) ? 0n : BigInt(Math.floor(part * 1e9));
          expect(tickAtSqrtPrice(price + ((next - 1n - price) * inside) / 1_000_000_000n)).toBe(tick);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
