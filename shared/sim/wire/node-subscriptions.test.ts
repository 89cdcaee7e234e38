import { once } from 'node:events';
import { zstdDecompressSync } from 'node:zlib';
import { Connection, PublicKey } from '@solana/web3.js';
import bs58 from 'bs58';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Address,
  addressAt,
  CLOCK_SYSVAR,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
  USDC_MINT,
} from '../../core/address.ts';
import {
  createTestGenesis,
  keyOf,
  OTHER,
  signedTransaction,
  type TestGenesis,
  tokenAccountOf,
  tokenTransfer,
  WALLET,
} from '../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from './node.ts';

let genesis: TestGenesis;
let node: LocalNode;
let connection: Connection;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  genesis = createTestGenesis();
  node = await startLocalNode({ bank: genesis.bank, slotMs: 3_600_000 });
  connection = new Connection(node.rpcUrl, { commitment: 'processed', wsEndpoint: node.wsUrl });
});

afterEach(async () => {
  // The outside client reconnects for ever while it has listeners, so they and its socket go first.
  for (const end of ends.splice(0)) await end();
  const client = connection as unknown as {
    _rpcWebSocket: { close(): void; setAutoReconnect(on: boolean): void };
    _rpcWebSocketConnected: boolean;
  };
  client._rpcWebSocket.setAutoReconnect(false);
  if (client._rpcWebSocketConnected) client._rpcWebSocket.close();
  await expect.poll(() => client._rpcWebSocketConnected).toBe(false);
  await node.stop();
});

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { code: number; message: string };
  readonly params?: { subscription: number; result: { context: { slot: number }; value: unknown } };
}

/** A plain WebSocket client that keeps what it hears. */
async function openClient(url = node.wsUrl) {
  const socket = new WebSocket(url);
  const heard: Message[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (message) => {
    heard.push(JSON.parse(message.toString()) as Message);
    for (const wake of waiting) wake();
  });
  await once(socket, 'open');
  let nextId = 0;
  async function until(count: number, kind: (message: Message) => boolean): Promise<Message[]> {
    const found = () => heard.filter(kind);
    while (found().length < count) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        setTimeout(resolve, 50);
      });
      waiting.clear();
    }
    return found();
  }
  return {
    socket,
    heard,
    async call(method: string, params: readonly unknown[] = []): Promise<Message> {
      nextId += 1;
      const id = nextId;
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      return (await until(1, (message) => message.id === id))[0]!;
    },
    notices: (method: string, count: number) => until(count, (message) => message.method === method),
  };
}

function put(address: Address, lamports: bigint): void {
  genesis.bank.set({ address, account: { owner: SYSTEM_PROGRAM, lamports, data: new Uint8Array(0) } });
}

describe('the outside client', () => {
  it('hears of an account once a slot, in its final state', async () => {
    const heard: [number, number][] = [];
    const id = connection.onAccountChange(
      OTHER.publicKey,
      (account, { slot }) => heard.push([slot, account.lamports]),
      {
        commitment: 'processed',
      },
    );
    await expect.poll(() => node.subscriptions()).toBe(1);
    const slot = genesis.bank.slot;
    put(keyOf(OTHER), 1_000_000n);
    put(keyOf(OTHER), 2_000_000n);
    genesis.bank.advanceSlot();
    genesis.bank.advanceSlot();
    put(keyOf(OTHER), 3_000_000n);
    genesis.bank.advanceSlot();
    await expect
      .poll(() => heard)
      .toEqual([
        [slot, 2_000_000],
        [slot + 2, 3_000_000],
      ]);
    await connection.removeAccountChangeListener(id);
    await expect.poll(() => node.subscriptions()).toBe(0);
  });

  it('hears of the accounts of a program that pass its filters', async () => {
    const heard: string[] = [];
    const id = connection.onProgramAccountChange(
      new PublicKey(TOKEN_PROGRAM),
      ({ accountId }) => heard.push(accountId.toBase58()),
      { commitment: 'processed', filters: [{ memcmp: { offset: 32, bytes: keyOf(OTHER) } }] },
    );
    ends.push(() => connection.removeProgramAccountChangeListener(id));
    await expect.poll(() => node.subscriptions()).toBe(1);
    const transfer = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    await connection.sendTransaction(transfer, { preflightCommitment: 'processed' });
    genesis.bank.advanceSlot();
    await expect.poll(() => heard).toEqual([tokenAccountOf(OTHER, USDC_MINT)]);
  });

  it('hears of slots, roots, logs and its signature, and confirms', async () => {
    const slots: { slot: number; parent: number; root: number }[] = [];
    const roots: number[] = [];
    const logs: { signature: string; slot: number }[] = [];
    const others: string[] = [];
    const ended: unknown[] = [];
    const onSlot = connection.onSlotChange((change) => slots.push(change));
    ends.push(() => connection.removeSlotChangeListener(onSlot));
    const onRoot = connection.onRootChange((root) => roots.push(root));
    ends.push(() => connection.removeRootChangeListener(onRoot));
    const onLogs = connection.onLogs(
      WALLET.publicKey,
      ({ signature }, { slot }) => logs.push({ signature, slot }),
      'processed',
    );
    const onOthers = connection.onLogs(
      new PublicKey(CLOCK_SYSVAR),
      ({ signature }) => others.push(signature),
      'processed',
    );
    for (const id of [onLogs, onOthers]) ends.push(() => connection.removeOnLogsListener(id));
    const transfer = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    connection.onSignature(bs58.encode(transfer.signatures[0]!), ({ err }) => ended.push(err), 'processed');
    await expect.poll(() => node.subscriptions()).toBe(5);
    const signature = await connection.sendTransaction(transfer, { preflightCommitment: 'processed' });
    const closed = genesis.bank.slot;
    const { root } = genesis.bank.advanceSlot();
    await expect.poll(() => ended).toEqual([null]);
    await expect.poll(() => slots).toEqual([{ slot: closed + 1, parent: closed, root }]);
    expect(roots).toEqual([root]);
    expect(logs).toEqual([{ signature, slot: closed }]);
    expect(others).toEqual([]);
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    const confirmed = connection.confirmTransaction(
      { signature, blockhash, lastValidBlockHeight },
      'confirmed',
    );
    await expect.poll(() => node.subscriptions()).toBe(5);
    genesis.bank.advanceSlot();
    expect((await confirmed).value).toEqual({ err: null });
  });
});

describe('a plain client', () => {
  it('hears of a change at each commitment when it has come that far', async () => {
    const client = await openClient();
    const ids = new Map<unknown, string>();
    for (const commitment of ['processed', 'confirmed', 'finalized']) {
      const { result } = await client.call('accountSubscribe', [
        keyOf(OTHER),
        { encoding: 'base64', commitment },
      ]);
      ids.set(result, commitment);
    }
    const slot = genesis.bank.slot;
    put(keyOf(OTHER), 1_000_000n);
    const counts: number[] = [];
    for (let i = 0; i < 34; i++) {
      genesis.bank.advanceSlot();
      if (i === 0 || i === 1 || i === 31) {
        await client.call('ping');
        counts.push((await client.notices('accountNotification', 0)).length);
      }
    }
    const heard = await client.notices('accountNotification', 3);
    expect(counts).toEqual([1, 2, 2]);
    expect(heard.map(({ params }) => ids.get(params?.subscription))).toEqual([
      'processed',
      'confirmed',
      'finalized',
    ]);
    for (const { params } of heard) {
      expect(params?.result).toMatchObject({ context: { slot }, value: { lamports: 1_000_000, space: 0 } });
    }
  });

  it('gets the same bytes in base64 and in base64+zstd, and the notice of a closed account', async () => {
    const client = await openClient(node.rpcUrl.replace('http', 'ws'));
    await client.call('accountSubscribe', [CLOCK_SYSVAR, { encoding: 'base64', commitment: 'processed' }]);
    await client.call('accountSubscribe', [
      CLOCK_SYSVAR,
      { encoding: 'base64+zstd', commitment: 'processed' },
    ]);
    await client.call('accountSubscribe', [keyOf(OTHER), { encoding: 'base64', commitment: 'processed' }]);
    const clock = genesis.bank.get(CLOCK_SYSVAR)?.data ?? new Uint8Array();
    put(keyOf(OTHER), 0n);
    genesis.bank.advanceSlot();
    const heard = await client.notices('accountNotification', 3);
    const bodies = heard.map(
      ({ params }) => params?.result.value as { data: [string, string]; lamports: number; owner: string },
    );
    const plain = bodies.find(({ data }) => data[1] === 'base64' && data[0] !== '');
    const packed = bodies.find(({ data }) => data[1] === 'base64+zstd');
    expect(Buffer.from(plain?.data[0] ?? '', 'base64')).toEqual(Buffer.from(clock));
    expect(zstdDecompressSync(Buffer.from(packed?.data[0] ?? '', 'base64'))).toEqual(Buffer.from(clock));
    expect(bodies).toContainEqual(
      expect.objectContaining({ lamports: 0, owner: SYSTEM_PROGRAM, data: ['', 'base64'] }),
    );
  });

  it('is told when its signature arrives and again when its slot closes', async () => {
    const client = await openClient();
    const transfer = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    const signature = bs58.encode(transfer.signatures[0]!);
    await client.call('signatureSubscribe', [
      signature,
      { commitment: 'processed', enableReceivedNotification: true },
    ]);
    await connection.sendTransaction(transfer, { preflightCommitment: 'processed' });
    genesis.bank.advanceSlot();
    const heard = await client.notices('signatureNotification', 2);
    expect(heard.map(({ params }) => params?.result.value)).toEqual(['receivedSignature', { err: null }]);
    expect(node.subscriptions()).toBe(0);
  });

  it('is told at once of a signature that has landed already', async () => {
    const client = await openClient();
    const transfer = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    const signature = await connection.sendTransaction(transfer, { preflightCommitment: 'processed' });
    genesis.bank.advanceSlot();
    const { result } = await client.call('signatureSubscribe', [signature, { commitment: 'processed' }]);
    const [notice] = await client.notices('signatureNotification', 1);
    expect(notice?.params).toMatchObject({ subscription: result, result: { value: { err: null } } });
    expect(node.subscriptions()).toBe(0);
  });

  it('can only end its own subscriptions, and leaves none behind', async () => {
    const [one, two] = [await openClient(), await openClient()];
    const { result } = await one.call('slotSubscribe');
    const refused = { code: -32_602, message: 'Invalid subscription id.' };
    expect((await two.call('slotUnsubscribe', [result])).error).toEqual(refused);
    expect((await one.call('slotUnsubscribe', [result])).result).toBe(true);
    expect((await one.call('slotUnsubscribe', [result])).error).toEqual(refused);
    await one.call('logsSubscribe', ['all']);
    await one.call('programSubscribe', [TOKEN_PROGRAM]);
    expect(node.subscriptions()).toBe(2);
    one.socket.terminate();
    await expect.poll(() => node.subscriptions()).toBe(0);
  });

  it('is told what is wrong with what it asks', async () => {
    const client = await openClient();
    const ask = async (method: string, params?: readonly unknown[]) =>
      (await client.call(method, params)).error?.code;
    expect(await ask('getSlot')).toBe(-32_601);
    expect(await ask('accountSubscribe')).toBe(-32_602);
    expect(await ask('accountSubscribe', ['nothing'])).toBe(-32_602);
    expect(await ask('accountSubscribe', [keyOf(OTHER), { commitment: 'soon' }])).toBe(-32_602);
    expect(await ask('logsSubscribe', [{ mentions: [keyOf(OTHER), keyOf(WALLET)] }])).toBe(-32_602);
    client.socket.send('{"jsonrpc":');
    client.socket.send(Buffer.from([1, 2, 3]));
    client.socket.send('[]');
    await expect
      .poll(() => client.heard.filter((message) => message.id === null).map((message) => message.error?.code))
      .toEqual([-32_700, -32_700, -32_600]);
    client.socket.send('x'.repeat(60_000));
    await once(client.socket, 'close');
    expect((await (await openClient()).call('slotSubscribe')).result).toEqual(expect.any(Number));
  });
});

describe('many subscriptions', () => {
  it('get every change of every slot', async () => {
    const client = await openClient();
    const addresses = Array.from({ length: 100 }, (_, i) => addressAt(new Uint8Array(32).fill(i + 100)));
    for (const address of addresses) {
      await client.call('accountSubscribe', [address, { encoding: 'base64', commitment: 'processed' }]);
    }
    const data = new Uint8Array(653);
    for (let slot = 1; slot <= 20; slot++) {
      for (const address of addresses) {
        data[0] = slot;
        genesis.bank.set({
          address,
          account: { owner: TOKEN_PROGRAM, lamports: 9_000_000n, data: data.slice() },
        });
      }
      genesis.bank.advanceSlot();
    }
    const heard = await client.notices('accountNotification', 2_000);
    const bySubscription = new Map<unknown, number[]>();
    for (const { params } of heard) {
      const slots = bySubscription.get(params?.subscription) ?? [];
      slots.push(params?.result.context.slot ?? 0);
      bySubscription.set(params?.subscription, slots);
    }
    expect(bySubscription.size).toBe(100);
    for (const slots of bySubscription.values()) {
      expect(slots).toEqual(slots.map((_, i) => slots[0]! + i));
      expect(slots.length).toBe(20);
    }
  });
});
