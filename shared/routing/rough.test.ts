import { expect, test } from 'vitest';
import { addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { VENUES } from '../venues/registry.ts';
import { openGate } from './candidates.ts';
import { createRouteIndex } from './graph/route-index.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally } from './reason.ts';
import { bestOfSteppedRoute } from './test-brute-force.ts';
import { CLOCK, createOpenSearch, createRough, createStill } from './test-market.ts';

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

/** Two pools of a mint whose base unit is worth so many dollars, some percent apart, and one that prices SOL. */
function wholeUnits(
  venues: readonly [string, string],
  unitUsd: number,
  gap: number,
  { feeBps, variant, depthUsd }: { feeBps: number; variant: number; depthUsd: number },
): Market {
  const whole = addressAt(new Uint8Array(32).fill(43));
  const mints = new Map([
    [WSOL_MINT, { usd: 150, decimals: 9 }],
    [USDC_MINT, { usd: 1, decimals: 6 }],
    [whole, { usd: unitUsd, decimals: 0 }],
  ]);
  const rest = { feeBps, variant, depthUsd: Math.max(unitUsd * 60, depthUsd) };
  return createStill(
    [
      { venue: venues[0], a: whole, b: USDC_MINT, gap: 1, ...rest },
      { venue: venues[1], a: whole, b: USDC_MINT, gap, ...rest },
      { venue: 'raydium-cpmm', a: WSOL_MINT, b: USDC_MINT, gap: 1, feeBps: 25, variant: 0, depthUsd: 1e5 },
    ],
    { mints },
  );
}

const PAIRS = VENUES.flatMap((one, i) => VENUES.slice(i).map((other) => [one.id, other.id] as const));
/** Of all markets of the grid, one in so many is looked at. */
const ONE_IN = 4;

test('finds the gap between two pools in whole units of 1 to 1,000 dollars, on every pair of venues', () => {
  let paying = 0;
  const short: string[] = [];
  let at = 0;
  for (const unitUsd of [1, 10, 100, 1_000]) {
    for (const gap of [1.02, 1.05, 1.1]) {
      for (const venues of PAIRS) {
        at += 1;
        if ((at + Math.floor(at / PAIRS.length)) % ONE_IN !== 0) continue;
        const market = wholeUnits(venues, unitUsd, gap, {
          feeBps: [1, 25, 100][at % 3]!,
          variant: at % 4,
          depthUsd: [3e3, 3e4, 3e5][at % 3]!,
        });
        const { all } = createRouteIndex({ market, startMints: [USDC_MINT], maxLegs: 2 });
        const best = Math.max(-1, ...all.map((route) => bestOfSteppedRoute(route, MAX_IN)));
        if (best <= 1_000) continue;
        paying += 1;
        const found = Number(bestFound(market)?.grossProfit ?? 0n);
        if (found < best * 0.99)
          short.push(`${venues.join(' & ')}, ${unitUsd} dollars, ${gap}: ${found} of ${best}`);
      }
    }
  }
  expect(short).toEqual([]);
  expect(paying).toBeGreaterThan(50);
}, 300_000);

test('finds a gap in whole units on AMM v4 pools of an unknown program, whose smallest amounts are refused', () => {
  const whole = addressAt(new Uint8Array(32).fill(43));
  const mints = new Map([
    [WSOL_MINT, { usd: 150, decimals: 9 }],
    [USDC_MINT, { usd: 1, decimals: 6 }],
    [whole, { usd: 0.1, decimals: 0 }],
  ]);
  const [sol, usdc] = [WSOL_MINT, USDC_MINT];
  const rest = { feeBps: 25, variant: 0, depthUsd: 100_000 };
  const pools = [
    { venue: 'raydium-amm-v4', a: whole, b: usdc, gap: 1, ...rest },
    { venue: 'raydium-amm-v4', a: whole, b: usdc, gap: 1.1, ...rest },
    { venue: 'raydium-cpmm', a: sol, b: usdc, gap: 1, ...rest },
  ];
  const market = createStill(pools, { mints, rules: new Map() });
  expect(Number(bestFound(market)?.grossProfit ?? 0n)).toBeGreaterThan(100 * 1e6);
});
