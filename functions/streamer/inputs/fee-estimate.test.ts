import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createEstimatedCosts } from '../../../shared/costs/costs.ts';
import { createTestMarket, START_SLOT } from '../../../shared/engine/test-market.ts';
import { createTestBudget } from '../../../shared/platform/outside/gate/test-budget.ts';
import { createHelius } from '../../../shared/platform/outside/helius/helius.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { startHeliusServer } from '../../../shared/sim/apis/helius-server.ts';
import { createTestGenesis } from '../../../shared/sim/chain/test-genesis.ts';
import { createFeeEstimate } from './fee-estimate.ts';

const MAX_AGE = 5;
const UNITS = 100_000n;
const CONFIGURED = 1_000n;
const CAP = 50_000n;
/** The local Helius says half as much again at the level `high`. */
const HIGH = 1.5;
const soon = { timeout: 20_000, interval: 5 };

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(quietMicroLamports: number, isAllowed = () => true) {
  const { bank } = createTestGenesis();
  bank.advanceSlot();
  const server = await startHeliusServer({ bank, apiKey: 'key', quietMicroLamports });
  const costs = createEstimatedCosts({
    baseFeeLamports: 5_000n,
    priorityFeeLamports: CONFIGURED,
    tipLamports: 10_000n,
    unitsPerLeg: Number(UNITS),
    maxPriorityFeeLamports: CAP,
  });
  const test = createTestMarket([{ a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 }], {
    costs,
    maxEstimateAgeSlots: MAX_AGE,
  });
  const clock = createSystemClock();
  const asked: (readonly Address[])[] = [];
  const estimate = createFeeEstimate({
    pipeline: { process: (event) => void test.engine.process(event) },
    helius: createHelius({
      apiKey: 'key',
      url: `${server.url}/`,
      clock,
      budget: createTestBudget(),
      requestsPerSecond: 1_000,
      feeCacheMs: 0,
      breaker: { failures: 2, openMs: 20, maxOpenMs: 40 },
    }),
    level: 'high',
    everySeconds: 0.005,
    isAllowed,
    accounts: () => {
      asked.push(test.pools);
      return test.pools;
    },
    clock,
  });
  closers.push(
    () => server.stop(),
    () => estimate.stop(),
  );
  estimate.start();
  const feeOfASwap = (): bigint => costs.costsOf({ legs: 1 }).priorityFeeLamports;
  return { ...test, estimate, server, costs, feeOfASwap, asked };
}

describe('the loop of fee estimates', () => {
  it('makes a swap cost what Helius says at the level asked for', async () => {
    const { estimate, feeOfASwap, asked, pools } = await start(200_000);
    expect(feeOfASwap()).toBe(CONFIGURED);
    await vi.waitFor(() => expect(estimate.microLamportsPerUnit).toBe(BigInt(200_000 * HIGH)), soon);
    expect(feeOfASwap()).toBe((BigInt(200_000 * HIGH) * UNITS) / 1_000_000n);
    expect(asked[0]).toBe(pools);
  });

  it('never makes it dearer than the cap', async () => {
    const { estimate, feeOfASwap } = await start(100_000_000);
    await vi.waitFor(() => expect(estimate.microLamportsPerUnit).toBeDefined(), soon);
    expect(feeOfASwap()).toBe(CAP);
  });

  it('falls back to the configured fee when Helius is gone and its last word too old, and comes back', async () => {
    const { estimate, server, feeOfASwap, begin } = await start(200_000);
    await vi.waitFor(() => expect(estimate.microLamportsPerUnit).toBeDefined(), soon);
    const estimated = feeOfASwap();
    server.setFault('failing');
    const { requests } = server;
    await vi.waitFor(() => expect(server.requests).toBeGreaterThan(requests + 2), soon);
    begin(START_SLOT + 1 + MAX_AGE);
    expect(feeOfASwap()).toBe(estimated);
    begin(START_SLOT + 2 + MAX_AGE);
    expect(feeOfASwap()).toBe(CONFIGURED);
    server.setFault('none');
    await vi.waitFor(() => expect(feeOfASwap()).toBe(estimated), soon);
  });

  it('asks nothing while it is switched off', async () => {
    let isAllowed = false;
    let looks = 0;
    const { server, estimate } = await start(200_000, () => {
      looks += 1;
      return isAllowed;
    });
    await vi.waitFor(() => expect(looks).toBeGreaterThan(3), soon);
    expect([server.requests, estimate.microLamportsPerUnit]).toEqual([0, undefined]);
    isAllowed = true;
    await vi.waitFor(() => expect(estimate.microLamportsPerUnit).toBeDefined(), soon);
  });
});
