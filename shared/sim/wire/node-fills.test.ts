import { Connection, PublicKey } from '@solana/web3.js';
import bs58 from 'bs58';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Address, isAddress } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import type { BookFill } from '../../venues/order-book.ts';
import { venueById } from '../../venues/registry.ts';
import {
  createTestGenesis,
  heldBy,
  loadPool,
  poolSwap,
  signedTransaction,
  type TestGenesis,
  tokenAccountOf,
  WALLET,
} from '../chain/test-genesis.ts';
import { createPoolDesk } from '../traders/pool-desk.ts';
import { type LocalNode, startLocalNode } from './node.ts';

const venue = venueById('phoenix-v1')!;
const checked = { preflightCommitment: 'processed' } as const;

let genesis: TestGenesis;
let node: LocalNode;
let connection: Connection;

beforeEach(async () => {
  genesis = createTestGenesis();
  node = await startLocalNode({ bank: genesis.bank, slotMs: 3_600_000 });
  connection = new Connection(node.rpcUrl, { commitment: 'confirmed', wsEndpoint: node.wsUrl });
});

afterEach(async () => {
  await node.stop();
});

const market = () => genesis.pools.find((pool) => pool.venue.id === venue.id)!.state.address;

/** The inner instructions of a transaction as the node tells them, accounts by address. */
async function innerOf(signature: string): Promise<Instruction[]> {
  const read = await connection.getTransaction(signature, {
    commitment: 'confirmed',
    maxSupportedTransactionVersion: 1 as 0,
  });
  const keys = read!.transaction.message.staticAccountKeys.map((key) => key.toBase58() as Address);
  return read!.meta!.innerInstructions!.flatMap(({ instructions }) =>
    instructions.map(({ programIdIndex, accounts, data }) => ({
      programId: keys[programIdIndex]!,
      accounts: accounts.map((index) => ({ address: keys[index]!, isSigner: false, isWritable: false })),
      data: bs58.decode(data),
    })),
  );
}

async function fillsOf(signature: string): Promise<readonly BookFill[]> {
  const state = loadPool(genesis.bank.get, venue, market());
  return venue.book!.fills(state, await innerOf(signature));
}

it('tells the fills of a swap as the program logs them: what was sold and bought, order by order', async () => {
  const { bank } = genesis;
  const state = loadPool(bank.get, venue, market());
  for (const [aToB, amountIn] of [
    [true, 19n * 10n ** 9n],
    [false, 9_000n * 10n ** 6n],
  ] as const) {
    const held = () => heldBy(bank.get, tokenAccountOf(WALLET, state.mintA));
    const before = held();
    const swap = poolSwap({ venue, state }, aToB, amountIn, 1n);
    const signature = await connection.sendTransaction(await signedTransaction(connection, [swap]), checked);
    bank.advanceSlot();
    bank.advanceSlot();
    const fills = await fillsOf(signature);
    expect(fills.length).toBeGreaterThan(1);
    const moved = held() - before;
    const sum = fills.reduce((total, fill) => total + fill.amountA, 0n);
    expect(sum).toBe(aToB ? -moved : moved);
    for (const fill of fills) {
      expect(fill).toMatchObject({ aToB, taker: WALLET.publicKey.toBase58() });
      expect(isAddress(fill.maker)).toBe(true);
      expect((Number(fill.amountB) / Number(fill.amountA)) * 1e3).toBeCloseTo(fill.price, 1);
    }
  }
});

it('tells of a trader’s swap on a book as of any other transaction', async () => {
  const { bank } = genesis;
  const desk = createPoolDesk({ bank, pools: [{ venue: venue.id, address: market() }] });
  const heard: string[] = [];
  const listening = connection.onLogs('all', ({ signature }) => heard.push(signature), 'confirmed');
  await expect.poll(() => node.subscriptions(), { timeout: 5_000 }).toBe(1);
  const pool = desk.pools[0]!;
  expect(desk.swap(pool, true, 5n * 10n ** 9n)).toBe(true);
  expect(desk.swap(pool, false, 700n * 10n ** 6n)).toBe(true);
  bank.advanceSlot();
  bank.advanceSlot();
  const listed = await connection.getSignaturesForAddress(new PublicKey(pool.address), {}, 'confirmed');
  expect(listed.map(({ err }) => err)).toEqual([null, null]);
  const [second, first] = listed.map(({ signature }) => signature);
  expect((await fillsOf(first!)).every(({ aToB }) => aToB)).toBe(true);
  expect((await fillsOf(second!)).map(({ aToB }) => aToB)).toContain(false);
  await expect.poll(() => heard).toEqual([first, second]);
  await connection.removeOnLogsListener(listening);
});

it('lists the transactions of an account newest first, from one signature to another', async () => {
  const { bank } = genesis;
  const desk = createPoolDesk({ bank, pools: [{ venue: venue.id, address: market() }] });
  for (let i = 0; i < 5; i++) {
    desk.swap(desk.pools[0]!, i % 2 === 0, i % 2 === 0 ? 10n ** 9n : 142n * 10n ** 6n);
    bank.advanceSlot();
  }
  const list = async (options: object) =>
    (await connection.getSignaturesForAddress(new PublicKey(market()), options, 'confirmed')).map(
      ({ signature }) => signature,
    );
  bank.advanceSlot();
  const all = await list({});
  expect(all).toHaveLength(5);
  expect(await list({ limit: 2 })).toEqual(all.slice(0, 2));
  expect(await list({ until: all[3] })).toEqual(all.slice(0, 3));
  expect(await list({ before: all[1] })).toEqual(all.slice(2));
  await expect(list({ limit: 1_001 })).rejects.toThrow(/limit/);
});
