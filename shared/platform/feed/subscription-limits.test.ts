import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import { createBank } from '../../sim/chain/bank.ts';
import { openProviderProxy, type ProviderProxy } from '../../sim/providers/provider-proxy.ts';
import type { WsBehaviour } from '../../sim/providers/provider-row.ts';
import { type LocalNode, startLocalNode } from '../../sim/wire/node.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';
import type { StreamEndpoint } from './stream-endpoint.ts';

const TIMING = {
  subscribeBackoff: { minMs: 5, baseMs: 20, capMs: 100 },
  reconnectBackoff: { minMs: 5, baseMs: 20, capMs: 100 },
  refusedBackoff: { minMs: 20, baseMs: 50, capMs: 200 },
};

let node: LocalNode | undefined;
let proxies: ProviderProxy[] = [];
let servers: Server[] = [];
let stream: AccountStream | undefined;

afterEach(async () => {
  await stream?.stop();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  for (const server of servers) server.close().closeAllConnections();
  await node?.stop();
  node = undefined;
  proxies = [];
  servers = [];
});

function at(n: number): Address {
  return addressAt(new Uint8Array(32).fill(9).with(0, n));
}

/** A stream of `count` accounts, in pools of three, over endpoints that behave so. */
async function open(
  count: number,
  behaviours: readonly (WsBehaviour | undefined)[],
  limits = { connections: 2 },
) {
  const bank = createBank({ startSlot: 1_000, startUnixTimestamp: 1_700_000_000 });
  for (let n = 0; n < count; n++) {
    bank.set({ address: at(n), account: { owner: SYSTEM_PROGRAM, lamports: 5n, data: Uint8Array.of(n) } });
  }
  node = await startLocalNode({ bank, slotMs: 100 });
  const { rpcUrl: url, wsUrl } = node;
  proxies = await Promise.all(behaviours.map(() => openProviderProxy({ url, wsUrl })));
  proxies.forEach((proxy, i) => {
    const behaviour = behaviours[i];
    proxy.set(behaviour === undefined ? undefined : { ws: () => behaviour });
  });
  const clock = createSystemClock();
  const random = createRandom('limits');
  const endpoints = proxies.map((proxy, i): StreamEndpoint => {
    return { name: 'ab'[i]!, provider: 'generic', wsUrl: proxy.wsUrl, limits };
  });
  const made = createAccountStream({
    endpoints,
    rpc: createRpcClient({ url, clock, random }),
    commitment: 'processed',
    maxLagMs: 5_000,
    maxSlotLag: 100,
    clock,
    random,
    groupOf: (address) => Math.floor(Array.from({ length: count }, (_, n) => at(n)).indexOf(address) / 3),
    onEvent: () => {},
    log: () => {},
    timing: TIMING,
  });
  stream = made;
  for (let n = 0; n < count; n += 3) made.watch([n, n + 1, n + 2].filter((each) => each < count).map(at));
  made.start();
  return made;
}

async function until(holds: () => boolean, ms = 15_000): Promise<void> {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > ms) {
      const { connections, ...rest } = stream!.status();
      const shown = connections.map(({ name, state, reason, accounts, subscribed, planLimit, refusal }) =>
        JSON.stringify({ name, state, reason, accounts, subscribed, planLimit, refusal }),
      );
      throw new Error(`not within ${ms} ms: ${JSON.stringify(rest)} ${shown.join(' ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const isSubscription = (method: unknown): boolean => /[a-z]Subscribe$/.test(String(method));

/** So many subscriptions in any half second are let in. */
function rateLimit(most: number, code = -32_005): WsBehaviour {
  let from = 0;
  let asked = 0;
  return {
    asked: ({ method }, { atMs }) => {
      if (!isSubscription(method)) return 'pass';
      if (atMs - from > 500) {
        from = atMs;
        asked = 0;
      }
      return ++asked <= most ? 'pass' : { error: { code, message: 'rate limit exceeded' } };
    },
  };
}

/** So many subscriptions at a time on each connection. */
function planLimit(most: number): WsBehaviour {
  const held = new Map<number, number>();
  return {
    asked: ({ method }, { nth }) => {
      const now = held.get(nth) ?? 0;
      if (String(method).endsWith('Unsubscribe')) held.set(nth, now - 1);
      if (!isSubscription(method)) return 'pass';
      if (now >= most) {
        const message = `Maximum of ${most} subscriptions reached, upgrade your plan`;
        return { error: { code: -32_602, message } };
      }
      held.set(nth, now + 1);
      return 'pass';
    },
  };
}

it.each([-32_005, 7_429, -32_029])(
  'paces subscriptions that are refused for their rate until it has all: %d',
  async (code) => {
    const made = await open(60, [rateLimit(20, code)]);
    await until(() => made.status().confirmed === 60);
    expect(made.status()).toMatchObject({ failed: [], shortfall: '', state: 'live' });
  },
);

it('spreads over a second connection and a second endpoint what the plan of one does not carry', async () => {
  const made = await open(48, [planLimit(20), planLimit(22)]);
  await until(() => made.status().confirmed === 48);
  const { connections, shortfall } = made.status();
  expect(shortfall).toBe('');
  expect(connections.length).toBeGreaterThan(2);
});

it('says that the plan is too small, with the provider’s own words, and follows whole pools alone', async () => {
  const made = await open(60, [planLimit(30)], { connections: 1 });
  await until(
    () => made.status().confirmed >= 27 && made.status().shortfall !== '' && made.status().pending === 0,
  );
  expect(made.status().shortfall).toMatch(
    /^the plan of the endpoints carries \d+ of 60 accounts: -32602 Maximum of 30 subscriptions reached/,
  );
  expect(made.status().state).toBe('live');
  for (let pool = 0; pool < 20; pool++) {
    const carried = [0, 1, 2].filter((n) => made.isConfirmed(at(3 * pool + n))).length;
    // One more than the limit is tried now and then, whose pool is in two.
    if (carried % 3 !== 0) expect(carried).toBeGreaterThan(0);
  }
  // The plan grows: without anybody's doing all of it is followed.
  proxies[0]!.set(undefined);
  await until(() => made.status().confirmed === 60, 30_000);
  expect(made.status().shortfall).toBe('');
}, 60_000);

it('learns at which subscription a connection is closed, and goes on with as many as it carries', async () => {
  const closing: WsBehaviour = {
    asked: ({ method }, { asked }) =>
      isSubscription(method) && asked > 30 ? { close: 1_008, reason: 'too many subscriptions' } : 'pass',
  };
  const made = await open(45, [closing]);
  await until(() => made.status().confirmed === 45);
  expect(made.status().connections.length).toBe(2);
  const opened = proxies[0]!.handshakes;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(proxies[0]!.handshakes).toBe(opened);
});

it('keeps what the provider says when it refuses the handshake, without our key, and stays away as it is asked to', async () => {
  let handshakes = 0;
  const server = createServer();
  servers.push(server);
  server.on('upgrade', (request, socket) => {
    handshakes++;
    socket.on('error', () => {});
    const body = `connection limit of your plan: ${request.url}`;
    socket.end(
      `HTTP/1.1 429 Too Many\r\nretry-after: 2\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = createSystemClock();
  const random = createRandom('handshake');
  const key = 'abcdef0123456789';
  const { port } = server.address() as AddressInfo;
  const made = createAccountStream({
    endpoints: [{ name: 'a', provider: 'generic', wsUrl: `ws://127.0.0.1:${port}/?api-key=${key}` }],
    rpc: createRpcClient({ url: 'http://127.0.0.1:1', clock, random }),
    commitment: 'processed',
    clock,
    random,
    onEvent: () => {},
    log: () => {},
    timing: TIMING,
  });
  stream = made;
  made.watch([at(1)]);
  made.start();
  await until(() => made.status().reason !== '');
  expect(made.status().reason).toMatch(/^refused 429: connection limit of your plan/);
  expect(JSON.stringify(made.status())).not.toContain(key);
  expect(made.status().connections[0]!.opensAtMs).toBeGreaterThan(Date.now() + 1_000);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(handshakes).toBe(1);
  await until(() => handshakes === 2);
});
