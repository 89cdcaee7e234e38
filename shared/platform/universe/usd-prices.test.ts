import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import type { Market } from '../../market/market.ts';
import { createStillMarket } from '../../market/still-market.ts';
import { ALT_MINT, createStill, MEME_MINT, type StillPool } from '../../routing/test-market.ts';
import { VENUES, venueById } from '../../venues/registry.ts';
import { readMarketSnapshot } from '../files/snapshot-file.ts';
import { tradableAmounts } from './tradable.ts';
import { liquidityUsd, usdPrices } from './usd-prices.ts';

const SPEC = { feeBps: 25, variant: 0, gap: 1 };
/** Order of the mints as venues ask for it. */
const sol = (venue: string, depthUsd: number, gap = 1): StillPool => ({
  ...SPEC,
  venue,
  a: WSOL_MINT,
  b: USDC_MINT,
  depthUsd,
  gap,
});
/** Constant products: what they hold is what they can trade. */
const WHOLE_RANGE = ['raydium-amm-v4', 'raydium-cpmm', 'meteora-damm-v1'];

function valued(market: Market) {
  const clock = market.clock!;
  const pools = market.pools.map((entry) => ({ entry, ...tradableAmounts(entry, clock) }));
  const prices = usdPrices(pools, clock);
  return { prices, dollars: pools.map((pool) => liquidityUsd(pool, prices, clock)) };
}

describe('what a pool is worth', () => {
  it.each(WHOLE_RANGE)('is what a %s pool owns, whatever its vault holds for others', (venue) => {
    const { dollars } = valued(createStill([sol(venue, 40_000)]));
    expect(dollars[0]! / 80_000).toBeCloseTo(1, 2);
  });

  it.each(VENUES.map(({ id }) => id))('is told of every venue, %s too', (venue) => {
    const [dollars] = valued(createStill([sol(venue, 40_000)])).dollars;
    expect(dollars).toBeGreaterThan(0);
    expect(Number.isFinite(dollars)).toBe(true);
  });

  it('is at most twice what its better known side gives: junk held against a dollar is worth no more', () => {
    const junk: StillPool = {
      ...SPEC,
      venue: 'raydium-cpmm',
      a: MEME_MINT,
      b: USDC_MINT,
      depthUsd: 20,
      gap: 1e-6,
    };
    const market = createStill(
      [junk, { ...junk, gap: 1, depthUsd: 50_000 }].map((pool) => ({ ...pool, a: MEME_MINT })),
    );
    const { dollars } = valued(market);
    expect(dollars[0]).toBeLessThan(1);
    expect(dollars[1]! / 100_000).toBeCloseTo(1, 2);
  });

  it('lacks a price where nothing leads to a dollar', () => {
    const alone: StillPool = { ...SPEC, venue: 'raydium-cpmm', a: ALT_MINT, b: MEME_MINT, depthUsd: 1_000 };
    expect(valued(createStill([alone])).dollars).toEqual([undefined]);
  });
});

describe('dollar prices', () => {
  it('are what the depth agrees on: a vault shared with others lends a pool no say', () => {
    // A dynamic pool of $900 at ten times the price, its vault made a thousand times as large, beside $200,000.
    const { prices, dollars } = valued(
      createStill([sol('meteora-damm-v1', 450, 10), sol('raydium-cpmm', 100_000)]),
    );
    expect(prices.get(WSOL_MINT)! * 1e9).toBeCloseTo(150, 0);
    expect(dollars[1]! / 200_000).toBeCloseTo(1, 2);
  });

  it('are refused where pools of equal depth contradict each other, and value nothing behind them', () => {
    const behind: StillPool = { ...SPEC, venue: 'raydium-cpmm', a: WSOL_MINT, b: MEME_MINT, depthUsd: 9_000 };
    const { prices, dollars } = valued(
      createStill([sol('raydium-cpmm', 100_000), sol('raydium-cpmm', 33_000, 9), behind]),
    );
    expect([prices.has(WSOL_MINT), prices.has(MEME_MINT), dollars[2]]).toEqual([false, false, undefined]);
  });

  it('are refused where there is next to nothing to be had at them', () => {
    expect(valued(createStill([sol('raydium-cpmm', 20)])).prices.has(WSOL_MINT)).toBe(false);
  });

  const file = join(process.env.ARB_VECTORS ?? '/nowhere', '..', 'cases', 'shared-vault-market.json');
  const why = existsSync(file) ? '' : ' (skipped: ARB_VECTORS names no vectors beside cases/)';
  it.skipIf(why !== '')(`are right on a market whose vault is shared by ten thousand${why}`, () => {
    const snapshot = readMarketSnapshot(file);
    const pools = snapshot.pools.map(({ venue, address }) => ({ venue: venueById(venue)!, address }));
    const market = createStillMarket({ clock: snapshot.clock, pools, accounts: snapshot.accounts });
    const told = valued(market).dollars.map((dollars) => Math.round(dollars! / 10) * 10);
    expect(told.sort((a, b) => a - b)).toEqual([6_000, 9_000, 210_000]);
  });
});
