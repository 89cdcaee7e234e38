import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { openGate } from './candidates.ts';
import type { Hop, Route } from './graph/route.ts';
import { createRouteIndex } from './graph/route-index.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally } from './reason.ts';
import type { SearchParams } from './search.ts';
import { bestOfRoute, bestOfSplit, type SplitHop } from './test-brute-force.ts';
import { ALT_MINT, CLOCK, createOpenSearch, createStill, MEME_MINT, randomSpecs } from './test-market.ts';

const MAX_IN = 50_000_000_000n;
/** A base unit of the coarsest mint is worth some lamports: profits that differ by roundings differ by a few. */
const GRAIN = 40;
const MINTS = [WSOL_MINT, USDC_MINT, ALT_MINT, MEME_MINT];

/** The most that the search finds on a market in one trade. */
function bestFound(market: Market, overrides: Partial<SearchParams>): Opportunity | undefined {
  const search = createOpenSearch(market, { startMints: [WSOL_MINT], ...overrides });
  const { best, passedOver } = search.run(market.pools, CLOCK, openGate(MAX_IN), createTally(), {
    maxPassedOver: 1_000,
  });
  const all = [...best, ...passedOver.map(({ opportunity }) => opportunity)];
  return all.sort((a, b) => Number(b.grossProfit - a.grossProfit))[0];
}

/** Every pair of single routes over one cycle of mints, as a cycle whose hops have up to two pools. */
function splitsOf(routes: readonly Route[], maxSwaps: number): readonly (readonly SplitHop[])[] {
  const cycleOf = (route: Route): string => route.hops.map((hop) => hop.mintIn).join();
  const splits = new Map<string, readonly SplitHop[]>();
  for (const a of routes) {
    for (const b of routes) {
      if (cycleOf(a) !== cycleOf(b)) continue;
      const hops = a.hops.map((hop, h) => ({
        pools: [...new Map([hop, b.hops[h]!].map((each: Hop) => [each.pool, each])).values()].sort(
          (x, y) => x.pool.index - y.pool.index,
        ),
      }));
      const used = hops.flatMap(({ pools }) => pools.map(({ pool }) => pool));
      if (used.length > maxSwaps || new Set(used).size < used.length) continue;
      splits.set(used.map(({ index }) => index).join() + cycleOf(a), hops);
    }
  }
  return [...splits.values()];
}

describe('createSearch', () => {
  it('finds what all routes on a fine grid of exact sizes come to, on random markets of all venues', () => {
    let paying = 0;
    for (let seed = 0; seed < 24; seed++) {
      const market = createStill(randomSpecs(`grid ${seed}`, 8, MINTS));
      const maxLegs = 2 + (seed % 3);
      const { all } = createRouteIndex({ market, startMints: [WSOL_MINT], maxLegs });
      const best = Math.max(-1, ...all.map((route) => bestOfRoute(route, MAX_IN)));
      const found = bestFound(market, { maxLegs, maxSwaps: maxLegs });
      if (best <= GRAIN) continue;
      paying += 1;
      expect(Number(found?.grossProfit ?? 0n), `market ${seed}`).toBeGreaterThanOrEqual(best * 0.999 - GRAIN);
    }
    expect(paying).toBeGreaterThan(12);
  });

  it('finds what splits on fine grids of sizes and shares come to', () => {
    let split = 0;
    for (let seed = 0; seed < 10; seed++) {
      const market = createStill(randomSpecs(`split ${seed}`, 4, [WSOL_MINT, USDC_MINT]));
      const { all } = createRouteIndex({ market, startMints: [WSOL_MINT], maxLegs: 2 });
      // A path that loses alone loses in a split too.
      const paying = all.filter((route) => bestOfRoute(route, MAX_IN) > 0);
      const best = Math.max(-1, ...splitsOf(paying, 4).map((hops) => bestOfSplit(hops, MAX_IN)));
      const found = bestFound(market, { maxLegs: 2, maxSwaps: 4 });
      if (best <= GRAIN) continue;
      if (found !== undefined && found.legs.length > 2) split += 1;
      expect(Number(found?.grossProfit ?? 0n), `market ${seed}`).toBeGreaterThanOrEqual(best * 0.999 - GRAIN);
    }
    expect(split).toBeGreaterThan(3);
  });

  it('finds what splits of cycles over three mints come to', () => {
    let split = 0;
    let paid = 0;
    // On the last three, leaving pools out one by one alone comes to 93, 20 and 92 % of the best.
    for (const seed of [0, 1, 2, 3, 4, 5, 6, 7, 28, 43, 44]) {
      const market = createStill(randomSpecs(`three ${seed}`, 7, [WSOL_MINT, USDC_MINT, ALT_MINT]));
      const { all } = createRouteIndex({ market, startMints: [WSOL_MINT], maxLegs: 3 });
      const three = all.filter(({ hops }) => hops.length === 3);
      const paying = three.filter((route) => bestOfRoute(route, MAX_IN) > 0);
      const best = Math.max(-1, ...splitsOf(paying, 4).map((hops) => bestOfSplit(hops, MAX_IN)));
      const found = bestFound(market, { maxLegs: 3, maxSwaps: 4 });
      if (best <= GRAIN) continue;
      paid += 1;
      if (found !== undefined && found.legs.length > 3) split += 1;
      expect(Number(found?.grossProfit ?? 0n), `market ${seed}`).toBeGreaterThanOrEqual(best * 0.999 - GRAIN);
    }
    expect(paid).toBeGreaterThan(3);
    expect(split).toBeGreaterThan(1);
  });

  it('gives legs that chain exactly: each hop offers what the one before paid', () => {
    for (let seed = 0; seed < 10; seed++) {
      const market = createStill(randomSpecs(`legs ${seed}`, 9, MINTS));
      const found = bestFound(market, { maxSwaps: 4 });
      if (found === undefined) continue;
      let offered = 0n;
      for (let hop = 0; hop <= found.legs.at(-1)!.hop; hop++) {
        const legs = found.legs.filter((leg) => leg.hop === hop);
        const total = legs.reduce((sum, leg) => sum + leg.amountIn, 0n);
        if (hop > 0) expect(total).toBe(offered);
        offered = 0n;
        for (const { pool, aToB, amountIn, amountOut } of legs) {
          const { venue, state } = market.poolAt(pool)!;
          const quote = venue.quote(state!, aToB, amountIn, CLOCK);
          expect(quote).toMatchObject({ ok: true, amountOut });
          offered += amountOut;
        }
      }
      expect(found.amountOut).toBe(offered);
      expect(found.grossProfit).toBe(found.amountOut - found.amountIn);
    }
  });
});
