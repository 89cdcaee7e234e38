import { expect, it } from 'vitest';
import type { AccountBytes } from '../core/account.ts';
import { type Address, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { executeLegs } from '../execution/execute-legs.ts';
import type { Market } from '../market/market.ts';
import { swapWrites } from '../sim/chain/swap-writes.ts';
import { openGate } from './candidates.ts';
import { quoteRoute, type Route } from './graph/route.ts';
import { createRouteIndex } from './graph/route-index.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally } from './reason.ts';
import { bestQuote } from './sizing/best-quote.ts';
import { ALT_MINT, CLOCK, createOpenSearch, createStill, MEME_MINT, type StillPool } from './test-market.ts';

const POOL = { venue: 'meteora-damm-v1', depthUsd: 1e5, feeBps: 25, variant: 0 };

/** Cycles over pools that all stand over the vaults of their mints: triangles, pairs and splits. */
function specsOf(gap: number): readonly StillPool[] {
  return [
    { ...POOL, a: WSOL_MINT, b: USDC_MINT, gap },
    { ...POOL, a: WSOL_MINT, b: USDC_MINT, gap: 1, feeBps: 10, variant: 1 },
    { ...POOL, a: WSOL_MINT, b: ALT_MINT, gap: 1, depthUsd: 7e4 },
    { ...POOL, a: ALT_MINT, b: USDC_MINT, gap: 1, depthUsd: 2e4 },
    { ...POOL, venue: 'raydium-cpmm', a: WSOL_MINT, b: MEME_MINT, gap: gap * gap },
    { ...POOL, a: MEME_MINT, b: USDC_MINT, gap: 1 },
  ];
}

/** What the legs pay when each is executed on the bytes that the one before has left. */
function executeOnBytes(market: Market, legs: Opportunity['legs']): readonly bigint[] {
  const held = new Map<Address, AccountBytes | null>();
  const source = (address: Address) => held.get(address) ?? accountsOf(market).get(address) ?? null;
  return legs.map(({ pool, aToB, amountIn }) => {
    const { venue } = market.poolAt(pool)!;
    const loaded = venue.load(pool, source);
    if (!loaded.ok) throw new Error(loaded.reason);
    const swapped = swapWrites({ venue, state: loaded.state, aToB, amountIn, clock: CLOCK, source });
    if (swapped === undefined) return 0n;
    for (const { address, account } of swapped.writes) held.set(address, account);
    return swapped.sentOut;
  });
}

const ACCOUNTS = new WeakMap<Market, ReadonlyMap<Address, AccountBytes>>();
function accountsOf(market: Market): ReadonlyMap<Address, AccountBytes> {
  return ACCOUNTS.get(market)!;
}

function marketOf(gap: number): Market {
  const accounts = new Map<Address, AccountBytes>();
  const market = createStill(specsOf(gap), { sharesVaults: true, accounts });
  ACCOUNTS.set(market, accounts);
  return market;
}

it('sizes routes and splits over shared vaults so that every leg pays what the chain pays, in turn', () => {
  let shared = 0;
  for (let step = 0; step < 40; step++) {
    const market = marketOf(1.01 + step * 0.003);
    const search = createOpenSearch(market, { startMints: [WSOL_MINT], maxLegs: 3, maxSwaps: 6 });
    const { best, passedOver } = search.run(market.pools, CLOCK, openGate(10n ** 12n), createTally(), {
      maxPassedOver: 50,
    });
    const found = [...best, ...passedOver.map(({ opportunity }) => opportunity)];
    for (const trade of found) {
      expect(executeOnBytes(market, trade.legs)).toEqual(trade.legs.map(({ amountOut }) => amountOut));
      expect(executeLegs(trade, trade.grossProfit, market)).toMatchObject({
        ok: true,
        amountIn: trade.amountIn,
        amountOut: trade.amountOut,
      });
      if (trade.legs.filter(({ venue }) => venue === POOL.venue).length > 1) shared += 1;
    }
  }
  expect(shared).toBeGreaterThan(40);
});

it('quotes 400 sizes of two pools over one vault in one route to the unit', () => {
  const market = marketOf(1.05);
  const routes: readonly Route[] = createRouteIndex({ market, startMints: [WSOL_MINT], maxLegs: 2 }).all;
  const route = routes.find(({ hops }) => hops.every(({ pool }) => pool.venue.id === POOL.venue))!;
  for (let i = 1n; i <= 400n; i++) {
    const offered = i * 1_234_567n + i * i * i;
    const quoted = quoteRoute(route, offered, CLOCK)!;
    const legs = legsOf(route, offered, market);
    expect(legs.at(-1)).toBe(quoted.amountOut);
  }
});

/** What each hop pays when it is offered all that the one before paid on the chain. */
function legsOf({ hops }: Route, offered: bigint, market: Market): readonly bigint[] {
  const legs: { pool: Address; aToB: boolean; amountIn: bigint }[] = [];
  const paid: bigint[] = [];
  let amountIn = offered;
  for (const { pool, aToB } of hops) {
    legs.push({ pool: pool.address, aToB, amountIn });
    amountIn = executeOnBytes(market, legs as unknown as Opportunity['legs']).at(-1)!;
    paid.push(amountIn);
  }
  return paid;
}

it('gives the best quote over two pools of one vault as the chain pays it', () => {
  for (let i = 1n; i <= 60n; i++) {
    const market = marketOf(1);
    // The one pool of ALT and USDC is shallow: over wSOL pays more.
    const asked = { mintIn: ALT_MINT, mintOut: USDC_MINT, amountIn: i * 97_531_246_801n };
    const best = bestQuote(market, asked);
    if (!best.ok) throw new Error(best.reason);
    expect(executeOnBytes(market, best.value.legs as unknown as Opportunity['legs']).at(-1)).toBe(
      best.value.amountOut,
    );
  }
});

it('makes no two trades at once whose pools stand over one vault', () => {
  let together = 0;
  for (let step = 0; step < 10; step++) {
    const gap = 1.02 + step * 0.005;
    const accounts = new Map<Address, AccountBytes>();
    const specs = [
      { ...POOL, a: WSOL_MINT, b: USDC_MINT, gap },
      { ...POOL, venue: 'raydium-cpmm', a: WSOL_MINT, b: USDC_MINT, gap: 1 },
      { ...POOL, a: WSOL_MINT, b: ALT_MINT, gap },
      { ...POOL, venue: 'raydium-cpmm', a: WSOL_MINT, b: ALT_MINT, gap: 1 },
      { ...POOL, venue: 'raydium-cpmm', a: WSOL_MINT, b: MEME_MINT, gap },
      { ...POOL, venue: 'raydium-cpmm', a: WSOL_MINT, b: MEME_MINT, gap: 1, feeBps: 10 },
    ];
    const market = createStill(specs, { sharesVaults: true, accounts });
    const search = createOpenSearch(market, { startMints: [WSOL_MINT], maxLegs: 2, maxSwaps: 2 });
    const { best } = search.run(market.pools, CLOCK, openGate(10n ** 12n), createTally());
    together += best.length;
    const overVaults = best.filter(({ legs }) => legs.some(({ venue }) => venue === 'meteora-damm-v1'));
    expect(overVaults, `gap ${gap}`).toHaveLength(1);
  }
  // What stands over other accounts is made beside it.
  expect(together).toBe(20);
});
