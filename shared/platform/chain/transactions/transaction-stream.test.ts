import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Address } from '../../../core/address.ts';
import { createRandom } from '../../../core/random.ts';
import { createTestGenesis, type TestGenesis } from '../../../sim/chain/test-genesis.ts';
import { createPoolDesk, type PoolDesk } from '../../../sim/traders/pool-desk.ts';
import { type LocalNode, startLocalNode } from '../../../sim/wire/node.ts';
import type { BookFill } from '../../../venues/order-book.ts';
import { venueById } from '../../../venues/registry.ts';
import { createSystemClock } from '../../process/system-clock.ts';
import { createRpcClient } from '../../rpc/rpc-client.ts';
import { createTransactionStream, type TransactionStream } from './transaction-stream.ts';

const venue = venueById('phoenix-v1')!;
const random = createRandom('transactions');

let genesis: TestGenesis;
let node: LocalNode;
let market: Address;
let desk: PoolDesk;
let stream: TransactionStream;
let told: { readonly signature: string; readonly slot: number; readonly fills: readonly BookFill[] }[];
let problems: string[];

beforeEach(async () => {
  genesis = createTestGenesis();
  const { bank } = genesis;
  // The chain remembers also while its node is down.
  bank.onTransaction(() => {});
  node = await startLocalNode({ bank, slotMs: 3_600_000 });
  market = genesis.pools.find((pool) => pool.venue.id === venue.id)!.state.address;
  desk = createPoolDesk({ bank, pools: [{ venue: venue.id, address: market }] });
  told = [];
  problems = [];
});

afterEach(async () => {
  await stream.stop();
  await node.stop();
});

function startStream(history = 20, url = node.rpcUrl): void {
  const { wsUrl } = node;
  stream = createTransactionStream({
    wsUrl,
    rpc: createRpcClient({ url, clock: createSystemClock(), random }),
    random,
    history,
    onTransaction(address, { signature, slot, inner }) {
      const state = desk.poolAt(address)!.state!;
      told.push({ signature, slot, fills: venue.book!.fills(state, inner) });
    },
    onProblem: (event) => problems.push(event),
  });
  stream.follow([market]);
}

/** A trader sells and another buys, and both are confirmed. */
function trade(): void {
  desk.swap(desk.pools[0]!, true, 3n * 10n ** 9n);
  desk.swap(desk.pools[0]!, false, 430n * 10n ** 6n);
  genesis.bank.advanceSlot();
  genesis.bank.advanceSlot();
}

const soon = <T>(read: () => T) => expect.poll(read, { timeout: 8_000 });

const sides = () => told.map(({ fills }) => fills.map(({ aToB }) => (aToB ? 'sell' : 'buy')));

it('tells swaps in the order of the chain, with what each of them filled', async () => {
  startStream();
  await soon(() => node.subscriptions()).toBe(2);
  trade();
  await soon(() => told.length).toBe(2);
  trade();
  await soon(() => told.length).toBe(4);
  expect(sides().map((all) => new Set(all).size)).toEqual([1, 1, 1, 1]);
  expect(sides().map(([first]) => first)).toEqual(['sell', 'buy', 'sell', 'buy']);
  expect(told.map(({ slot }) => slot)).toEqual([...told.map(({ slot }) => slot)].sort((a, b) => a - b));
  expect(problems).toEqual([]);
});

it('begins with the last transactions of before, and with none where none are wanted', async () => {
  trade();
  trade();
  startStream(3);
  await soon(() => told.length).toBe(3);
  expect(sides().map(([first]) => first)).toEqual(['buy', 'sell', 'buy']);
  expect(stream.stats()).toMatchObject({ caughtUp: 3, told: 3, failed: 0, dropped: 0, waiting: 0 });
  await stream.stop();
  told = [];
  startStream(0);
  await soon(() => node.subscriptions()).toBe(2);
  trade();
  await soon(() => told.length).toBe(2);
});

it('tells what it missed while it was cut off, once each, before what comes after', async () => {
  startStream();
  await soon(() => node.subscriptions()).toBe(2);
  trade();
  await soon(() => told.length).toBe(2);
  const [port, wsPort] = [node.rpcUrl, node.wsUrl].map((url) => Number(new URL(url).port));
  await node.stop();
  trade();
  node = await startLocalNode({ bank: genesis.bank, slotMs: 3_600_000, port: port!, wsPort: wsPort! });
  await soon(() => told.length).toBe(4);
  trade();
  await soon(() => told.length).toBe(6);
  expect(sides().map(([first]) => first)).toEqual(['sell', 'buy', 'sell', 'buy', 'sell', 'buy']);
  expect(new Set(told.map(({ signature }) => signature)).size).toBe(6);
  expect(problems).toEqual(['transactions.disconnected']);
  expect(stream.stats()).toMatchObject({ connections: 2, caughtUp: 2 });
});

it('stops following an account when it is told to', async () => {
  startStream();
  await soon(() => node.subscriptions()).toBe(2);
  stream.follow([]);
  await soon(() => node.subscriptions()).toBe(2);
  trade();
  stream.follow([market]);
  await soon(() => told.length).toBe(2);
});

it('reads transactions of version 1 among the others', async () => {
  startStream();
  await soon(() => node.subscriptions()).toBe(2);
  for (let i = 0; i < 3; i++) trade();
  await soon(() => told.length).toBe(6);
  expect(sides().map(([first]) => first)).toEqual(['sell', 'buy', 'sell', 'buy', 'sell', 'buy']);
  const versions = await Promise.all(told.map(({ signature }) => versionOf(signature)));
  expect(versions.filter((version) => version === 1).length).toBeGreaterThanOrEqual(2);
  expect(stream.stats()).toMatchObject({ told: 6, failed: 0, tooNew: 0 });
});

it('counts what is too new or garbled, and loses none of its neighbours', async () => {
  const spoilt = new Map<string, 'version 2' | 'garbled'>();
  const { url, close } = await openSpoiler(node.rpcUrl, spoilt);
  // Named by the bank before anybody reads them.
  genesis.bank.onTransaction(({ transaction: { signature } }) => {
    const number = [...heardOf].length;
    heardOf.add(signature);
    if (number === 1) spoilt.set(signature, 'version 2');
    if (number === 2) spoilt.set(signature, 'garbled');
  });
  const heardOf = new Set<string>();
  startStream(20, url);
  await soon(() => node.subscriptions()).toBe(2);
  for (let i = 0; i < 3; i++) trade();
  await soon(() => told.length).toBe(4);
  expect(stream.stats()).toMatchObject({ told: 4, failed: 2, tooNew: 1, dropped: 0 });
  expect(problems).toEqual(['transactions.unread', 'transactions.unread']);
  await close();
});

async function versionOf(signature: string): Promise<unknown> {
  const settings = { commitment: 'confirmed', maxSupportedTransactionVersion: 1 };
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'getTransaction',
    params: [signature, settings],
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(node.rpcUrl, { method: 'POST', headers, body });
  return ((await response.json()) as { result: { version: unknown } }).result.version;
}

/** A node in front of the node, which cannot give out some transactions as they are. */
async function openSpoiler(target: string, spoilt: ReadonlyMap<string, 'version 2' | 'garbled'>) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { id, method, params } = JSON.parse(body);
    const how = method === 'getTransaction' ? spoilt.get(params[0]) : undefined;
    const message = 'Transaction version (2) is not supported by the requesting client';
    const answer =
      how === undefined
        ? await (
            await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
          ).text()
        : how === 'garbled'
          ? JSON.stringify({
              jsonrpc: '2.0',
              id,
              result: { slot: 5, version: 1, meta: { err: null }, transaction: 7 },
            })
          : JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_015, message } });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
