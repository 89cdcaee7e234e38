import { describe, expect, it } from 'vitest';
import { type Address, addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { U64_MAX } from '../core/units.ts';
import { createMarket, type Market } from '../market/market.ts';
import { raydiumCpmm } from '../venues/raydium-cpmm/index.ts';
import { openGate } from './candidates.ts';
import { createTally, REASONS } from './reason.ts';
import type { SearchParams, SearchResult } from './search.ts';
import {
  ALT_MINT,
  CLOCK,
  createOpenSearch,
  createStill,
  FINE_MINT,
  MEME_MINT,
  type StillPool,
  WHOLE_MINT,
} from './test-market.ts';

const [LOW, HIGH] = [WSOL_MINT, USDC_MINT];
const POOL: StillPool = {
  venue: 'raydium-cpmm',
  a: LOW,
  b: HIGH,
  gap: 1,
  depthUsd: 1e5,
  feeBps: 25,
  variant: 0,
};
const GAP = [POOL, { ...POOL, gap: 1.1 }];

function searchAll(market: Market, maxIn = 10n ** 12n, overrides: Partial<SearchParams> = {}) {
  const tally = createTally();
  const search = createOpenSearch(market, overrides);
  const result = search.run(market.pools, CLOCK, openGate(maxIn), tally, { maxPassedOver: 100 });
  return { ...result, search, tally };
}

/** Every figure is a sane integer: no NaN became an amount, nothing is negative that cannot be. */
function expectSane({ best, passedOver }: Pick<SearchResult, 'best' | 'passedOver'>): void {
  for (const { legs, grossProfit, amountIn, amountOut } of [
    ...best,
    ...passedOver.map(({ opportunity }) => opportunity),
  ]) {
    expect(grossProfit).toBe(amountOut - amountIn);
    for (const leg of legs) {
      expect(leg.amountIn).toBeGreaterThan(0n);
      expect(leg.amountOut).toBeGreaterThan(0n);
      expect(leg.amountIn).toBeLessThanOrEqual(U64_MAX);
    }
  }
}

describe('the search on bad input', () => {
  it('finds nothing between mints that no cycle joins', () => {
    const other = addressAt(new Uint8Array(32).fill(91));
    const market = createStill([POOL, { ...POOL, a: ALT_MINT, b: MEME_MINT }]);
    expect(searchAll(market, 10n ** 12n, { startMints: [other] }).best).toEqual([]);
    expect(searchAll(createStill([POOL])).best).toEqual([]);
    expect(searchAll(createMarket()).best).toEqual([]);
  });

  it('says that there is no capital when nothing may go in', () => {
    const { best, tally } = searchAll(createStill(GAP), 0n);
    expect(best).toEqual([]);
    expect(tally.of('no-capital')).toBe(1);
  });

  it('keeps within the amount that may go in, down to one base unit', () => {
    for (const maxIn of [1n, 2n, 33n, 1_000n, 10n ** 9n, U64_MAX]) {
      const found = searchAll(createStill(GAP), maxIn);
      expectSane(found);
      for (const { amountIn } of found.best) expect(amountIn).toBeLessThanOrEqual(maxIn);
    }
  });

  it('goes through no pool that is paused, and again when it is not', () => {
    const market = createStill(GAP);
    expect(searchAll(market).best).toHaveLength(1);
    market.quarantine('raydium-cpmm', 'redeployed');
    const { best, tally } = searchAll(market);
    expect(best).toEqual([]);
    expect(tally.of('pool-not-quotable')).toBeGreaterThan(0);
    market.quarantine('raydium-cpmm', '');
    expect(searchAll(market).best).toHaveLength(1);
  });

  it('forgets the gap of a pool that became unquotable between two searches', () => {
    const market = createStill(GAP);
    const { search } = searchAll(market);
    const [changed, other] = market.pools;
    other!.coherent = false;
    const tally = createTally();
    const { best } = search.run([changed!], CLOCK, openGate(10n ** 12n), tally);
    expect(best).toEqual([]);
    expect(tally.of('pool-not-quotable')).toBe(1);
  });

  it('counts a pool named twice once', () => {
    const market = createMarket();
    const address = createStill([POOL]).pools[0]!.address;
    expect(market.addPool(raydiumCpmm, address)).toBe(market.addPool(raydiumCpmm, address));
    expect(market.pools).toHaveLength(1);
  });

  it('finds no profit where one side of a pool is nearly empty, and no nonsense', () => {
    const thin = { ...POOL, depthUsd: 1e-5, gap: 3 };
    expectSane(searchAll(createStill([POOL, thin, { ...thin, venue: 'orca-whirlpool' }])));
  });

  it.each([
    ['very dear', 1e9],
    ['very cheap', 1e-7],
  ])('stays sane where a pool is %s', (_, gap) => {
    for (const venue of ['raydium-cpmm', 'orca-whirlpool', 'raydium-amm-v4', 'meteora-damm-v2']) {
      const market = createStill([POOL, { ...POOL, venue, gap, depthUsd: 1e3 }]);
      for (const maxIn of [1_000n, 10n ** 12n, U64_MAX]) expectSane(searchAll(market, maxIn));
    }
  });

  it.each([
    ['no decimals', 'raydium-amm-v4', WHOLE_MINT],
    ['18 decimals', 'raydium-cpmm', FINE_MINT],
  ])('trades a mint with %s', (_, venue, mint) => {
    const market = createStill([1, 1.1].map((gap) => ({ ...POOL, venue, b: mint, gap })));
    const found = searchAll(market, 10n ** 12n, { startMints: [LOW] });
    expectSane(found);
    expect(found.best).toHaveLength(1);
    expect(found.best[0]!.grossProfit).toBeGreaterThan(0n);
  });

  it('stays sane between a mint with no decimals and one with 18', () => {
    const market = createStill([1, 1.1].map((gap) => ({ ...POOL, a: WHOLE_MINT, b: FINE_MINT, gap })));
    for (const startMint of [WHOLE_MINT, FINE_MINT])
      for (const maxIn of [1n, 1_000n, U64_MAX])
        expectSane(searchAll(market, maxIn, { startMints: [startMint] }));
  });

  it.each([
    ['the lower', 1e-12],
    ['the upper', 1e12],
  ])('gives an empty or a sane result at %s end of prices', (_, gap) => {
    // Nineteen more powers of ten lie between the base units of the two mints.
    const far = { ...POOL, a: WHOLE_MINT, b: FINE_MINT, depthUsd: 1e2, gap };
    const market = createStill([far, { ...far, gap: gap * 1.5 }]);
    for (const startMint of [WHOLE_MINT, FINE_MINT])
      for (const maxIn of [1n, 10n ** 9n, U64_MAX])
        expectSane(searchAll(market, maxIn, { startMints: [startMint] }));
  });

  it('stops at its quote budget and says what was left', () => {
    for (const maxQuotes of [0, 1, 5, 20, 60]) {
      const found = searchAll(createStill(GAP), 10n ** 12n, { maxQuotes });
      expectSane(found);
      const counted = REASONS.reduce((sum, reason) => sum + found.tally.of(reason), 0);
      expect(found.best.length + counted).toBeGreaterThan(0);
      if (maxQuotes < 10) expect(found.tally.of('budget-exhausted')).toBe(1);
    }
  });

  it('refuses a trade through a mint whose token account would cost more than it earns', () => {
    const market = createStill([POOL, { ...POOL, gap: 1.012 }]);
    const without = { ...openGate(2n * 10n ** 8n), hasAccount: (mint: Address) => mint === WSOL_MINT };
    const run = (gate: ReturnType<typeof openGate>) =>
      createOpenSearch(market, { startMints: [WSOL_MINT] }).run(market.pools, CLOCK, gate, createTally());
    expect(run(openGate(2n * 10n ** 8n)).best).toHaveLength(1);
    expect(run(without).best).toEqual([]);
  });
});
