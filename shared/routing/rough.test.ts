import { expect, test } from 'vitest';
import { USDC_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { openGate } from './candidates.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally } from './reason.ts';
import { createRouteIndex } from './route-index.ts';
import { bestOfSteppedRoute } from './test-brute-force.ts';
import { CLOCK, createOpenSearch, createRough } from './test-market.ts';

const MAX_IN = 100_000_000_000n;
const MARKETS = 40;

/** The most that the search finds on a market in one trade from dollars. */
function bestFound(market: Market): Opportunity | undefined {
  const search = createOpenSearch(market, { startMints: [USDC_MINT], maxSwaps: 3 });
  const options = { maxChosen: 1, maxPassedOver: 0 };
  return search.run(market.pools, CLOCK, openGate(MAX_IN), createTally(), options).best[0];
}

test('finds what all routes come to with capped transfer fees, dear units, lots, 0 and 18 decimals', () => {
  let paying = 0;
  const short: string[] = [];
  for (let seed = 0; seed < MARKETS; seed++) {
    const { market, mints } = createRough(String(seed), 4 + (seed % 4));
    const { all } = createRouteIndex({ market, startMints: [USDC_MINT], maxLegs: 3 });
    const best = Math.max(-1, ...all.map((route) => bestOfSteppedRoute(route, MAX_IN)));
    // A thousandth of a dollar decides nothing.
    if (best <= 1_000) continue;
    paying += 1;
    const found = Number(bestFound(market)?.grossProfit ?? 0n);
    if (found < best * 0.99) {
      const odd = [...mints.values()].at(-1)!;
      short.push(
        `market ${seed}: ${(found / best).toFixed(4)} of ${best}, ${odd.usd.toPrecision(3)} dollars of ${odd.decimals} decimals, fee ${odd.transferFee?.feeBps} up to ${odd.transferFee?.maximumFee}`,
      );
    }
  }
  expect(short).toEqual([]);
  expect(paying).toBeGreaterThan(MARKETS / 3);
}, 300_000);
