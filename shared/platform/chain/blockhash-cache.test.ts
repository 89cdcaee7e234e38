import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { startTestRpcServer, type TestRpcServer } from '../rpc/test-rpc-server.ts';
import { type BlockhashCache, createBlockhashCache } from './blockhash-cache.ts';

let server: TestRpcServer;
let cache: BlockhashCache;

beforeEach(async () => {
  server = await startTestRpcServer();
  const retry = { attempts: 1, slotAttempts: 1 };
  const rpc = createRpcClient({
    url: server.httpUrl,
    clock: createSystemClock(),
    random: createRandom('blockhash'),
    timeoutMs: 300,
    retry,
  });
  cache = createBlockhashCache({ rpc, refreshSlots: 4, maxAgeSlots: 10 });
});
afterEach(async () => {
  cache.stop();
  await server.stop();
});

async function until(done: () => boolean): Promise<void> {
  const endMs = performance.now() + 3_000;
  while (!done()) {
    if (performance.now() > endMs) throw new Error(JSON.stringify(cache.status()));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

it('has nothing before the first slot, then the latest with its last valid block height', async () => {
  expect(cache.latest()).toBeUndefined();
  cache.onSlot(1_001);
  await until(() => cache.latest() !== undefined);
  expect(cache.latest()).toMatchObject({ slot: 1_000, lastValidBlockHeight: 900 });
});

it('fetches again after so many slots, one fetch at a time', async () => {
  cache.onSlot(1_001);
  cache.onSlot(1_001);
  await until(() => cache.latest() !== undefined);
  expect(cache.status().fetches).toBe(1);
  for (const slot of [1_002, 1_003]) cache.onSlot(slot);
  expect(cache.status().fetches).toBe(1);
  server.slot = 1_004;
  for (const slot of [1_004, 1_005, 1_006]) cache.onSlot(slot);
  await until(() => cache.latest()?.slot === 1_004);
  expect(cache.status()).toMatchObject({ fetches: 2, ageSlots: 2 });
});

it('gives out none that is too old, says why it has no newer one, and comes back', async () => {
  cache.onSlot(1_001);
  await until(() => cache.latest() !== undefined);
  server.faults.http = () => ({ status: 200, body: 'nonsense' });
  cache.onSlot(1_010);
  expect(cache.latest()?.slot).toBe(1_000);
  await until(() => cache.status().failures === 1);
  cache.onSlot(1_011);
  expect(cache.latest()).toBeUndefined();
  expect(cache.status().reason).not.toBe('');
  await until(() => cache.status().failures === 2);
  server.faults.http = undefined;
  server.slot = 1_011;
  cache.onSlot(1_012);
  await until(() => cache.latest()?.slot === 1_011);
});
