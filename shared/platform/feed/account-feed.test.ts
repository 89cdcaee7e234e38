import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt, CLOCK_SYSVAR, TOKEN_PROGRAM, WSOL_MINT } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { clockAccount } from '../../market/chain-clock.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { startTestRpcServer, type TestRpcServer } from '../rpc/test-rpc-server.ts';
import { type AccountStream, type AccountStreamOptions, createAccountStream } from './account-stream.ts';
import type { StreamEndpoint, StreamLimits } from './stream-endpoint.ts';

const TIMING = {
  handshakeTimeoutMs: 300,
  silenceMs: 10_000,
  ackTimeoutMs: 2_000,
  subscribeAttempts: 3,
  subscribeBackoff: { minMs: 5, baseMs: 10, capMs: 20 },
  reconnectBackoff: { minMs: 5, baseMs: 10, capMs: 40 },
  stableMs: 20,
  slotStallMs: 5_000,
  probeMs: 20,
  quarantineMs: 60_000,
};

let servers: TestRpcServer[];
let stream: AccountStream | undefined;
let events: MarketEvent[];

beforeEach(async () => {
  servers = await Promise.all([startTestRpcServer(), startTestRpcServer()]);
  events = [];
});
afterEach(async () => {
  await stream?.stop();
  stream = undefined;
  await Promise.all(servers.map((server) => server.stop()));
});

/** The first server is the chain's truth: its HTTP side is asked. */
function open(
  options: Partial<AccountStreamOptions> & { readonly limits?: Partial<StreamLimits> } = {},
): AccountStream {
  const clock = createSystemClock();
  const random = createRandom('feed');
  const retry = { attempts: 2, slotAttempts: 4, slotBackoff: { minMs: 5, baseMs: 10, capMs: 10 } };
  const { limits = {}, ...others } = options;
  const made = createAccountStream({
    endpoints: servers.map((server, i) => endpoint(i === 0 ? 'one' : 'two', server.wsUrl, limits)),
    rpc: createRpcClient({ url: servers[0]!.httpUrl, clock, random, timeoutMs: 300, retry }),
    commitment: 'processed',
    clock,
    random,
    // A loaded machine must not look like a late node.
    maxLagMs: 300,
    onEvent: (event) => events.push(event),
    log: () => {},
    ...others,
    timing: { ...TIMING, ...options.timing },
  });
  stream = made;
  return made;
}

function endpoint(name: string, wsUrl: string, limits: Partial<StreamLimits> = {}): StreamEndpoint {
  return { name, provider: 'generic', wsUrl, limits };
}

function at(n: number): Address {
  return addressAt(new Uint8Array(32).fill(7).with(0, n));
}

function holding(n: number): AccountBytes {
  return { owner: TOKEN_PROGRAM, lamports: 1_000n, data: new Uint8Array(40).fill(n) };
}

/** Every account of `count`, on both servers, watched in batches that belong together. */
async function openLive(count: number, options: Parameters<typeof open>[0] = {}): Promise<AccountStream> {
  const made = open(options);
  for (let n = 1; n <= count; n++) {
    for (const server of servers) server.accounts.set(at(n), holding(n));
    made.watch([at(n)]);
  }
  made.watch([CLOCK_SYSVAR]);
  made.start();
  await until(() => made.status().confirmed === count && everyConnection('live'));
  return made;
}

function everyConnection(state: string): boolean {
  return stream?.status().connections.every((connection) => connection.state === state) === true;
}

async function until(done: () => boolean, ms = 4_000): Promise<void> {
  const start = performance.now();
  while (!done()) {
    if (performance.now() - start > ms) {
      const { connections, quarantined, ...rest } = stream?.status() ?? {};
      const shown = connections?.map(({ name, state, reason }) => `${name} ${state} ${reason}`);
      throw new Error(`not within ${ms} ms; ${shown?.join(' | ')}; ${JSON.stringify({ quarantined, rest })}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function both(act: (server: TestRpcServer) => void): void {
  for (const server of servers) act(server);
}

function told(address: Address, from = 0): string[] {
  return events
    .slice(from)
    .flatMap((event) =>
      event.kind === 'account' && event.update.address === address
        ? [`${event.update.slot}:${event.update.account?.data[0] ?? 'null'}`]
        : [],
    );
}

function slots(from = 0): number[] {
  return events.slice(from).flatMap((event) => (event.kind === 'slot' ? [event.slot] : []));
}

function lost(): { reason: string; addresses: readonly Address[] }[] {
  return events.flatMap((event) => (event.kind === 'lost' ? [event] : []));
}

function feeds(): boolean[] {
  return events.flatMap((event) => (event.kind === 'feed' ? [event.live] : []));
}

it('shares accounts out within the limits of a connection and of an endpoint, and says which have no room', async () => {
  const limits = { subscriptionsPerConnection: 5, connections: 2 };
  const made = open({ limits });
  // Two of the five are the slots and the clock: four connections hold twelve accounts.
  for (let n = 1; n <= 14; n++) {
    both((server) => server.accounts.set(at(n), holding(n)));
    made.watch([at(n)]);
  }
  made.start();
  await until(() => made.status().confirmed === 12);
  const { connections, failed } = made.status();
  expect(connections.map(({ accounts }) => accounts)).toEqual([3, 3, 3, 3]);
  expect(connections.map(({ name }) => name).sort()).toEqual(['one/1', 'one/2', 'two/1', 'two/2']);
  expect(failed).toEqual([at(13), at(14)]);
});

it('keeps accounts that are wanted together on one connection', async () => {
  const made = open();
  for (let pool = 0; pool < 4; pool++) made.watch([1, 2, 3].map((n) => at(10 * pool + n)));
  made.start();
  await until(() => servers.every((server) => server.subscriptions().length === 6));
  const of = (server: TestRpcServer) => new Set<string>(server.subscriptions().map(({ address }) => address));
  for (let pool = 0; pool < 4; pool++) {
    const on = [1, 2, 3].map((n) => of(servers[0]!).has(at(10 * pool + n)));
    expect(new Set(on).size).toBe(1);
  }
});

it('loses only what a broken connection carried, and the rest stays live', async () => {
  const made = await openLive(4);
  const mine = servers[1]!.subscriptions().map(({ address }) => address);
  expect(mine).toHaveLength(2);
  servers[1]!.cutSockets();
  await until(() => made.status().recoveries === 1 && everyConnection('live'));
  expect(feeds()).toEqual([true]);
  expect(lost().map(({ addresses }) => [...addresses].sort())).toEqual([[...mine].sort()]);
  expect(lost()[0]?.reason).toMatch(/^closed 1006/);
  // Told again after it, as of a snapshot.
  const from = events.findIndex((event) => event.kind === 'lost');
  for (const address of mine) expect(told(address as Address, from)).toHaveLength(1);
  expect(made.status().longestRecoveryMs).toBeGreaterThan(0);
});

it('hands the accounts of an endpoint that does not come back to the other', async () => {
  const made = await openLive(4);
  await servers[1]!.stop();
  await until(() => made.status().confirmed === 4 && servers[0]!.subscriptions().length === 4);
  const from = events.length;
  servers[0]!.write(at(2), holding(77));
  servers[0]!.write(at(1), holding(78));
  await until(() => told(at(1), from).length === 1 && told(at(2), from).length === 1);
  servers[1] = await startTestRpcServer();
});

it('tells each change once with two endpoints, whichever comes first, and loses nothing with one of them', async () => {
  const made = await openLive(3, { redundancy: 2 });
  const from = events.length;
  servers[1]!.write(at(1), holding(50));
  await until(() => told(at(1), from).length === 1);
  servers[0]!.write(at(1), holding(50));
  await until(() => made.status().duplicates === 1);
  both((server) => server.nextSlot());
  both((server) => server.write(at(2), holding(60)));
  await until(() => made.status().duplicates === 2);
  expect(told(at(1), from)).toEqual(['1000:50']);
  expect(told(at(2), from)).toEqual(['1001:60']);
  const first = events.find((event) => event.kind === 'account' && event.update.account?.data[0] === 50);
  expect(first).toMatchObject({ endpoint: 'two' });
  servers[0]!.cutSockets();
  await until(() => made.status().connections.some(({ reconnects }) => reconnects > 0));
  servers[1]!.write(at(3), holding(70));
  await until(() => told(at(3), from).at(-1) === '1001:70');
  expect(lost()).toEqual([]);
  expect(feeds()).toEqual([true]);
});

it('tells a state again that comes back within one slot, and not the echo of it', async () => {
  const made = await openLive(1, { redundancy: 2 });
  const from = events.length;
  for (const n of [50, 51, 50]) servers[0]!.write(at(1), holding(n));
  await until(() => told(at(1), from).length === 3);
  for (const n of [50, 51, 50]) servers[1]!.write(at(1), holding(n));
  await until(() => made.status().duplicates >= 2);
  await wait(10);
  expect(told(at(1), from).at(-1)).toBe('1000:50');
});

it('passes a slot on when every connection has told it', async () => {
  await openLive(2);
  const from = events.length;
  servers[0]!.nextSlot();
  await wait(20);
  expect(slots(from)).toEqual([]);
  servers[1]!.write(at(1), holding(90));
  servers[1]!.write(at(2), holding(91));
  servers[1]!.nextSlot();
  await until(() => slots(from).length === 1);
  // The late connection's accounts of the slot came before the slot.
  const told = events.slice(from).map((event) => event.kind);
  expect(told.lastIndexOf('account')).toBeLessThan(told.indexOf('slot'));
});

it('does not wait for the slower of two endpoints that carry the same', async () => {
  await openLive(2, { redundancy: 2 });
  const from = events.length;
  servers[0]!.nextSlot();
  await until(() => slots(from).length === 1);
  servers[1]!.nextSlot();
  await wait(10);
  expect(slots(from)).toEqual([1_001]);
});

it('loses the accounts of a connection whose clock is late, until it has caught up and was fetched again', async () => {
  const made = await openLive(4, { maxLagMs: 40 });
  both((server) => server.nextSlot());
  both((server) => server.nextSlot());
  await until(() => slots().at(-1) === 1_002);
  const mine = servers[1]!.subscriptions().map(({ address }) => address);
  // Open, answering, and telling accounts: only its heartbeat is missing.
  servers[1]!.faults.stillClock = true;
  both((server) => server.nextSlot());
  await until(() => lost().length === 1);
  expect([...lost()[0]!.addresses].sort()).toEqual([...mine].sort());
  expect(lost()[0]?.reason).toMatch(/the clock of slot 1002 is \d+ ms late/);
  expect(
    made
      .status()
      .connections.map(({ state }) => state)
      .sort(),
  ).toEqual(['behind', 'live']);
  expect(feeds()).toEqual([true]);
  const from = events.length;
  servers[1]!.write(mine[0]!, holding(66));
  await wait(20);
  expect(told(mine[0] as Address, from)).toEqual([]);
  servers[0]!.accounts.set(mine[0]!, holding(66));
  servers[1]!.faults.stillClock = false;
  both((server) => server.nextSlot());
  await until(() => made.status().confirmed === 4);
  expect(told(mine[0] as Address, from)).toEqual(['1004:66']);
  expect(made.status().reconnects).toBe(0);
});

it('takes an account that nobody touches for what it is: not stale', async () => {
  const made = await openLive(4, { maxLagMs: 40 });
  for (let i = 0; i < 20; i++) {
    both((server) => server.nextSlot());
    await wait(5);
  }
  await wait(100);
  expect(made.status()).toMatchObject({ losses: 0, timesBehind: 0, confirmed: 4, state: 'live' });
});

it('finds a connection that is late as a whole by the HTTP side', async () => {
  const made = await openLive(2);
  both((server) => server.nextSlot());
  servers[1]!.nextSlot();
  // One node goes on without telling its sockets.
  both((server) => {
    server.slot += 20;
  });
  await until(() => made.status().timesBehind === 2);
  expect(feeds().at(-1)).toBe(false);
});

it('loses and fetches again what was told in a slot that the chain has left', async () => {
  servers[0]!.slot = 1_000;
  const made = await openLive(2);
  const tellSlot = (slot: number, parent: number): void => {
    both((server) => {
      server.slot = slot;
      server.tellSlot(slot, parent);
    });
  };
  tellSlot(1_001, 1_000);
  const first = servers.find((server) => server.subscriptions().some(({ address }) => address === at(1)))!;
  first.write(at(1), holding(40));
  tellSlot(1_002, 1_001);
  await until(() => told(at(1)).at(-1) === '1001:40');
  // 1003 is built on 1000: what 1001 did never was.
  both((server) => server.accounts.set(at(1), holding(1)));
  tellSlot(1_003, 1_000);
  await until(() => told(at(1)).at(-1) === '1003:1');
  expect(lost().map(({ reason, addresses }) => [reason, addresses])).toEqual([['fork', [at(1)]]]);
  expect(made.status().forks).toBe(1);
  expect(told(at(2))).toHaveLength(1);
});

it('fetches again what a connection carries that has left out a slot', async () => {
  const made = await openLive(1, { endpoints: [endpoint('one', servers[0]!.wsUrl)] });
  servers[0]!.nextSlot();
  await until(() => made.status().lastSlot === 1_001);
  servers[0]!.faults.silent = true;
  servers[0]!.write(at(1), holding(30));
  servers[0]!.nextSlot();
  servers[0]!.faults.silent = false;
  servers[0]!.nextSlot();
  await until(() => told(at(1)).at(-1)?.endsWith(':30') === true && made.status().state === 'live');
  expect(feeds()).toEqual([true, false, true]);
  expect(made.status().reconnects).toBe(0);
});

it('quarantines an endpoint whose slots are far from the others, names it, and hands its accounts over', async () => {
  const made = await openLive(4);
  servers[1]!.faults.slotLie = 1_000;
  both((server) => server.nextSlot());
  await until(() => made.status().quarantined.length === 1);
  expect(made.status().quarantined[0]).toMatchObject({
    endpoint: 'two',
    reason: expect.stringMatching(/slot 2001 is far from/),
  });
  await until(() => made.status().confirmed === 4);
  expect(servers[0]!.subscriptions()).toHaveLength(4);
  expect(servers[1]!.sockets()).toBe(0);
  expect(Math.max(...slots())).toBeLessThan(1_100);
  expect(feeds()).toEqual([true]);
});

it('believes neither of two endpoints that tell one account differently, asks, and quarantines the liar', async () => {
  const made = await openLive(2, { redundancy: 2 });
  both((server) => server.nextSlot());
  servers[0]!.write(at(1), holding(33));
  servers[1]!.write(at(1), holding(44));
  both((server) => server.nextSlot());
  both((server) => server.nextSlot());
  await until(() => made.status().quarantined.length === 1);
  expect(made.status().quarantined[0]?.endpoint).toBe('two');
  expect(lost()[0]).toMatchObject({ reason: 'endpoints-differ', addresses: [at(1)] });
  await until(() => told(at(1)).at(-1)?.endsWith(':33') === true && made.status().confirmed === 2);
});

it('does not tell bytes of another owner, asks, and quarantines the endpoint that made them up', async () => {
  const made = await openLive(2);
  const liar = servers[1]!;
  const [victim] = liar.subscriptions();
  const from = events.length;
  liar.write(victim!.address, { ...holding(5), owner: WSOL_MINT });
  await until(() => made.status().quarantined.length === 1);
  expect(made.status().quarantined[0]?.endpoint).toBe('two');
  const owners = events
    .slice(from)
    .flatMap((event) => (event.kind === 'account' ? [event.update.account?.owner] : []));
  expect(owners).not.toContain(WSOL_MINT);
  await until(() => made.status().confirmed === 2);
});

it('gives up a handshake that trickles', async () => {
  const trickling = createServer((socket) => {
    const drip = setInterval(() => socket.write('H'), 20);
    socket.on('close', () => clearInterval(drip)).on('error', () => {});
  });
  await new Promise<void>((resolve) => trickling.listen(0, '127.0.0.1', resolve));
  const { port } = trickling.address() as { port: number };
  const made = open({ endpoints: [endpoint('slow', `ws://127.0.0.1:${port}`)] });
  made.start();
  await until(() => made.status().reconnects > 0);
  expect(made.status().reason).toMatch(/handshake-timeout|HPE|closed/);
  trickling.close();
});

it('subscribes again in the order of what trades most', async () => {
  const only = servers[0]!;
  const made = await openLive(5, { endpoints: [endpoint('one', only.wsUrl)] });
  for (let i = 0; i < 3; i++) only.write(at(4), holding(20 + i));
  only.write(at(2), holding(9));
  await until(() => told(at(2)).length === 2);
  const from = only.calls.length;
  only.cutSockets();
  await until(() => made.status().reconnects === 1 && made.status().confirmed === 5);
  const asked = only.calls.slice(from).filter(({ method }) => method === 'accountSubscribe');
  expect(asked.slice(0, 3).map(({ params }) => params[0])).toEqual([CLOCK_SYSVAR, at(4), at(2)]);
});

it('tells a state when its slot is over and not before, where the end of slots is waited for', async () => {
  await openLive(1, { tellAt: 'slot' });
  both((server) => server.nextSlot());
  await until(() => slots().includes(1_001));
  const from = events.length;
  both((server) => server.write(at(1), holding(20)));
  both((server) => server.write(at(1), holding(21)));
  await wait(40);
  expect(told(at(1), from)).toEqual([]);
  both((server) => server.nextSlot());
  await until(() => slots(from).includes(1_002));
  expect(told(at(1), from)).toEqual(['1001:21']);
  const kinds = events.slice(from).flatMap((event) => {
    if (event.kind === 'slot') return ['slot'];
    return event.kind === 'account' && event.update.address === at(1) ? ['account'] : [];
  });
  expect(kinds).toEqual(['account', 'slot']);
});

it.each([
  ['other bytes', () => servers[1]!.write(at(1), holding(66))],
  ['nothing', () => {}],
])('never tells what one endpoint says of a slot when the other says %s, and asks', async (_, second) => {
  const made = await openLive(2, { tellAt: 'slot', redundancy: 2 });
  both((server) => server.nextSlot());
  await until(() => slots().includes(1_001));
  const from = events.length;
  servers[0]!.write(at(1), holding(20));
  second();
  both((server) => server.nextSlot());
  await until(() => told(at(1), from).length > 0);
  expect(lost()[0]).toMatchObject({ reason: 'endpoints-differ', addresses: [at(1)] });
  const firstTold = events.findIndex(
    (event, i) => i >= from && event.kind === 'account' && event.update.address === at(1),
  );
  expect(firstTold).toBeGreaterThan(events.findIndex((event) => event.kind === 'lost'));
  expect(told(at(1), from)).toEqual(['1002:20']);
  expect(made.isConfirmed(at(1))).toBe(true);
});

it('finds a change that was never told by reading again, and fetches all that the connection carries', async () => {
  servers.pop();
  const made = await openLive(3, { auditsPerSecond: 50 });
  const beat = setInterval(() => both((server) => server.nextSlot()), 30);
  try {
    await until(() => slots().length > 2);
    const from = events.length;
    servers[0]!.accounts.set(at(2), holding(77));
    await until(() => told(at(2), from).some((text) => text.endsWith(':77')));
    expect(made.status().missed).toBe(1);
    expect(told(at(1), from).length).toBeGreaterThan(0);
  } finally {
    clearInterval(beat);
  }
  servers.push(await startTestRpcServer());
});

it('leaves a connection whose clock cannot be, and tells nothing that came in the same slot', async () => {
  servers.pop();
  // A machine that stands still must not look like a reason to fetch everything.
  const made = await openLive(1, { tellAt: 'slot', maxSlotLag: 100 });
  servers[0]!.nextSlot();
  await until(() => slots().includes(1_001));
  const from = events.length;
  servers[0]!.write(at(1), holding(20));
  const clock = { slot: 1_001, epoch: 1, unixTimestamp: 1_700_900_000 };
  servers[0]!.write(CLOCK_SYSVAR, clockAccount(clock));
  await until(() => made.status().reconnects > 0);
  expect(told(at(1), from)).toEqual([]);
  expect(feeds().at(-1)).toBe(false);
  servers.push(await startTestRpcServer());
});

it('relies on nothing after this process stood still, and acts on nothing that waited in its sockets meanwhile', async () => {
  const made = await openLive(2);
  both((server) => server.nextSlot());
  await until(() => slots().length > 0);
  const from = events.length;
  for (let i = 0; i < 6; i++) {
    both((server) => server.write(at(1), holding(40 + i)));
    both((server) => server.nextSlot());
  }
  const until_ = performance.now() + 2_500;
  while (performance.now() < until_);
  await until(() => events.length > from);
  expect(events[from]).toMatchObject({ kind: 'lost' });
  expect(lost()[0]?.reason).toMatch(/^this process stood still for \d+ ms/);
  const [live] = feeds().slice(-1);
  expect(live).toBe(false);
  await until(() => made.status().confirmed === 2 && everyConnection('live'));
  expect(told(at(1)).at(-1)).toMatch(/:45$/);
});
