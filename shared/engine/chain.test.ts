import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { ASSUMED_CHAIN, type ChainValues, withChainValues } from '../core/chain-parameters.ts';
import { createStaticCosts } from '../costs/costs.ts';
import { createTestMarket, START_SLOT, type TestMarket, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
const POOLS: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];

function tellChain({ engine }: TestMarket, values: Partial<ChainValues>) {
  const origin = { source: 'test', slot: NEXT, atMs: 1 };
  const parameters = withChainValues(engine.market.chain, values, origin);
  return engine.process({ kind: 'chain', atMicros: 0, parameters });
}

/** The slot in which a trade decided in `NEXT` is filled. */
function filledIn(market: TestMarket): number {
  const { decisions } = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
  expect(decisions.map(({ outcome }) => outcome)).toContain('approved');
  for (let slot = NEXT + 1; slot < NEXT + 10; slot++) {
    const [fill] = market.begin(slot).fills;
    if (fill !== undefined) return fill.slot;
  }
  throw new Error('never filled');
}

describe('what the chain is', () => {
  it('is assumed until it is told, and no decision by itself', () => {
    const market = createTestMarket(POOLS);
    expect(market.engine.market.chain).toBe(ASSUMED_CHAIN);
    const record = tellChain(market, { slotMicros: 300_000 });
    expect(record).toMatchObject({ dropped: '', changedPools: 0, decisions: [] });
    expect(market.engine.market.chain.slotMicros).toBe(300_000);
    expect(market.engine.market.chain.origins.slotMicros.source).toBe('test');
  });

  it('holds while the feed is down', () => {
    const market = createTestMarket(POOLS);
    tellChain(market, { slotMicros: 200_000 });
    market.engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'gone' });
    expect(market.engine.market.chain.slotMicros).toBe(200_000);
  });

  it('says how many slots a trade of so many milliseconds is under way', () => {
    for (const [slotMicros, slots] of [
      [400_000, 1],
      [300_000, 1],
      [200_000, 2],
    ] as const) {
      const paper = { latencySlots: 1, latencyMs: 400, landingOdds: 1 };
      const market = createTestMarket(POOLS, { paper });
      tellChain(market, { slotMicros });
      expect(filledIn(market)).toBe(NEXT + slots);
    }
  });

  it('never fills a trade sooner than the slots it was given, nor later when they are none', () => {
    const [three, none] = [3, 0].map((latencySlots) => {
      const market = createTestMarket(POOLS, { paper: { latencySlots, latencyMs: 400, landingOdds: 1 } });
      tellChain(market, { slotMicros: 200_000 });
      return filledIn(market);
    });
    expect([three, none]).toEqual([NEXT + 3, NEXT]);
  });

  it('makes a token account cost what it costs now', () => {
    const figures = { baseFeeLamports: 5_000n, priorityFeeLamports: 0n, tipLamports: 0n };
    const market = createTestMarket(POOLS, { costs: createStaticCosts(figures) });
    const rent = () => market.engine.costs.costsOf({ legs: 2, newAccounts: 1 }).rentLamports;
    expect(rent()).toBe(2_039_280n);
    tellChain(market, { rentLamportsPerByte: 696n });
    expect(rent()).toBe(203_928n);
  });
});
