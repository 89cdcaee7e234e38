import { createServer } from 'node:net';
import { zstdDecompressSync } from 'node:zlib';
import { Connection, PublicKey } from '@solana/web3.js';
import bs58 from 'bs58';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOCK_SYSVAR, TOKEN_2022_PROGRAM, TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import {
  createTestGenesis,
  keyOf,
  OTHER,
  START_SLOT,
  START_UNIX_TIMESTAMP,
  TAXED_MINT,
  type TestGenesis,
  tokenAccountOf,
  WALLET,
  WALLET_LAMPORTS,
} from '../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from './node.ts';

let genesis: TestGenesis;
let node: LocalNode;
let connection: Connection;

beforeAll(async () => {
  genesis = createTestGenesis();
  // Slots move by hand in this file, so that every answer can be told beforehand.
  node = await startLocalNode({ bank: genesis.bank, slotMs: 3_600_000 });
  connection = new Connection(node.rpcUrl, { commitment: 'processed', wsEndpoint: node.wsUrl });
});

afterAll(async () => {
  await node.stop();
});

/** One raw call, for what the outside client hides. */
async function call(method: string, params: readonly unknown[] = []) {
  const response = await fetch(node.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return (await response.json()) as {
    result?: unknown;
    error?: { code: number; message: string; data?: unknown };
  };
}

describe('account reads', () => {
  it('gives the bytes of an account, its owner and its lamports', async () => {
    const { context, value } = await connection.getAccountInfoAndContext(new PublicKey(USDC_MINT));
    const held = genesis.bank.get(USDC_MINT);
    expect(context.slot).toBe(genesis.bank.slot - 1);
    expect(value?.owner.toBase58()).toBe(TOKEN_PROGRAM);
    expect(BigInt(value?.lamports ?? 0)).toBe(held?.lamports);
    expect(new Uint8Array(value?.data ?? [])).toEqual(held?.data);
    expect(value?.executable).toBe(false);
  });

  it('gives null for an account that does not exist', async () => {
    const nobody = new PublicKey(new Uint8Array(32).fill(250));
    expect(await connection.getAccountInfo(nobody)).toBeNull();
    expect(await connection.getBalance(nobody)).toBe(0);
  });

  it('gives the same bytes in every encoding, and refuses base58 above 128 bytes', async () => {
    const account = tokenAccountOf(WALLET, USDC_MINT);
    const held = genesis.bank.get(account)?.data ?? new Uint8Array();
    const read = async (encoding: string | undefined, more = {}) => {
      const answer = await call('getAccountInfo', [account, { encoding, commitment: 'processed', ...more }]);
      return answer.error ?? (answer.result as { value: { data: unknown; space: number } }).value;
    };
    expect(await read('base64')).toMatchObject({
      data: [Buffer.from(held).toString('base64'), 'base64'],
      space: 165,
    });
    const packed = ((await read('base64+zstd')) as { data: [string, string] }).data;
    expect(packed[1]).toBe('base64+zstd');
    expect(new Uint8Array(zstdDecompressSync(Buffer.from(packed[0], 'base64')))).toEqual(held);
    const slice = { dataSlice: { offset: 64, length: 8 } };
    expect(await read('base58', slice)).toMatchObject({
      data: [bs58.encode(held.subarray(64, 72)), 'base58'],
      space: 165,
    });
    expect(await read(undefined, slice)).toMatchObject({ data: bs58.encode(held.subarray(64, 72)) });
    expect(await read('base58')).toEqual({
      code: -32_600,
      message: 'Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.',
    });
    expect(await read('utf-8')).toMatchObject({ code: -32_602 });
  });

  it('writes the rent epoch as the whole 64-bit number that a validator sends', async () => {
    const response = await fetch(node.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getAccountInfo', params: [keyOf(WALLET)] }),
    });
    expect(await response.text()).toContain('"rentEpoch":18446744073709551615');
  });

  it('parses token accounts and leaves the rest as base64', async () => {
    const parsed = await connection.getParsedAccountInfo(new PublicKey(tokenAccountOf(WALLET, USDC_MINT)));
    expect(parsed.value?.data).toMatchObject({
      program: 'spl-token',
      parsed: { info: { mint: USDC_MINT, tokenAmount: { amount: '20000000000', uiAmountString: '20000' } } },
    });
    const clock = await connection.getParsedAccountInfo(new PublicKey(CLOCK_SYSVAR));
    expect(Buffer.isBuffer(clock.value?.data)).toBe(true);
  });

  it('gives up to 100 accounts at once, in order, null where there is none', async () => {
    const nobody = new PublicKey(new Uint8Array(32).fill(250));
    const keys = [new PublicKey(USDC_MINT), nobody, WALLET.publicKey];
    const found = await connection.getMultipleAccountsInfo(keys);
    expect(found.map((account) => account?.lamports ?? null)).toEqual([
      Number(genesis.bank.get(USDC_MINT)?.lamports),
      null,
      Number(WALLET_LAMPORTS),
    ]);
    expect(await call('getMultipleAccounts', [Array(100).fill(USDC_MINT)])).toHaveProperty('result');
    expect((await call('getMultipleAccounts', [Array(101).fill(USDC_MINT)])).error).toEqual({
      code: -32_602,
      message: 'Too many inputs provided; max 100',
    });
  });

  it('finds program accounts by size and by bytes', async () => {
    const owner = WALLET.publicKey;
    const program = new PublicKey(TOKEN_PROGRAM);
    const byOwner = { memcmp: { offset: 32, bytes: owner.toBase58() } };
    const mine = await connection.getProgramAccounts(program, { filters: [{ dataSize: 165 }, byOwner] });
    expect(mine.length).toBe(2);
    const mints = await connection.getProgramAccounts(program, { filters: [{ dataSize: 82 }] });
    const found = mints.map(({ pubkey }) => pubkey.toBase58());
    expect(found).toEqual(expect.arrayContaining([WSOL_MINT, USDC_MINT]));
    expect(found).not.toContain(TAXED_MINT);
    const base64 = {
      memcmp: { offset: 32, bytes: owner.toBuffer().toString('base64'), encoding: 'base64' as const },
    };
    const sliced = await connection.getProgramAccounts(program, {
      filters: [base64],
      dataSlice: { offset: 64, length: 8 },
      withContext: true,
    });
    expect(sliced.context.slot).toBe(genesis.bank.slot - 1);
    expect(sliced.value.map(({ account }) => account.data.readBigUInt64LE())).toEqual([
      20_000_000_000n,
      20_000_000_000n,
    ]);
    const past = { memcmp: { offset: 164, bytes: bs58.encode(Uint8Array.of(0, 0)) } };
    expect(await connection.getProgramAccounts(program, { filters: [past] })).toEqual([]);
  });

  it('refuses too many filters, unknown filters and bytes that are none', async () => {
    const ask = async (filters: readonly unknown[]) =>
      (await call('getProgramAccounts', [TOKEN_PROGRAM, { filters }])).error;
    expect(await ask(Array(5).fill({ dataSize: 1 }))).toEqual({
      code: -32_602,
      message: 'Too many filters provided; max 4',
    });
    expect(await ask([{ size: 1 }])).toMatchObject({ code: -32_602 });
    expect(await ask([{ memcmp: { offset: 0, bytes: '0OIl' } }])).toMatchObject({ code: -32_602 });
    expect(await ask([{ memcmp: { offset: -1, bytes: '1' } }])).toMatchObject({ code: -32_602 });
  });

  it('gives token balances and the token accounts of an owner', async () => {
    const usdc = new PublicKey(tokenAccountOf(WALLET, USDC_MINT));
    const balance = await connection.getTokenAccountBalance(usdc);
    expect(balance.value).toEqual({
      amount: '20000000000',
      decimals: 6,
      uiAmount: 20_000,
      uiAmountString: '20000',
    });
    const byMint = await connection.getTokenAccountsByOwner(WALLET.publicKey, {
      mint: new PublicKey(USDC_MINT),
    });
    expect(byMint.value.map(({ pubkey }) => pubkey.toBase58())).toEqual([usdc.toBase58()]);
    const taxed = await connection.getParsedTokenAccountsByOwner(WALLET.publicKey, {
      programId: new PublicKey(TOKEN_2022_PROGRAM),
    });
    expect(taxed.value[0]?.account.data.parsed.info.mint).toBe(TAXED_MINT);
    expect((await call('getTokenAccountBalance', [USDC_MINT])).error?.message).toBe(
      'Invalid param: not a Token account',
    );
    const nobody = new PublicKey(new Uint8Array(32).fill(250)).toBase58();
    expect((await call('getTokenAccountBalance', [nobody])).error?.message).toBe(
      'Invalid param: could not find account',
    );
  });
});

describe('the chain', () => {
  it('says who it is', async () => {
    expect(await call('getHealth')).toMatchObject({ result: 'ok' });
    expect(await connection.getVersion()).toEqual({ 'feature-set': 0, 'solana-core': '3.0.0-local' });
    expect(bs58.decode(await connection.getGenesisHash()).length).toBe(32);
    expect(await connection.getMinimumBalanceForRentExemption(165)).toBe(2_039_280);
    expect(await (await fetch(`${node.rpcUrl}/health`)).text()).toBe('ok');
  });

  it('answers each commitment from the accounts as that slot left them', async () => {
    for (let i = 0; i < 40; i++) genesis.bank.advanceSlot();
    const open = genesis.bank.slot;
    const slots = [open - 1, open - 2, open - 33];
    for (const [i, commitment] of (['processed', 'confirmed', 'finalized'] as const).entries()) {
      expect(await connection.getSlot(commitment)).toBe(slots[i]);
      const clock = await connection.getAccountInfoAndContext(new PublicKey(CLOCK_SYSVAR), commitment);
      expect(clock.context.slot).toBe(slots[i]);
      expect(Number(clock.value?.data.readBigUInt64LE(0))).toBe(slots[i]);
      const elapsed = Math.floor(((slots[i]! - START_SLOT) * 400) / 1_000);
      expect(Number(clock.value?.data.readBigInt64LE(32))).toBe(START_UNIX_TIMESTAMP + elapsed);
    }
    expect((await call('getSlot')).result).toBe(open - 33);
  });

  it('counts blocks below slots and knows its epoch', async () => {
    const slot = genesis.bank.slot - 1;
    const height = await connection.getBlockHeight();
    expect(height).toBe(genesis.bank.blockHeight - 1);
    expect(height).toBeLessThan(slot);
    expect(await connection.getEpochInfo()).toMatchObject({
      absoluteSlot: slot,
      blockHeight: height,
      epoch: 1_022,
      slotIndex: slot % 432_000,
      slotsInEpoch: 432_000,
    });
  });

  it('keeps a blockhash valid for 150 blocks and no longer', async () => {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    expect(lastValidBlockHeight).toBe((await connection.getBlockHeight()) + 150);
    for (let i = 0; i < 150; i++) genesis.bank.advanceSlot();
    expect((await connection.isBlockhashValid(blockhash)).value).toBe(true);
    genesis.bank.advanceSlot();
    expect((await connection.isBlockhashValid(blockhash)).value).toBe(false);
    expect(await connection.getBlockHeight()).toBe(lastValidBlockHeight + 1);
  });

  it('refuses to answer from before minContextSlot', async () => {
    const slot = genesis.bank.slot - 1;
    const settings = { commitment: 'processed' as const, minContextSlot: slot };
    expect((await connection.getAccountInfoAndContext(WALLET.publicKey, settings)).context.slot).toBe(slot);
    const refused = {
      code: -32_016,
      message: 'Minimum context slot has not been reached',
      data: { contextSlot: slot },
    };
    const later = { commitment: 'processed', minContextSlot: slot + 1 };
    for (const [method, params] of [
      ['getAccountInfo', [keyOf(OTHER)]],
      ['getMultipleAccounts', [[keyOf(OTHER)]]],
      ['getProgramAccounts', [TOKEN_PROGRAM]],
      ['getBalance', [keyOf(OTHER)]],
      ['getSlot', []],
      ['getLatestBlockhash', []],
      ['getEpochInfo', []],
    ] as const) {
      expect((await call(method, [...params, later])).error).toEqual(refused);
    }
  });
});

describe('ports', () => {
  it('takes WebSocket on the next port and on the HTTP port', async () => {
    expect(Number(new URL(node.wsUrl).port)).toBe(Number(new URL(node.rpcUrl).port) + 1);
    for (const url of [node.wsUrl, node.rpcUrl.replace('http', 'ws')]) {
      const socket = new WebSocket(url);
      const answered = new Promise((resolve) => {
        socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)));
      });
      socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":5,"method":"slotSubscribe"}');
      expect(await answered).toEqual({ jsonrpc: '2.0', id: 5, result: expect.any(Number) });
      socket.close();
    }
  });

  it('says which port is in use', async () => {
    const taken = Number(new URL(node.rpcUrl).port);
    const again = startLocalNode({ bank: createTestGenesis().bank, port: taken });
    await expect(again).rejects.toMatchObject({ code: 'port-in-use', message: `port ${taken} is in use` });
  });

  it('frees both ports when it stops', async () => {
    const short = await startLocalNode({ bank: createTestGenesis().bank });
    const ports = [short.rpcUrl, short.wsUrl].map((url) => Number(new URL(url).port));
    await short.stop();
    for (const port of ports) {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
      });
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('slots by the wall clock', () => {
  it('keep their pace without drifting, and start with the traders', async () => {
    const { bank } = createTestGenesis();
    const started: number[] = [];
    const slotMs = 20;
    const timed = await startLocalNode({ bank, slotMs, onSlotStart: () => started.push(bank.slot) });
    const from = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const due = (performance.now() - from) / slotMs;
    await timed.stop();
    const advanced = bank.slot - START_SLOT - 1;
    expect(Math.abs(advanced - due)).toBeLessThanOrEqual(3);
    expect(started).toEqual(started.map((_, i) => START_SLOT + 1 + i));
    const stopped = bank.slot;
    await new Promise((resolve) => setTimeout(resolve, 3 * slotMs));
    expect(bank.slot).toBe(stopped);
  });
});
