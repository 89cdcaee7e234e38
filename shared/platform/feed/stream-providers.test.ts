import { afterEach, expect, it } from 'vitest';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import { createBank } from '../../sim/chain/bank.ts';
import { openProviderProxy, type ProviderProxy } from '../../sim/providers/provider-proxy.ts';
import type { ProviderRow } from '../../sim/providers/provider-row.ts';
import { WS_ROWS } from '../../sim/providers/ws-rows.ts';
import { type LocalNode, startLocalNode } from '../../sim/wire/node.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';

const ACCOUNTS = 60;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function at(n: number): Address {
  return addressAt(new Uint8Array(32).fill(5).with(0, n));
}

async function startNode(): Promise<LocalNode> {
  const bank = createBank({ startSlot: 1_000, startUnixTimestamp: 1_700_000_000 });
  for (let n = 0; n < ACCOUNTS; n++) {
    bank.set({ address: at(n), account: { owner: SYSTEM_PROGRAM, lamports: 5n, data: Uint8Array.of(n) } });
  }
  const node = await startLocalNode({ bank });
  stops.push(() => node.stop());
  return node;
}

async function listen(node: LocalNode, row: ProviderRow, besides: number) {
  const { rpcUrl: url, wsUrl } = node;
  const proxies: ProviderProxy[] = [];
  for (let i = 0; i <= besides; i++) proxies.push(await openProviderProxy({ url, wsUrl }));
  for (const proxy of proxies) stops.push(() => proxy.close());
  const clock = createSystemClock();
  const random = createRandom(row.name);
  const stream = createAccountStream({
    endpoints: proxies.map((proxy, i) => ({ name: `${i}`, provider: 'generic', wsUrl: proxy.wsUrl })),
    rpc: createRpcClient({ url, clock, random }),
    commitment: 'processed',
    // Many streams and their node share a thread here.
    maxLagMs: 2_000,
    maxSlotLag: 20,
    clock,
    random,
    onEvent: () => {},
    log: () => {},
  });
  stops.push(() => stream.stop());
  for (let n = 0; n < ACCOUNTS; n++) stream.watch([at(n)]);
  stream.start();
  return { stream, proxy: proxies[0]! };
}

const isWhole = (stream: AccountStream): boolean => {
  const { state, confirmed } = stream.status();
  return state === 'live' && confirmed === ACCOUNTS;
};

async function untilWhole(stream: AccountStream, ms: number): Promise<number> {
  const fromMs = performance.now();
  while (!isWhole(stream) && performance.now() - fromMs < ms) await pass(20);
  return isWhole(stream) ? performance.now() - fromMs : Number.POSITIVE_INFINITY;
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a user would find, as long as it lasts. */
async function play(node: LocalNode, row: ProviderRow, besides: number) {
  const { stream, proxy } = await listen(node, row, besides);
  const started = await untilWhole(stream, 20_000);
  proxy.set(row);
  proxy.cut();
  const said = new Set<string>();
  const untilMs = performance.now() + row.lastsMs;
  while (performance.now() < untilMs) {
    for (const { reason } of stream.status().connections) said.add(reason);
    await pass(50);
  }
  const { handshakes } = proxy;
  const isWholeBeside = isWhole(stream);
  proxy.set(undefined);
  const backMs = await untilWhole(stream, 2 * row.wholeWithinMs);
  return { name: row.name, started, backMs, said: [...said].join(' | '), handshakes, isWholeBeside };
}

it.each([
  ['the only endpoint', 0],
  ['one of two endpoints', 1],
] as const)(
  'is whole again within ten seconds of everything that a provider does to %s',
  async (_, besides) => {
    const node = await startNode();
    const played = await Promise.all(WS_ROWS.map((row) => play(node, row, besides)));
    for (const [i, { name, started, backMs, said, handshakes }] of played.entries()) {
      const row = WS_ROWS[i]!;
      expect(started, name).toBeLessThan(20_000);
      expect(backMs, `${name}: ${said}`).toBeLessThanOrEqual(row.wholeWithinMs);
      if (row.says !== undefined) expect(said, name).toMatch(row.says);
      // Never a storm of handshakes: it was one a second and more.
      expect(handshakes, name).toBeLessThan(16);
    }
  },
  90_000,
);
