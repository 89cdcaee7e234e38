import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { createTestMarket, MEME_MINT, type TestPool } from '../../engine/test-market.ts';
import { createRouteIndex } from './route-index.ts';

const POOLS: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 1_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: MEME_MINT, price: 1_000, depth: 1_000 },
  { a: USDC_MINT, b: MEME_MINT, price: 6.6, depth: 100_000 },
];

function indexOver(startMints = [WSOL_MINT, USDC_MINT], maxLegs = 3) {
  const { engine } = createTestMarket(POOLS);
  const { market } = engine;
  return { market, index: createRouteIndex({ market, startMints, maxLegs }) };
}

describe('createRouteIndex', () => {
  it('finds every cycle once per direction, each from its first start mint', () => {
    const { index } = indexOver();
    // Two pools of one pair: 2 cycles. Triangles over either of them: 2 × 2.
    expect(index.all.filter((route) => route.hops.length === 2)).toHaveLength(2);
    expect(index.all.filter((route) => route.hops.length === 3)).toHaveLength(4);
    expect(new Set(index.all.map((route) => route.startMint))).toEqual(new Set([WSOL_MINT]));
    expect(new Set(index.all.map((route) => route.id)).size).toBe(index.all.length);
  });

  it('closes every cycle in its start mint and uses no pool and no mint twice', () => {
    for (const route of indexOver([USDC_MINT]).index.all) {
      expect(route.hops[0]!.mintIn).toBe(USDC_MINT);
      expect(route.hops.at(-1)!.mintOut).toBe(USDC_MINT);
      expect(new Set(route.hops.map((hop) => hop.pool)).size).toBe(route.hops.length);
      expect(new Set(route.hops.map((hop) => hop.mintIn)).size).toBe(route.hops.length);
      route.hops.forEach((hop, i) => {
        expect(hop.mintOut).toBe(route.hops[(i + 1) % route.hops.length]!.mintIn);
      });
    }
  });

  it('looks routes up by pool, and keeps to the leg limit', () => {
    const { market, index } = indexOver();
    expect(index.through(market.pools[3]!)).toHaveLength(4);
    expect(index.through(market.pools[0]!)).toHaveLength(4);
    expect(indexOver(undefined, 2).index.all).toHaveLength(2);
  });

  it('knows no route from a mint that nothing trades', () => {
    expect(indexOver([market0()], 3).index.all).toEqual([]);
  });
});

function market0() {
  return createTestMarket(POOLS).pools[0]!;
}
