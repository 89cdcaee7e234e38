import { describe, expect, test } from 'vitest';
import { OVERHEAD_UNITS } from '../core/compute.ts';
import { CONTRACT_CLOCK, contractCases, contractPool } from './contract.ts';
import { VENUES } from './registry.ts';
import type { QuotePaid } from './venue.ts';

/** Amounts from one unit to half of u64. */
const AMOUNTS = Array.from({ length: 63 }, (_, i) => 1n << BigInt(i));

/** A clock of a chain that leaves a transaction's swaps so many compute units. */
function clockWith(units: number) {
  return { ...CONTRACT_CLOCK, transactionUnits: units + OVERHEAD_UNITS };
}

describe.each(VENUES)('compute units of $id', (venue) => {
  test.each(contractCases(venue))('$name: the quote and the settled swap tell the same', (pool) => {
    const { state } = contractPool(venue, pool);
    for (const aToB of [true, false]) {
      for (const amountIn of AMOUNTS) {
        const quote = venue.quote(state, aToB, amountIn, CONTRACT_CLOCK);
        const settled = venue.settle(state, aToB, amountIn, CONTRACT_CLOCK);
        if (!quote.ok || !settled.ok) {
          expect(settled.ok).toBe(quote.ok);
          continue;
        }
        expect(settled.computeUnits).toBe(quote.computeUnits);
        expect(Number.isSafeInteger(quote.computeUnits)).toBe(true);
        // No program of the eight does it for less, and a quote says when it takes more than a transaction has.
        expect(quote.computeUnits).toBeGreaterThan(20_000);
        expect(quote.computeUnits).toBeLessThanOrEqual(1_400_000 - OVERHEAD_UNITS);
      }
    }
  });

  test('what a transaction lacks the units for is refused as compute, at the unit', () => {
    let refused = 0;
    for (const pool of contractCases(venue)) {
      const { state } = contractPool(venue, pool);
      for (const aToB of [true, false]) {
        const paid = AMOUNTS.map((amountIn) => ({
          amountIn,
          quote: venue.quote(state, aToB, amountIn, CONTRACT_CLOCK),
        })).filter((one): one is { amountIn: bigint; quote: QuotePaid } => one.quote.ok);
        paid.sort((a, b) => a.quote.computeUnits - b.quote.computeUnits);
        const [cheapest, dearest] = [paid[0], paid.at(-1)];
        if (dearest === undefined || dearest.quote.computeUnits === cheapest!.quote.computeUnits) continue;
        refused += 1;
        const { amountIn, quote } = dearest;
        const enough = clockWith(quote.computeUnits);
        const short = clockWith(quote.computeUnits - 1);
        expect(venue.quote(state, aToB, amountIn, enough)).toEqual(quote);
        expect(venue.quote(state, aToB, amountIn, short)).toMatchObject({ ok: false, reason: 'compute' });
        expect(venue.settle(state, aToB, amountIn, short)).toMatchObject({ ok: false, reason: 'compute' });
        expect(venue.quote(state, aToB, cheapest!.amountIn, short).ok).toBe(true);
      }
    }
    const isSteady = ['raydium-cpmm', 'raydium-amm-v4', 'meteora-damm-v2'].includes(venue.id);
    if (isSteady) expect(refused).toBe(0);
    else expect(refused).toBeGreaterThan(0);
  });
});
