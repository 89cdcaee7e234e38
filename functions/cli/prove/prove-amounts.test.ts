import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Quote } from '../../../shared/venues/venue.ts';
import { LARGEST_AMOUNT, spacedAmounts, topAmount } from './prove-amounts.ts';

const TOP = fc.bigInt({ min: 1n, max: LARGEST_AMOUNT });

describe('the amounts of a proof', () => {
  test('rise from one unit to the top without repeating, and are no more than asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), TOP, (count, top) => {
        const amounts = spacedAmounts(count, top);
        expect(amounts.length).toBeLessThanOrEqual(count);
        expect(amounts[0]).toBe(1n);
        expect(amounts.at(-1)).toBe(top);
        for (let i = 1; i < amounts.length; i++) expect(amounts[i]! > amounts[i - 1]!).toBe(true);
      }),
    );
  });

  test('stand evenly on a logarithmic scale', () => {
    const amounts = spacedAmounts(5, 10_000n ** 4n);
    expect(amounts.map((amount) => Math.log10(Number(amount)).toFixed(2))).toEqual([
      '0.00',
      '4.00',
      '8.00',
      '12.00',
      '16.00',
    ]);
  });

  test('are none or one when no more are asked for', () => {
    expect(spacedAmounts(0, 9n)).toEqual([]);
    expect(spacedAmounts(1, 9n)).toEqual([1n]);
  });
});

describe('the top amount', () => {
  const paysUpTo = (limit: bigint) => {
    return (amountIn: bigint): Quote =>
      amountIn <= limit
        ? { ok: true, amountOut: 1n, consumedIn: amountIn, computeUnits: 1 }
        : { ok: false, reason: 'no-liquidity' };
  };

  test('lies past what is quoted, by a factor of at most eight, and within half of u64', () => {
    fc.assert(
      fc.property(TOP, (limit) => {
        const top = topAmount(paysUpTo(limit));
        expect(top > limit || top === LARGEST_AMOUNT).toBe(true);
        expect(top <= 8n * limit).toBe(true);
        expect(top <= LARGEST_AMOUNT).toBe(true);
      }),
    );
  });

  test('is the largest of all where nothing is quoted, so that every refusal is compared', () => {
    expect(topAmount(paysUpTo(0n))).toBe(LARGEST_AMOUNT);
  });
});
