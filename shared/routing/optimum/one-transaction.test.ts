import { describe, expect, it } from 'vitest';
import { WSOL_MINT } from '../../core/address.ts';
import { createGeneratedMarket } from '../../sim/markets/generated-market.ts';
import { createStillSimMarket } from '../../sim/markets/still-sim-market.ts';
import { quoteRoute } from '../graph/route.ts';
import { createRouteIndex } from '../graph/route-index.ts';
import { mintWorths } from './mint-worth.ts';
import { plansOf, solveOneTransaction } from './one-transaction.ts';
import { curvesOf, solveOptimum } from './optimum.ts';

const MAX_IN = 100_000_000_000n;

function marketOf(seed: number, pools: number, mints: number) {
  const sim = createGeneratedMarket({ pools, mints, seed: `one ${seed}`, gaps: 0.5 });
  const market = createStillSimMarket(sim);
  return { market, params: { pools: market.pools, clock: sim.clock, startMint: WSOL_MINT, maxIn: MAX_IN } };
}

describe('the best that one transaction can take', () => {
  it('is one cycle of at most four swaps, between the best unsplit cycle on a grid and the optimum', () => {
    let split = 0;
    for (let seed = 0; seed < 25; seed++) {
      const { market, params } = marketOf(seed, 4 + (seed % 5), 3 + (seed % 2));
      const found = solveOneTransaction(params);
      const optimum = solveOptimum(params);
      let grid = 0n;
      for (const route of createRouteIndex({ market, startMints: [WSOL_MINT], maxLegs: 4 }).all) {
        for (let size = 1e4; size < Number(MAX_IN); size *= 1.3) {
          const quote = quoteRoute(route, BigInt(Math.floor(size)), params.clock);
          if (quote === undefined) continue;
          const profit = quote.amountOut - quote.amountIn;
          if (profit > grid) grid = profit;
        }
      }
      expect(found.flows.length).toBeLessThanOrEqual(4);
      expect(found.profit).toBeLessThanOrEqual(optimum.bound);
      expect(grid).toBeLessThanOrEqual(found.bound);
      expect(Number(found.profit)).toBeGreaterThanOrEqual(0.998 * Number(grid) - 5_000);
      // One pool a hop would have as many swaps as mints.
      if (found.flows.length > new Set(found.flows.map(({ mintIn }) => mintIn)).size) split += 1;
    }
    expect(split).toBeGreaterThan(3);
  });

  it('is sought in every set of swaps that no other contains', () => {
    const { market, params } = marketOf(1, 4, 2);
    const curves = curvesOf(market.pools, mintWorths(market.pools, WSOL_MINT, params.clock), params);
    // Four parallel pools: one, two or three of them there, all others back.
    expect(plansOf(curves, WSOL_MINT, 4).length).toBe(4 + 6 + 4);
    // With three swaps: one there and two of the others back, or two there and one back.
    expect(plansOf(curves, WSOL_MINT, 3).length).toBe(4 * 3 + 6 * 2);
    expect(plansOf(curves, WSOL_MINT, 2).length).toBe(4 * 3);
  });

  it('is nothing where nothing may go in', () => {
    const { params } = marketOf(2, 5, 3);
    expect(solveOneTransaction({ ...params, maxIn: 0n })).toMatchObject({ profit: 0n, bound: 0n, flows: [] });
  });
});
