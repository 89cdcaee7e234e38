import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { OVERHEAD_UNITS } from '../core/compute.ts';
import type { Market } from '../market/market.ts';
import { openGate } from './candidates.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally, type Tally } from './reason.ts';
import { CLOCK, createOpenSearch, createStill, type StillPool } from './test-market.ts';

const MAX_IN = 10n ** 13n;
/** Bins and ticks by the dozen between two prices that lie 6 % apart. */
const APART: readonly StillPool[] = [
  { venue: 'meteora-dlmm', a: WSOL_MINT, b: USDC_MINT, gap: 1.03, depthUsd: 4e6, feeBps: 4, variant: 0 },
  { venue: 'orca-whirlpool', a: WSOL_MINT, b: USDC_MINT, gap: 0.97, depthUsd: 4e6, feeBps: 4, variant: 0 },
];

function clockWith(units: number): ChainClock {
  return { ...CLOCK, transactionUnits: units + OVERHEAD_UNITS };
}

function bestOn(market: Market, clock: ChainClock, tally: Tally = createTally()): Opportunity | undefined {
  const search = createOpenSearch(market, { startMints: [USDC_MINT], maxLegs: 2, maxSwaps: 2 });
  return search.run(market.pools, clock, openGate(MAX_IN), tally).best[0];
}

/** Profit and compute units of a trade of so much through the same pools; undefined where one refuses. */
function quoted(market: Market, like: Opportunity, amountIn: bigint) {
  let amount = amountIn;
  let units = 0;
  for (const leg of like.legs) {
    const { venue, state } = market.poolAt(leg.pool)!;
    const quote = venue.quote(state!, leg.aToB, amount, CLOCK);
    if (!quote.ok) return undefined;
    amount = quote.amountOut;
    units += quote.computeUnits;
  }
  return { profit: amount - amountIn, units };
}

describe('compute units of a route', () => {
  it('are counted over all legs: the trade is the best of those that one transaction has the units for', () => {
    const market = createStill(APART);
    const whole = bestOn(market, CLOCK)!;
    const needed = quoted(market, whole, whole.amountIn)!;
    expect(needed.units).toBeGreaterThan(200_000);
    for (const share of [0.9, 0.7, 0.5]) {
      const limit = Math.floor(needed.units * share);
      const found = bestOn(market, clockWith(limit));
      expect(found, `with ${limit} units`).toBeDefined();
      expect(quoted(market, found!, found!.amountIn)!.units).toBeLessThanOrEqual(limit);
      let best = 0n;
      for (let part = 1n; part <= 400n; part++) {
        const one = quoted(market, whole, (whole.amountIn * part) / 400n);
        if (one !== undefined && one.units <= limit && one.profit > best) best = one.profit;
      }
      expect(Number(found!.grossProfit)).toBeGreaterThanOrEqual(Number(best) * 0.98);
      expect(found!.grossProfit).toBeLessThan(whole.grossProfit);
    }
  });

  it('that no size gets by with refuse the route by a reason of its own', () => {
    const tally = createTally();
    expect(bestOn(createStill(APART), clockWith(75_000), tally)).toBeUndefined();
    expect(tally.of('beyond-compute')).toBe(1);
    expect(tally.of('quote-refused')).toBe(0);
  });
});
