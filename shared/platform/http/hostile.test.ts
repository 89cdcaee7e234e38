import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHeliusServer } from '../../sim/apis/helius-server.ts';
import { startJupiterServer } from '../../sim/apis/jupiter-server.ts';
import { createTestGenesis } from '../../sim/chain/test-genesis.ts';
import { openProviderProxy, type ProviderProxy } from '../../sim/providers/provider-proxy.ts';
import { PROVIDER_ROWS } from '../../sim/providers/rows.ts';
import { type LocalNode, startLocalNode } from '../../sim/wire/node.ts';
import { NODE_MEMORY_FLAGS, withMallocSettings } from '../process/memory-settings.ts';
import type { HostileFigures } from './test-hostile-child.ts';

/** What the service may have, and of that what it has without any of this: 263 MB after half an hour. */
const MEMORY_MIB = 512;
const SERVICE_MIB = 264;

let node: LocalNode;
let stops: (() => Promise<unknown>)[];
let proxies: readonly ProviderProxy[];

beforeAll(async () => {
  const { bank, pools } = createTestGenesis();
  node = await startLocalNode({ bank, slotMs: 100 });
  const named = pools.map(({ venue, state }) => ({ venue: venue.id, address: state.address }));
  const jupiter = await startJupiterServer({ bank, pools: named });
  const helius = await startHeliusServer({ bank, apiKey: 'local' });
  proxies = await Promise.all(
    [node.rpcUrl, jupiter.url, helius.url].map((url) => openProviderProxy({ url })),
  );
  stops = [
    ...proxies.map((proxy) => () => proxy.close()),
    () => node.stop(),
    () => jupiter.stop(),
    () => helius.stop(),
  ];
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

function child(): Promise<HostileFigures> {
  const file = fileURLToPath(new URL('./test-hostile-child.ts', import.meta.url));
  // As the service is started.
  const env = withMallocSettings(process.env);
  const args = [...NODE_MEMORY_FLAGS, '--max-old-space-size=384', file, ...proxies.map(({ url }) => url)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: 60_000, env }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as HostileFigures);
      else reject(new Error(`the process died (${error.code ?? error.signal}): ${stderr.slice(0, 2_000)}`));
    });
  });
}

const ROWS = [
  'endless',
  'endless-blank',
  'endless-refusal',
  'drip',
  'deep',
  'wide',
  'bomb-gzip',
  'bomb-br',
  'bomb-deflate',
];

describe('a process of 512 MiB that asks an RPC, a Jupiter and a Helius that are hostile, all at once', () => {
  it.each(ROWS)(
    'stays up: %s',
    async (name) => {
      for (const proxy of proxies) proxy.set(PROVIDER_ROWS.find((row) => row.name === name));
      const figures = await child();
      for (const proxy of proxies) proxy.cut();
      const { idleMib, peakMib, answered, refused } = figures;
      const grown = peakMib - idleMib;
      process.stderr.write(
        `${name}: ${Math.round(peakMib)} MiB at most, ${Math.round(grown)} over idle, ${refused} calls refused\n`,
      );
      expect(answered).toBe(0);
      expect(refused).toBeGreaterThan(8);
      expect(peakMib).toBeLessThan(MEMORY_MIB);
      expect(grown).toBeLessThan(MEMORY_MIB - SERVICE_MIB);
    },
    90_000,
  );
});
