import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createTestMarket, MEME_MINT } from '../engine/test-market.ts';
import type { Route } from './route.ts';
import { quoteRoute, sizeRoute } from './sizing.ts';

const CLOCK = { slot: 1_000, unixTimestamp: 1_700_000_000, epoch: 700 };

/** A base unit of the coarsest middle mint is worth up to 10 lamports: sizes that differ by roundings differ by a few. */
const GRAIN = 30;

/** Highest profit on a grid of 4,000 sizes, evenly spaced on the logarithm. */
function bruteForce(route: Route, maxIn: bigint): bigint {
  let best = -maxIn;
  const top = Math.log(Number(maxIn));
  for (let i = 0; i <= 4_000; i++) {
    const amountIn = i === 4_000 ? maxIn : BigInt(Math.floor(Math.exp((top * i) / 4_000)));
    const quote = quoteRoute(route, amountIn, CLOCK);
    if (quote !== undefined && quote.amountOut - quote.amountIn > best)
      best = quote.amountOut - quote.amountIn;
  }
  return best;
}

function marginalOf(route: Route): number {
  return route.hops.reduce(
    (product, { pool, aToB }) => product * pool.venue.marginalPrice(pool.state!, aToB, CLOCK),
    1,
  );
}

describe('sizeRoute', () => {
  it('comes within 0.1 % of the best size on a fine grid, over depths, gaps, limits and route lengths', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 6, noNaN: true }),
        fc.double({ min: 1, max: 6, noNaN: true }),
        fc.double({ min: 0.9, max: 1.2, noNaN: true }),
        fc.double({ min: 3, max: 12, noNaN: true }),
        (depthA, depthB, gap, limit) => {
          const { engine } = createTestMarket([
            { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 10 ** depthA },
            { a: WSOL_MINT, b: USDC_MINT, price: 150 * gap, depth: 10 ** depthB },
            { a: WSOL_MINT, b: MEME_MINT, price: 1_000, depth: 10 ** depthA },
            { a: USDC_MINT, b: MEME_MINT, price: 1_000 / 150 / gap, depth: 10 ** depthB * 100 },
          ]);
          const maxIn = BigInt(Math.floor(10 ** limit));
          for (const route of engine.routes) {
            const marginal = marginalOf(route);
            if (marginal <= 1) continue;
            const sized = sizeRoute({ route, maxIn, marginal, clock: CLOCK, budget: { left: 10_000 } });
            const best = bruteForce(route, maxIn);
            if (best <= BigInt(GRAIN)) continue;
            expect(sized.ok, `brute force finds ${best}, sizing ${JSON.stringify(sized.ok)}`).toBe(true);
            if (!sized.ok) continue;
            expect(Number(sized.profit)).toBeGreaterThanOrEqual(Number(best) * 0.999 - GRAIN);
            expect(sized.profit).toBe(sized.amountOut - sized.amountIn);
            expect(sized.amountIn).toBeLessThanOrEqual(maxIn);
            const { amountIn, amountOut } = sized;
            expect(quoteRoute(route, sized.offered, CLOCK)).toEqual({ amountIn, amountOut });
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('spends no more quotes than the budget, and says when the budget ended it', () => {
    const { engine } = createTestMarket([
      { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 1_000 },
      { a: WSOL_MINT, b: USDC_MINT, price: 165, depth: 1_000 },
    ]);
    const route = engine.routes.find((candidate) => marginalOf(candidate) > 1)!;
    const budget = { left: 1 };
    const params = { route, maxIn: 10n ** 12n, marginal: marginalOf(route), clock: CLOCK, budget };
    expect(sizeRoute(params)).toEqual({ ok: false, reason: 'budget-exhausted' });
    expect(budget.left).toBe(1);
    budget.left = 60;
    expect(sizeRoute(params).ok).toBe(true);
    expect(budget.left).toBeGreaterThanOrEqual(0);
  });
});
