import { execFile } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { addressAt, CLOCK_SYSVAR, TOKEN_PROGRAM } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import type { TestRpcServer } from '../rpc/test-rpc-server.ts';
import { startTestRpcServer } from '../rpc/test-rpc-server.ts';
import type { AccountStream, AccountStreamOptions } from './account-stream.ts';
import { createAccountStream } from './account-stream.ts';
import type { StreamEndpoint } from './stream-endpoint.ts';

const TIMING = {
  handshakeTimeoutMs: 500,
  silenceMs: 10_000,
  ackTimeoutMs: 60,
  subscribeAttempts: 3,
  subscribeBackoff: { minMs: 5, baseMs: 10, capMs: 20 },
  reconnectBackoff: { minMs: 5, baseMs: 10, capMs: 40 },
  stableMs: 20,
  slotStallMs: 40,
};

let server: TestRpcServer;
let stream: AccountStream | undefined;
let events: MarketEvent[];
let logged: string[];

beforeEach(async () => {
  server = await startTestRpcServer();
  events = [];
  logged = [];
});
afterEach(async () => {
  await stream?.stop();
  stream = undefined;
  await server.stop();
});

function openStream(options: Partial<AccountStreamOptions> = {}): AccountStream {
  const clock = createSystemClock();
  const random = createRandom('stream');
  const retry = { attempts: 2, slotAttempts: 4, slotBackoff: { minMs: 5, baseMs: 10, capMs: 10 } };
  const made = createAccountStream({
    endpoints: endpointsOf(server),
    rpc: createRpcClient({ url: server.httpUrl, clock, random, timeoutMs: 300, retry }),
    commitment: 'processed',
    clock,
    random,
    onEvent: (event) => events.push(event),
    log: (event) => logged.push(event),
    ...options,
    timing: { ...TIMING, ...options.timing },
  });
  stream = made;
  return made;
}

function endpointsOf({ wsUrl }: { readonly wsUrl: string }): StreamEndpoint[] {
  return [{ name: 'main', provider: 'generic', wsUrl }];
}

function at(n: number): Address {
  return addressAt(
    new Uint8Array(32)
      .fill(n)
      .with(0, n >> 8)
      .with(1, 9),
  );
}

function holding(n: number, lamports = 1_000n): AccountBytes {
  return { owner: TOKEN_PROGRAM, lamports, data: new Uint8Array(165).fill(n) };
}

async function until(done: () => boolean, ms = 3_000): Promise<void> {
  const start = performance.now();
  while (!done()) {
    if (performance.now() - start > ms) {
      throw new Error(`not within ${ms} ms; ${JSON.stringify(stream?.status())}; ${feeds().join(' | ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function feeds(): string[] {
  return events.flatMap((event) =>
    event.kind === 'feed' ? [`${event.live ? 'live' : 'down'} ${event.reason}`] : [],
  );
}

/** What was told of an account, as `slot:first byte` (`slot:null` where it does not exist). */
function told(address: Address, from = 0): string[] {
  return events
    .slice(from)
    .flatMap((event) =>
      event.kind === 'account' && event.update.address === address
        ? [`${event.update.slot}:${event.update.account === null ? 'null' : event.update.account.data[0]}`]
        : [],
    );
}

async function openLive(
  accounts: number,
  options: Partial<AccountStreamOptions> = {},
): Promise<AccountStream> {
  const made = openStream(options);
  for (let n = 1; n <= accounts; n++) server.accounts.set(at(n), holding(n));
  made.watch(Array.from({ length: accounts }, (_, i) => at(i + 1)));
  made.start();
  await until(() => made.status().state === 'live');
  return made;
}

/** Live again after going down for `reason`, with every account told between. */
async function expectRecovery(made: AccountStream, reason: RegExp): Promise<void> {
  const snapshots = made.status().snapshots;
  await until(() => feeds().length >= 2 && made.status().snapshots > snapshots);
  await until(() => made.status().state === 'live');
  const down = events.findIndex((event) => event.kind === 'feed' && !event.live);
  const up = events.findIndex((event, i) => i > down && event.kind === 'feed' && event.live);
  expect(feeds()[1]?.replace('down ', '')).toMatch(reason);
  const between = events
    .slice(down, up)
    .flatMap((event) => (event.kind === 'account' ? [event.update.address] : []));
  expect(new Set(between).size).toBe(made.status().subscribed);
  server.write(at(1), holding(99));
  await until(() => told(at(1)).at(-1) === `${server.slot}:99`);
}

it('subscribes to everything, fetches everything, and only then says live', async () => {
  await openLive(250, { timing: { ackTimeoutMs: 2_000 } });
  const methods = server.calls.map(({ method }) => method);
  expect(methods.lastIndexOf('accountSubscribe')).toBeLessThan(methods.indexOf('getSlot'));
  expect(methods.indexOf('getSlot')).toBeLessThan(methods.indexOf('getMultipleAccounts'));
  expect(methods.filter((method) => method === 'accountSubscribe')).toHaveLength(251);
  const first = server.calls.find(({ method }) => method === 'accountSubscribe');
  expect(first?.params[0]).toBe(CLOCK_SYSVAR);
  expect(server.calls.at(-1)?.params[1]).toMatchObject({ minContextSlot: 1_000, commitment: 'processed' });
  // It is told in a turn of its own, after the status says so.
  await until(() => events.length > 250);
  expect(events.slice(0, 250).every((event) => event.kind === 'account')).toBe(true);
  expect(events[250]).toMatchObject({ kind: 'feed', live: true });
  expect(stream?.status()).toMatchObject({
    subscribed: 250,
    pending: 0,
    failed: [],
    reconnects: 0,
    badFrames: 0,
  });
});

it('tells every change and every slot in the turn of its frame, stamped at arrival', async () => {
  await openLive(2);
  const before = performance.now() * 1_000;
  server.nextSlot();
  server.write(at(2), holding(50, 18_446_744_073_709_551_615n));
  await until(() => told(at(2)).length === 2);
  const [slot, account] = events.slice(-2);
  expect(slot).toMatchObject({ kind: 'slot', slot: 1_001, parent: 1_000 });
  expect(account).toMatchObject({ kind: 'account', update: { address: at(2), slot: 1_001 } });
  if (account?.kind !== 'account') throw new Error('no account');
  expect(account.update.account).toEqual(holding(50, 18_446_744_073_709_551_615n));
  expect(account.atMicros).toBeGreaterThan(before);
  expect(stream?.status()).toMatchObject({ accountFrames: 2, slotFrames: 1, lastSlot: 1_001, slotLag: 0 });
});

it('tells an account without lamports, and one that is not there, as null', async () => {
  const made = openStream();
  made.watch([at(1), at(2)]);
  server.accounts.set(at(1), holding(1));
  made.start();
  await until(() => made.status().state === 'live');
  expect(told(at(2))).toEqual(['1000:null']);
  server.write(at(1), { ...holding(0, 0n), data: new Uint8Array(0) });
  await until(() => told(at(1)).length === 2);
  expect(told(at(1))).toEqual(['1000:1', '1000:null']);
});

it('reads zstd frames when told to ask for them', async () => {
  await openLive(2, { encoding: 'base64+zstd' });
  server.write(at(1), holding(77));
  await until(() => told(at(1)).length === 2);
  expect(told(at(1))).toEqual(['1000:1', '1000:77']);
});

it('asks again for a slot that the HTTP side has not reached, and stays down until it has', async () => {
  const made = openStream();
  made.watch([at(1)]);
  server.accounts.set(at(1), holding(1));
  server.faults.ackDelayMs = 30;
  server.faults.httpLag = 5;
  made.start();
  await until(() => server.sockets() === 1);
  for (let i = 0; i < 50 && made.status().state !== 'snapshot'; i++) {
    server.nextSlot();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(() => made.status().snapshotFailures > 0);
  expect(made.status().reason).toMatch(/-32016/);
  expect(feeds()).toEqual([]);
  server.faults.httpLag = 0;
  await until(() => made.status().state === 'live');
});

it.each<[string, (made: TestRpcServer) => void, RegExp]>([
  ['a cut socket', (s) => s.cutSockets(), /^closed 1006/],
  ['garbage instead of JSON', (s) => s.sendRaw('{"jsonrpc":"2.0",'), /^bad-frame$/],
  ['a binary frame', (s) => s.sendRaw(Uint8Array.of(1, 2, 3)), /^bad-frame$/],
  [
    'a frame larger than any account',
    (s) => s.sendRaw('x'.repeat(70_000)),
    /^closed 1006 \(WS_ERR_UNSUPPORTED_MESSAGE_LENGTH\)$/,
  ],
  [
    'an account whose data is no base64',
    (s) => s.sendRaw(broken(s, '"base64"]', '=","base64"]')),
    /^bad-frame$/,
  ],
  ['an account in another encoding', (s) => s.sendRaw(broken(s, '"base64"]', '"base58"]')), /^bad-frame$/],
  ['negative lamports', (s) => s.sendRaw(broken(s, '"lamports":', '"lamports":-')), /^bad-frame$/],
  ['an owner that is no address', (s) => s.sendRaw(broken(s, '"owner":"T', '"owner":"0')), /^bad-frame$/],
  ['a slot that is a text', (s) => s.sendRaw(broken(s, '"slot":1000', '"slot":"1000"')), /^bad-frame$/],
  [
    'a slot that is its own parent',
    (s) =>
      s.sendRaw(
        '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":5,"parent":5,"root":1},"subscription":1}}',
      ),
    /^bad-frame$/,
  ],
])('goes down on %s and comes back live after a fresh snapshot', async (_, fault, reason) => {
  const made = await openLive(3, { maxFrameBytes: 65_536 });
  fault(server);
  await expectRecovery(made, reason);
  expect(made.status().badFrames).toBe(/bad-frame/.test(reason.source) ? 1 : 0);
  expect(made.status().reconnects).toBe(/bad-frame/.test(reason.source) ? 0 : 1);
  expect(server.sockets()).toBe(1);
});

function broken(s: TestRpcServer, from: string, to: string): string {
  const text = s.notification(at(1), s.subscriptions()[0]?.id ?? 0, s.slot, holding(66));
  const other = text.replace(from, to);
  if (other === text) throw new Error(`${from} is not in ${text}`);
  return other;
}

it('goes down when the socket falls silent although it still answers pings', async () => {
  const made = await openLive(2, { timing: { silenceMs: 80 } });
  const beat = setInterval(() => server.nextSlot(), 10);
  try {
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(feeds()).toEqual(['live snapshot']);
    server.faults.silent = true;
    const startMs = performance.now();
    await until(() => feeds().length === 2);
    // By its own limit of 80 ms and no other, with room for a busy machine.
    expect(performance.now() - startMs).toBeLessThan(1_000);
    server.faults.silent = false;
    await until(() => made.status().state === 'live');
    expect(feeds().slice(0, 3)).toEqual(['live snapshot', 'down silent', 'live snapshot']);
  } finally {
    clearInterval(beat);
  }
});

it('tells frames in slot order whatever order they come in, and counts those that came late', async () => {
  const made = await openLive(1);
  const id = server.subscriptions()[0]?.id ?? 0;
  // What is told of a slot before it has begun counts at its end.
  for (let i = 0; i < 4; i++) server.nextSlot();
  await until(() => made.status().lastSlot === 1_004);
  for (const slot of [1_003, 1_001, 1_003, 1_002, 1_004])
    server.sendRaw(server.notification(at(1), id, slot, holding(slot % 256)));
  await until(() => told(at(1)).at(-1)?.startsWith('1004') === true);
  expect(
    told(at(1))
      .slice(1)
      .map((text) => text.split(':')[0]),
  ).toEqual(['1003', '1003', '1004']);
  expect(made.status()).toMatchObject({ lateFrames: 2, olderFrames: 2, badFrames: 0, state: 'live' });
});

it('tells no slot that leaps, and does not trust the connection before its slots are those of HTTP again', async () => {
  const made = await openLive(1);
  server.nextSlot();
  await until(() => made.status().lastSlot === 1_001);
  server.faults.slotLie = 1_000_000;
  server.nextSlot();
  await until(() => feeds().length === 2);
  expect(feeds()[1]).toMatch(/slot 1001002 is far from 1001/);
  // Still lying: it comes back, is heard, and goes again.
  const beat = setInterval(() => server.nextSlot(), 5);
  await until(() => made.status().reconnects >= 2);
  expect(feeds()).toHaveLength(2);
  server.faults.slotLie = 0;
  await until(() => made.status().state === 'live').finally(() => clearInterval(beat));
  const slots = events.flatMap((event) => (event.kind === 'slot' ? [event.slot] : []));
  expect(Math.max(...slots)).toBeLessThan(2_000);
});

it('is not live on a connection whose slots disagree with HTTP from the start', async () => {
  server.faults.slotLie = 1_000_000;
  server.faults.ackDelayMs = 30;
  const made = openStream();
  made.watch([at(1)]);
  made.start();
  const beat = setInterval(() => server.nextSlot(), 5);
  await until(() => made.status().reconnects > 0).finally(() => clearInterval(beat));
  expect(logged).toContain('stream.disconnected');
  expect(feeds()).toEqual([]);
  expect(events.filter((event) => event.kind === 'slot')).toEqual([]);
  server.faults.slotLie = 0;
  server.faults.ackDelayMs = 0;
  const honest = setInterval(() => server.nextSlot(), 5);
  await until(() => made.status().state === 'live').finally(() => clearInterval(honest));
});

it('counts slots that stand still while accounts flow', async () => {
  const made = await openLive(1);
  server.nextSlot();
  server.slot += 3;
  server.write(at(1), holding(5));
  await until(() => made.status().slotStalls === 1);
  expect(made.status().slotLag).toBe(3);
  expect(logged).toContain('stream.slot-stall');
});

it('fetches an account that is added while live without flapping, and forgets one that is taken out', async () => {
  const made = await openLive(2);
  server.accounts.set(at(3), holding(3));
  made.watch([at(3), at(2)]);
  await until(() => told(at(3)).length === 1);
  made.unwatch([at(1)]);
  await until(() => server.subscriptions().length === 2);
  const from = events.length;
  server.write(at(1), holding(70));
  server.write(at(3), holding(71));
  await until(() => told(at(3)).length === 2);
  expect(told(at(1), from)).toEqual([]);
  expect(feeds()).toEqual(['live snapshot']);
  expect(made.status()).toMatchObject({ subscribed: 2, otherFrames: 0 });
  server.cutSockets();
  await until(() => feeds().length === 3);
  expect(
    server
      .subscriptions()
      .map(({ address }) => address)
      .sort(),
  ).toEqual([at(2), at(3)].sort());
});

it('holds a notification that overtakes its acknowledgement', async () => {
  server.faults.notifyBeforeAck = true;
  server.faults.ackDelayMs = 20;
  const made = await openLive(2, { timing: { ackTimeoutMs: 500 } });
  expect(made.status()).toMatchObject({ earlyFrames: 3, strayFrames: 0 });
  // It says what the snapshot says.
  expect(told(at(1))).toEqual(['1000:1']);
});

it('counts a notification of a subscription that nobody holds', async () => {
  const made = await openLive(1);
  server.sendRaw(server.notification(at(1), 4_242, 1_000, holding(1)));
  await until(() => made.status().strayFrames === 1);
  expect(made.status().state).toBe('live');
});

it('asks again when an acknowledgement fails to come, and lives with both when it was only late', async () => {
  server.faults.ackDelayMs = 150;
  const made = await openLive(1);
  await until(() => made.status().pending === 0 && server.subscriptions().length > 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const from = events.length;
  server.write(at(1), holding(9));
  await until(() => told(at(1), from).length >= 1);
  expect(made.status()).toMatchObject({ subscribed: 1, strayFrames: 0, state: 'live' });
});

it('takes a doubled acknowledgement for what it is', async () => {
  server.faults.acksTwice = true;
  const made = await openLive(2);
  expect(made.status()).toMatchObject({ subscribed: 2, state: 'live', badFrames: 0 });
  await until(() => made.status().otherFrames === 4);
});

it('asks again after a rate limit', async () => {
  server.faults.rejectNext = 2;
  const made = await openLive(3);
  expect(made.status()).toMatchObject({ subscribed: 3, failed: [], pending: 0 });
});

it('reports a subscription that is always refused, goes live without it and does not tell its account', async () => {
  server.faults.reject.set(at(2), { code: -32602, message: 'Invalid param' });
  const made = await openLive(3);
  expect(made.status()).toMatchObject({ subscribed: 2, failed: [at(2)], pending: 0 });
  expect(logged).toContain('stream.subscription-refused');
  expect(told(at(2))).toEqual([]);
  expect(server.calls.filter(({ params }) => params[0] === at(2))).toHaveLength(3);
  server.faults.reject.clear();
  made.watch([at(2)]);
  await until(() => told(at(2)).length === 1);
});

it('tells nothing more of an account whose subscription is refused on a new connection', async () => {
  const made = await openLive(2);
  server.faults.reject.set(at(2), { code: -32602, message: 'Invalid param' });
  server.cutSockets();
  await until(() => made.status().failed.length === 1 && made.status().state === 'live');
  expect(told(at(2))).toEqual(['1000:2']);
  expect(told(at(1)).length).toBe(2);
});

it('gives up a connection whose subscriptions cannot be told apart, or that has no slots', async () => {
  const made = await openLive(1);
  server.faults.oneId = true;
  made.watch([at(2)]);
  server.cutSockets();
  await until(() => made.status().reason === 'subscription-id-clash');
  server.faults.oneId = false;
  server.faults.reject.set('slots', { code: -32601, message: 'Method not found' });
  await until(() => made.status().reason.startsWith('no slots: -32601'));
  server.faults.reject.clear();
  await until(() => made.status().state === 'live');
});

it('stays down while the HTTP side fails, then comes live on the same socket', async () => {
  server.faults.http = () => ({ status: 200, body: '<html>' });
  const made = openStream();
  made.watch([at(1)]);
  made.start();
  await until(() => made.status().snapshotFailures >= 3);
  expect(feeds()).toEqual([]);
  server.faults.http = undefined;
  await until(() => made.status().state === 'live');
  expect(made.status().reconnects).toBe(0);
});

it('keeps trying while nobody listens and backs off', async () => {
  const { wsUrl } = server;
  await server.stop();
  const made = openStream({ endpoints: endpointsOf({ wsUrl }) });
  made.start();
  await until(() => made.status().reconnects >= 3);
  expect(made.status().reason).toMatch(/ECONNREFUSED/);
  await made.stop();
  server = await startTestRpcServer();
});

it('survives ids that mean another account after a reconnect', async () => {
  const made = await openLive(2);
  const before = server.subscriptions();
  made.unwatch([at(1)]);
  await until(() => server.subscriptions().length === 1);
  server.cutSockets();
  await until(() => feeds().length === 3);
  const from = events.length;
  for (const { id } of before) server.sendRaw(server.notification(at(1), id, 2_000, holding(66)));
  await until(() => made.status().strayFrames === 2);
  expect(told(at(1), from)).toEqual([]);
  expect(told(at(2), from)).toEqual([]);
});

it('stops within a second, tells down once and nothing after it', async () => {
  const made = await openLive(3);
  const startMs = performance.now();
  await made.stop();
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(feeds()).toEqual(['live snapshot', 'down stopped']);
  const count = events.length;
  server.write(at(1), holding(8));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(events).toHaveLength(count);
  expect(server.sockets()).toBe(0);
});

it('leaves no timer and no socket that would keep a process alive', async () => {
  const script = `
    import { createAccountStream } from './account-stream.ts';
    import { createRpcClient } from '../rpc/rpc-client.ts';
    import { createSystemClock } from '../process/system-clock.ts';
    import { createRandom } from '../../core/random.ts';
    const clock = createSystemClock();
    const random = createRandom(1);
    const rpc = createRpcClient({ url: '${server.httpUrl}', clock, random });
    const onEvent = ({ kind, live }) => {
      if (kind !== 'feed') return;
      console.log(live ? 'live' : 'down');
      if (live) stream.stop();
    };
    const endpoints = [{ name: 'main', provider: 'generic', wsUrl: '${server.wsUrl}' }];
    const stream = createAccountStream({ endpoints, rpc, clock, random, onEvent, commitment: 'processed', log() {} });
    stream.watch(['${at(1)}']);
    stream.start();`;
  const child = execFile(
    process.execPath,
    ['--input-type=module-typescript', '-e', script],
    { cwd: import.meta.dirname, timeout: 10_000 },
    (error, stdout) => logged.push(`${error?.message ?? 'ended'}: ${stdout}`),
  );
  await until(() => logged.length > 0, 12_000);
  expect(child.signalCode).toBe(null);
  expect(logged).toEqual(['ended: live\ndown\n']);
});

it('stops at once in the middle of connecting, subscribing and fetching', async () => {
  for (const stage of ['connecting', 'subscribing', 'snapshot'] as const) {
    if (stage === 'subscribing') server.faults.ackDelayMs = -1;
    if (stage === 'snapshot') server.faults.ackDelayMs = 0;
    if (stage === 'snapshot') server.faults.http = () => 'hang';
    const made = openStream();
    made.watch([at(1)]);
    made.start();
    await until(() => made.status().state === stage);
    await made.stop();
    expect(made.status().state).toBe('stopped');
    await until(() => server.sockets() === 0);
  }
  expect(events).toEqual([]);
});

it('shows the host of its URL and nothing else, and refuses what is no WebSocket URL', () => {
  const made = openStream({
    endpoints: endpointsOf({ wsUrl: 'wss://rpc.example:8900/key-in-path?api-key=key-in-query' }),
  });
  expect(made.status().connections[0]?.host).toBe('rpc.example:8900');
  expect(() => openStream({ endpoints: endpointsOf({ wsUrl: 'http://rpc.example/key-in-path' }) })).toThrow(
    /not a ws/,
  );
});
