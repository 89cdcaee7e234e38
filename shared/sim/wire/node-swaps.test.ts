import { Connection, type VersionedTransaction } from '@solana/web3.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { VENUES } from '../../venues/registry.ts';
import { swapProfile } from '../chain/programs/swap-profile.ts';
import {
  createTestGenesis,
  heldBy,
  loadPool,
  OTHER,
  poolSwap,
  signedTransaction,
  type TestGenesis,
  tokenAccountOf,
  WALLET,
} from '../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from './node.ts';

let genesis: TestGenesis;
let node: LocalNode;
let connection: Connection;
let rivalsCalledFor: readonly Address[][];

beforeEach(async () => {
  genesis = createTestGenesis();
  const called: Address[][] = [];
  rivalsCalledFor = called;
  // Slots move by hand, so that what lands where can be told beforehand.
  node = await startLocalNode({
    bank: genesis.bank,
    slotMs: 3_600_000,
    beforeTransaction: (pools) => called.push([...pools]),
  });
  connection = new Connection(node.rpcUrl, { commitment: 'processed', wsEndpoint: node.wsUrl });
});

afterEach(async () => {
  await node.stop();
});

const checked = { preflightCommitment: 'processed' } as const;

async function status(signature: string) {
  return (await connection.getSignatureStatuses([signature])).value[0];
}

/** What the node says no with, when a transaction is sent with preflight. */
async function refusal(transaction: VersionedTransaction) {
  const wire = Buffer.from(transaction.serialize()).toString('base64');
  return raw('sendTransaction', [wire, { encoding: 'base64', preflightCommitment: 'processed' }]);
}

async function raw(method: string, params: readonly unknown[]) {
  const response = await fetch(node.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as {
    result?: never;
    error?: { code: number; message: string; data: { err: unknown; logs: string[] } };
  };
  return answer.error ?? { code: 0, message: 'no error', data: { err: null, logs: [] } };
}

const each = VENUES.map(({ id, splTokenOnly = false }) => ({ id, splTokenOnly }));

describe.each(each)('a swap on $id', ({ id, splTokenOnly }) => {
  const poolsOf = () => genesis.pools.filter(({ venue }) => venue.id === id);

  const pairs = [
    { pair: 'SOL/USDC', index: 0 },
    { pair: 'SOL/taxed', index: 1 },
  ];
  it.each(splTokenOnly ? pairs.slice(0, 1) : pairs)(
    'pays exactly what the venue quotes, both ways, on $pair',
    async ({ index }) => {
      const pool = poolsOf()[index]!;
      for (const aToB of [true, false]) {
        const state = loadPool(genesis.bank.get, pool.venue, pool.state.address);
        const amountIn = 1_234_567_891n;
        const quote = pool.venue.quote(state, aToB, amountIn, genesis.bank.clock());
        if (!quote.ok) throw new Error(quote.reason);
        const [tokenIn, tokenOut] = [aToB, !aToB].map((a) =>
          tokenAccountOf(WALLET, a ? state.mintA : state.mintB),
        );
        const before = [heldBy(genesis.bank.get, tokenIn!), heldBy(genesis.bank.get, tokenOut!)];
        const swap = poolSwap({ venue: pool.venue, state }, aToB, amountIn, quote.amountOut);
        const signature = await connection.sendTransaction(
          await signedTransaction(connection, [swap]),
          checked,
        );
        genesis.bank.advanceSlot();
        expect((await status(signature))?.err).toBeNull();
        expect(heldBy(genesis.bank.get, tokenIn!)).toBe(before[0]! - quote.consumedIn);
        expect(heldBy(genesis.bank.get, tokenOut!)).toBe(before[1]! + quote.amountOut);
        const settled = pool.venue.settle(state, aToB, amountIn, genesis.bank.clock());
        if (!settled.ok) throw new Error(settled.reason);
        const reloaded = loadPool(genesis.bank.get, pool.venue, state.address);
        for (const way of [true, false]) {
          const clock = genesis.bank.clock();
          expect(pool.venue.quote(reloaded, way, 1_000_000n, clock)).toEqual(
            pool.venue.quote(settled.state, way, 1_000_000n, clock),
          );
        }
      }
      expect(rivalsCalledFor).toEqual([[pool.state.address], [pool.state.address]]);
    },
  );

  it('keeps the tokens of the chain in sum', async () => {
    const { venue, state } = poolsOf()[0]!;
    const holders = [
      tokenAccountOf(WALLET, USDC_MINT),
      state.mintA === USDC_MINT ? state.vaultA : state.vaultB,
    ];
    const sum = () => holders.reduce((total, holder) => total + heldBy(genesis.bank.get, holder), 0n);
    const before = sum();
    const swap = poolSwap({ venue, state }, true, 100_000_000n, 0n);
    await connection.sendTransaction(await signedTransaction(connection, [swap]), checked);
    expect(sum()).toBe(before);
    const vault = genesis.bank.get(state.mintA === WSOL_MINT ? state.vaultA : state.vaultB);
    expect(vault?.lamports).toBeGreaterThan(0n);
  });

  it('fails with the slippage error of the program when it would pay a unit less', async () => {
    const { venue, state } = poolsOf()[0]!;
    const quote = venue.quote(state, true, 1_000_000_000n, genesis.bank.clock());
    if (!quote.ok) throw new Error(quote.reason);
    const least = quote.amountOut + 1n;
    const minimum = venue.minimumFor?.(state, true, least) ?? least;
    const swap = poolSwap({ venue, state }, true, 1_000_000_000n, minimum);
    const { code } = swapProfile(id).slippage;
    const transaction = await signedTransaction(connection, [swap]);
    const refused = await refusal(transaction);
    expect(refused.data.err).toEqual({ InstructionError: [0, { Custom: code }] });
    expect(refused.message).toContain(`custom program error: 0x${code.toString(16)}`);
    const signature = await connection.sendTransaction(transaction, { skipPreflight: true });
    genesis.bank.advanceSlot();
    expect((await status(signature))?.err).toEqual({ InstructionError: [0, { Custom: code }] });
    expect(heldBy(genesis.bank.get, tokenAccountOf(WALLET, state.mintA))).toBe(20_000_000_000n);
  });

  it('has error numbers of its own, and says them as the program does', async () => {
    const { slippage, refusals } = swapProfile(id);
    expect(slippage.code).not.toBe(2_500);
    const { venue, state } = poolsOf()[0]!;
    const swap = poolSwap({ venue, state }, true, 1_000_000_000n, 1n << 60n);
    const { data } = await refusal(await signedTransaction(connection, [swap]));
    const said = data.logs.some((line: string) => line.includes(`Error Number: ${slippage.code}`));
    expect(said).toBe(slippage.name !== '');
    expect(Object.keys(refusals)).toContain('amount-too-small');
  });

  it('fails without the money, without the signature and with the wrong accounts', async () => {
    const { venue, state } = poolsOf()[0]!;
    const rich = poolSwap({ venue, state }, true, 21_000_000_000n, 0n);
    expect((await refusal(await signedTransaction(connection, [rich]))).data.err).toEqual({
      InstructionError: [0, { Custom: 1 }],
    });
    const stolen = poolSwap({ venue, state }, true, 1_000_000n, 0n);
    for (const key of stolen.keys) if (key.pubkey.equals(WALLET.publicKey)) key.isSigner = false;
    expect((await refusal(await signedTransaction(connection, [stolen], [OTHER]))).data.err).toEqual({
      InstructionError: [0, { Custom: 3_010 }],
    });
    const odd = poolSwap({ venue, state }, true, 1_000_000n, 0n);
    odd.data = Buffer.from([...odd.data].map((byte, i) => (i < 8 ? byte ^ 255 : byte)));
    expect((await refusal(await signedTransaction(connection, [odd]))).data.err).toEqual({
      InstructionError: [0, { Custom: 101 }],
    });
    const frozen = poolSwap({ venue, state }, true, 1_000_000_000n, 0n);
    const vaults = new Set([state.vaultA, state.vaultB]);
    // All but the token vaults: a swap need not change the pool account itself.
    const written = new Set(state.accounts.map(({ address }) => address).filter((key) => !vaults.has(key)));
    for (const key of frozen.keys) {
      if (written.has(key.pubkey.toBase58() as Address)) key.isWritable = false;
    }
    const err = (await refusal(await signedTransaction(connection, [frozen]))).data.err;
    expect(err).toEqual({ InstructionError: [0, { Custom: 3_006 }] });
  });
});
