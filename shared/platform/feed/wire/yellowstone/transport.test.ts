import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../../../core/address.ts';
import { createManualClock } from '../../../../core/clock.ts';
import { createRandom } from '../../../../core/random.ts';
import type { MarketEvent } from '../../../../engine/event.ts';
import { type Bank, createBank } from '../../../../sim/chain/bank.ts';
import { type LocalNode, startLocalNode } from '../../../../sim/wire/node.ts';
import { startYellowstoneServer, type YellowstoneServer } from '../../../../sim/wire/yellowstone-server.ts';
import { createSystemClock } from '../../../process/system-clock.ts';
import { createRpcClient } from '../../../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from '../../account-stream.ts';
import type { StreamEndpoint } from '../../stream-endpoint.ts';
import { createYellowstoneTransport } from './transport.ts';

const ACCOUNTS: readonly Address[] = [1, 2, 3].map((byte) => addressAt(new Uint8Array(32).fill(byte)));
const MANY = Array.from({ length: 200 }, (_, i) => addressAt(new Uint8Array(32).fill(1).fill(i + 1, 30)));
const TOKEN = 'secret';
const BACKOFF = { minMs: 10, baseMs: 20, capMs: 100 };

let bank: Bank;
let node: LocalNode | undefined;
let server: YellowstoneServer;
let stream: AccountStream | undefined;
const events: MarketEvent[] = [];

afterEach(async () => {
  await stream?.stop();
  if (node !== undefined) await Promise.all([server.stop(), node.stop()]);
  stream = undefined;
  node = undefined;
  events.length = 0;
});

function write(address: Address, byte: number): void {
  bank.set({ address, account: { owner: SYSTEM_PROGRAM, lamports: 5n, data: Uint8Array.of(byte) } });
}

/** A chain with slots of 40 ms, told over both wires, and a stream over the endpoints that `choose` gives. */
async function started(
  choose: (grpc: StreamEndpoint, ws: StreamEndpoint) => readonly StreamEndpoint[],
  token = TOKEN,
  maxLagMs = 5_000,
): Promise<AccountStream> {
  bank = createBank({ startSlot: 500, startUnixTimestamp: 1_700_000_000 });
  for (const [i, address] of ACCOUNTS.entries()) write(address, i);
  server = await startYellowstoneServer({ bank, token: TOKEN });
  node = await startLocalNode({ bank, slotMs: 40 });
  const clock = createSystemClock();
  const random = createRandom('yellowstone');
  const endpoints = choose(
    { name: 'grpc', provider: 'triton', grpcUrl: server.grpcUrl, token },
    { name: 'ws', provider: 'generic', wsUrl: node.wsUrl },
  );
  const made = createAccountStream({
    endpoints,
    redundancy: endpoints.length === 2 ? 2 : 1,
    maxLagMs,
    maxSlotLag: 50,
    rpc: createRpcClient({ url: node.rpcUrl, clock: createManualClock(0), random }),
    commitment: 'processed',
    clock,
    random,
    onEvent: (event) => events.push(event),
    log: () => {},
    timing: { silenceMs: 400, reconnectBackoff: BACKOFF, refusedBackoff: BACKOFF },
  });
  stream = made;
  made.start();
  made.watch(ACCOUNTS);
  return made;
}

async function until(holds: () => boolean, what: () => unknown = () => ''): Promise<void> {
  for (let i = 0; i < 2_000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!holds()) throw new Error(`it never came: ${JSON.stringify(what())}`);
}

/** The bytes of an account as it was told last. */
function lastOf(address: Address): number | undefined {
  const told = events.filter((event) => event.kind === 'account' && event.update.address === address).at(-1);
  return told?.kind === 'account' ? told.update.account?.data[0] : undefined;
}

const isWhole = (feed: AccountStream) => (): boolean =>
  feed.status().state === 'live' && feed.status().confirmed === feed.status().accounts;

describe('an account stream over Yellowstone gRPC', () => {
  test('goes live with a snapshot and tells every change and slot after it', async () => {
    const feed = await started((grpc) => [grpc]);
    await until(isWhole(feed), () => feed.status());
    expect(ACCOUNTS.map(lastOf)).toEqual([0, 1, 2]);
    write(ACCOUNTS[1]!, 77);
    await until(() => lastOf(ACCOUNTS[1]!) === 77);
    const slots = events.filter(({ kind }) => kind === 'slot').length;
    await until(() => events.filter(({ kind }) => kind === 'slot').length > slots + 2);
    expect(feed.status()).toMatchObject({ badFrames: 0, forks: 0, lies: 0, losses: 0 });
    expect(feed.status().connections[0]).toMatchObject({ endpoint: 'grpc', state: 'live', subscribed: 3 });
  });

  test('follows accounts that are wanted later and lets others go', async () => {
    const feed = await started((grpc) => [grpc]);
    await until(isWhole(feed), () => feed.status());
    const late = addressAt(new Uint8Array(32).fill(9));
    feed.watch([late]);
    feed.unwatch([ACCOUNTS[0]!]);
    await until(() => feed.isConfirmed(late));
    write(late, 5);
    write(ACCOUNTS[0]!, 99);
    await until(() => lastOf(late) === 5);
    expect(lastOf(ACCOUNTS[0]!)).toBe(0);
  });

  test('loses everything when the stream is cut, and comes back with what happened meanwhile', async () => {
    const feed = await started((grpc) => [grpc]);
    await until(isWhole(feed), () => feed.status());
    server.cutAll();
    await until(() => events.some((event) => event.kind === 'feed' && !event.live));
    write(ACCOUNTS[2]!, 42);
    await until(isWhole(feed), () => feed.status());
    expect(lastOf(ACCOUNTS[2]!)).toBe(42);
    expect(feed.status().reconnects).toBeGreaterThan(0);
  });

  test('gives up a stream that is open and silent', async () => {
    const feed = await started((grpc) => [grpc]);
    await until(isWhole(feed), () => feed.status());
    server.silent = true;
    await until(
      () => feed.status().reconnects > 0,
      () => feed.status(),
    );
    server.silent = false;
    await until(isWhole(feed), () => feed.status());
  });

  test('says why it cannot connect with a wrong token', async () => {
    const feed = await started((grpc) => [grpc], 'wrong');
    await until(
      () => feed.status().reason.includes('UNAUTHENTICATED'),
      () => feed.status(),
    );
  });

  test('keeps and shows what the provider says of its limit, and stays away as long as it asks', async () => {
    const feed = await started((grpc) => [grpc]);
    await until(isWhole(feed), () => feed.status());
    const details = `Max concurrent streams of your plan reached (2) for token ${TOKEN}, upgrade at https://x.test`;
    server.refusal = { code: status.RESOURCE_EXHAUSTED, details, retryAfterSeconds: 2 };
    server.cutAll();
    await until(
      () => feed.status().reason.includes('RESOURCE_EXHAUSTED'),
      () => feed.status(),
    );
    const [connection] = feed.status().connections;
    expect(connection?.state).toBe('waiting');
    expect(connection?.reason).toContain('Max concurrent streams of your plan reached (2)');
    expect(JSON.stringify(feed.status())).not.toContain(TOKEN);
    // Longer than any back-off of its own.
    const awayMs = connection!.opensAtMs - Date.now();
    expect(awayMs).toBeGreaterThan(1_000);
    expect(awayMs).toBeLessThanOrEqual(2_000);
    const { asked } = server;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(server.asked).toBe(asked);
    server.refusal = undefined;
    await until(isWhole(feed), () => feed.status());
  }, 20_000);

  test('learns how many accounts a stream carries by its plan, and spreads over more streams', async () => {
    const feed = await started((grpc) => [grpc]);
    server.maxAccounts = 50;
    feed.watch(MANY);
    await until(
      () => isWhole(feed)() && feed.status().accounts > MANY.length,
      () => feed.status(),
    );
    const [connection] = feed.status().connections;
    expect(connection!.planLimit).toBeLessThanOrEqual(50);
    expect(connection!.refusal).toContain('only 50 allowed');
    expect(server.streams).toBeGreaterThanOrEqual(5);
  }, 20_000);

  test('trades on the part that fits where the plan has few streams too, and says what is missing', async () => {
    const feed = await started((grpc) => [grpc]);
    server.maxAccounts = 50;
    server.maxStreams = 2;
    feed.watch(MANY);
    await until(
      () => feed.status().state === 'live' && feed.status().confirmed >= 70,
      () => feed.status(),
    );
    // What there is no stream for is said, in the provider's words, and costs those that are open nothing.
    await until(
      () => /^the .* carry \d+ of 20\d accounts: .*your plan reached/.test(feed.status().shortfall),
      () => feed.status(),
    );
    const { losses, timesDown } = feed.status();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(feed.status()).toMatchObject({ state: 'live', losses, timesDown });
    const carried = MANY.find((address) => feed.isConfirmed(address))!;
    write(carried, 88);
    await until(() => lastOf(carried) === 88);
  }, 20_000);

  test.each(['accounts', 'slots'] as const)(
    'gives up a stream that is alive and tells no %s, and comes back',
    async (what) => {
      const feed = await started((grpc) => [grpc], TOKEN, 1_500);
      await until(isWhole(feed), () => feed.status());
      server.withheld = what;
      write(ACCOUNTS[0]!, 61);
      await until(
        () => events.some((event) => event.kind === 'feed' && !event.live),
        () => feed.status(),
      );
      await until(
        () => feed.status().reconnects > 0,
        () => feed.status(),
      );
      server.withheld = 'none';
      await until(isWhole(feed), () => feed.status());
      expect(lastOf(ACCOUNTS[0]!)).toBe(61);
    },
    20_000,
  );

  test('doubles with a WebSocket: losing either one loses nothing', async () => {
    const feed = await started((grpc, ws) => [grpc, ws]);
    await until(
      () => feed.status().connections.every(({ state }) => state === 'live'),
      () => feed.status(),
    );
    await until(isWhole(feed), () => feed.status());
    server.silent = true;
    server.cutAll();
    await until(() => feed.status().connections.some(({ state }) => state !== 'live'));
    write(ACCOUNTS[0]!, 11);
    await until(() => lastOf(ACCOUNTS[0]!) === 11);
    expect(events.some(({ kind }) => kind === 'lost')).toBe(false);
    expect(feed.status().state).toBe('live');
  });

  test('refuses an address that is none, without showing more of it than its host', () => {
    expect(() => createYellowstoneTransport({ url: 'ftp://x/key', commitment: 'processed' })).toThrow(
      'the gRPC URL is not an http:// or https:// address',
    );
  });
});
