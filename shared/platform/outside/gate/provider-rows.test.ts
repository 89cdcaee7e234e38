import { afterEach, describe, expect, it } from 'vitest';
import { WSOL_MINT } from '../../../core/address.ts';
import type { ApiServer } from '../../../sim/apis/api-server.ts';
import { startHeliusServer } from '../../../sim/apis/helius-server.ts';
import { startJupiterServer } from '../../../sim/apis/jupiter-server.ts';
import { createTestGenesis } from '../../../sim/chain/test-genesis.ts';
import { openProviderProxy, type ProviderProxy } from '../../../sim/providers/provider-proxy.ts';
import { PROVIDER_ROWS } from '../../../sim/providers/rows.ts';
import { createSystemClock } from '../../process/system-clock.ts';
import { createHelius } from '../helius/helius.ts';
import { createJupiter } from '../jupiter/jupiter.ts';
import { createTestBudget } from './test-budget.ts';

let server: ApiServer;
let proxy: ProviderProxy;

afterEach(async () => {
  await proxy.close();
  await server.stop();
});

/** The API of that name behind a proxy, and a call to it that is never answered from a cache. */
async function open(service: string) {
  const { bank, pools } = createTestGenesis();
  bank.advanceSlot();
  const named = pools.map(({ venue, state }) => ({ venue: venue.id, address: state.address }));
  server =
    service === 'jupiter'
      ? await startJupiterServer({ bank, pools: named })
      : await startHeliusServer({ bank, apiKey: 'local-key' });
  proxy = await openProviderProxy({ url: server.url });
  const breaker = { failures: 2, openMs: 50, maxOpenMs: 200 };
  const common = {
    clock: createSystemClock(),
    budget: createTestBudget(),
    breaker,
    requestsPerSecond: 1_000,
  };
  if (service === 'jupiter') {
    const jupiter = createJupiter({ ...common, url: proxy.url, apiKey: 'local-key' });
    return { ask: () => jupiter.prices([WSOL_MINT]), status: jupiter.status };
  }
  const helius = createHelius({ ...common, url: `${proxy.url}/`, apiKey: 'local-key', feeCacheMs: 0 });
  return { ask: () => helius.priorityFees([]), status: helius.status };
}

describe('an outside API that', () => {
  const rows = PROVIDER_ROWS.filter(({ service }) => service !== 'rpc');
  it.each(rows.map((row) => [row.name, row] as const))(
    '%s is refused in words, switched off, and answers again afterwards',
    async (_, row) => {
      const { ask, status } = await open(row.service);
      expect((await ask()).ok).toBe(true);
      proxy.set(row);
      const refused = await ask();
      expect(refused.ok).toBe(false);
      expect(status().lastError).toMatch(row.says ?? /./);
      expect(JSON.stringify(status())).not.toContain('local-key');
      for (let i = 0; i < 3; i++) await ask();
      expect(status().opened).toBeGreaterThan(0);
      proxy.set(undefined);
      await expect
        .poll(async () => (await ask()).ok, { timeout: row.wholeWithinMs, interval: 50 })
        .toBe(true);
      expect(status()).toMatchObject({ breaker: 'closed', lastError: undefined });
    },
    30_000,
  );
});
