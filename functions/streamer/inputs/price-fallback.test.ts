import { afterEach, describe, expect, it, vi } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import {
  createTestMarket,
  MEME_MINT,
  START_SLOT,
  type TestPool,
} from '../../../shared/engine/test-market.ts';
import { poolPrice, referencePrice } from '../../../shared/market/reference-price.ts';
import { createTestBudget } from '../../../shared/platform/outside/gate/test-budget.ts';
import { createJupiter } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { createChainMarket } from '../../../shared/sim/apis/chain-market.ts';
import { startJupiterServer } from '../../../shared/sim/apis/jupiter-server.ts';
import { createTestGenesis } from '../../../shared/sim/chain/test-genesis.ts';
import { createPriceFallback } from './price-fallback.ts';

const MAX_AGE = 5;
const NO_SOL: readonly TestPool[] = [
  { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 400_000 },
  { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 500_000 },
];
const WITH_SOL: readonly TestPool[] = [{ a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 }];
const soon = { timeout: 20_000, interval: 5 };

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(pools: readonly TestPool[], isAllowed = () => true) {
  const { bank, pools: priced } = createTestGenesis();
  bank.advanceSlot();
  const named = priced.map(({ venue, state }) => ({ venue: venue.id, address: state.address }));
  const server = await startJupiterServer({ bank, pools: named });
  const chain = createChainMarket(bank, named).now().market;
  const test = createTestMarket(pools, { maxEstimateAgeSlots: MAX_AGE });
  const { market } = test.engine;
  const clock = createSystemClock();
  let logged = '';
  let rounds = 0;
  const fallback = createPriceFallback({
    market,
    pipeline: { process: (event) => void test.engine.process(event) },
    jupiter: createJupiter({ url: server.url, clock, budget: createTestBudget(), requestsPerSecond: 1_000 }),
    mints: [WSOL_MINT, USDC_MINT],
    everySeconds: 0.005,
    isAllowed: () => {
      rounds += 1;
      return isAllowed();
    },
    clock,
    log: createLogger({ stream: { write: (text: string) => (logged += text) }, clock }),
  });
  closers.push(
    () => server.stop(),
    () => fallback.stop(),
  );
  fallback.start();
  return { ...test, market, fallback, server, chain, rounds: () => rounds, logged: () => logged };
}

describe('the fallback price', () => {
  it('is Jupiter’s where no pool prices a start mint, said once', async () => {
    const { market, fallback, chain, logged } = await start(NO_SOL);
    await vi.waitFor(() => expect(fallback.told).toBeGreaterThan(2), soon);
    expect(fallback.active).toEqual([USDC_MINT]);
    expect(poolPrice(market, USDC_MINT)).toBeUndefined();
    const told = referencePrice(market, USDC_MINT)!.unitsPerLamportScaled;
    const truth = poolPrice(chain, USDC_MINT)!.unitsPerLamportScaled;
    expect(Math.abs(Number(told - truth) / Number(truth))).toBeLessThan(1e-9);
    expect(logged().match(/"price\.from-jupiter"/g)).toHaveLength(1);
  });

  it('is never asked for where a pool prices the mint', async () => {
    let looked = 0;
    const { fallback, server, market } = await start(WITH_SOL);
    const { live } = market;
    expect(live).toBe(true);
    // Each look asks the market whether it is live.
    vi.spyOn(market, 'live', 'get').mockImplementation(() => {
      looked += 1;
      return live;
    });
    await vi.waitFor(() => expect(looked).toBeGreaterThan(3), soon);
    expect([server.requests, fallback.told, fallback.active]).toEqual([0, 0, []]);
  });

  it('grows too old when Jupiter is gone, and is there again with it', async () => {
    const { market, fallback, server, begin } = await start(NO_SOL);
    await vi.waitFor(() => expect(fallback.told).toBeGreaterThan(0), soon);
    server.setFault('failing');
    await vi.waitFor(() => expect(fallback.active).toEqual([]), soon);
    expect(referencePrice(market, USDC_MINT)).toBeDefined();
    begin(START_SLOT + 1 + MAX_AGE);
    expect(referencePrice(market, USDC_MINT)).toBeDefined();
    begin(START_SLOT + 2 + MAX_AGE);
    expect(referencePrice(market, USDC_MINT)).toBeUndefined();
    server.setFault('none');
    await vi.waitFor(() => expect(referencePrice(market, USDC_MINT)).toBeDefined(), soon);
    expect(fallback.active).toEqual([USDC_MINT]);
  });

  it('is not asked for while it is switched off or nothing is traded on', async () => {
    let isAllowed = false;
    const { engine, fallback, server, rounds } = await start(NO_SOL, () => isAllowed);
    await vi.waitFor(() => expect(rounds()).toBeGreaterThan(3), soon);
    expect(server.requests).toBe(0);
    isAllowed = true;
    await vi.waitFor(() => expect(fallback.active).toEqual([USDC_MINT]), soon);
    engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'lost' });
    await vi.waitFor(() => expect(fallback.active).toEqual([]), soon);
  });
});
