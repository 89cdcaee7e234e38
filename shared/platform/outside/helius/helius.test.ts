import { Connection } from '@solana/web3.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Address, COMPUTE_BUDGET_PROGRAM, USDC_MINT, WSOL_MINT } from '../../../core/address.ts';
import type { ApiServer } from '../../../sim/apis/api-server.ts';
import { startHeliusServer } from '../../../sim/apis/helius-server.ts';
import {
  createTestGenesis,
  keyOf,
  outside,
  poolSwap,
  signedTransaction,
  type TestGenesis,
  tokenAccountOf,
  WALLET,
} from '../../../sim/chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from '../../../sim/wire/node.ts';
import { createSystemClock } from '../../process/system-clock.ts';
import { createTestBudget } from '../gate/test-budget.ts';
import { createHelius, type HeliusOptions } from './helius.ts';

const KEY = 'key-that-nobody-may-see';

let genesis: TestGenesis;
let node: LocalNode;
let server: ApiServer;

beforeEach(async () => {
  genesis = createTestGenesis();
  node = await startLocalNode({ bank: genesis.bank, slotMs: 20 });
  server = await startHeliusServer({ bank: genesis.bank, apiKey: KEY });
});

afterEach(async () => {
  await server.stop();
  await node.stop();
});

function client(options: Partial<HeliusOptions> = {}) {
  const clock = createSystemClock();
  const budget = createTestBudget();
  const url = `${server.url}/`;
  return createHelius({ apiKey: KEY, url, clock, budget, requestsPerSecond: 1_000, ...options });
}

function usage(method: string, counts: object) {
  return { provider: 'helius', method, ...counts };
}

function unitPrice(microLamports: bigint) {
  const data = new Uint8Array(9);
  data[0] = 3;
  new DataView(data.buffer).setBigUint64(1, microLamports, true);
  return outside({ programId: COMPUTE_BUDGET_PROGRAM, accounts: [], data });
}

/** Swaps SOL for USDC on the first pool and waits for the slot to close; its signature. */
async function swap(price: bigint, minAmountOut = 0n): Promise<string> {
  const connection = new Connection(node.rpcUrl, { commitment: 'processed' });
  const instructions = [unitPrice(price), poolSwap(genesis.pools[0]!, true, 1_000_000_000n, minAmountOut)];
  const transaction = await signedTransaction(connection, instructions);
  const signature = await connection.sendTransaction(transaction, { skipPreflight: true });
  const landed = genesis.bank.slot;
  while (genesis.bank.slotAt('processed') < landed) await new Promise((resolve) => setTimeout(resolve, 5));
  return signature;
}

describe('Helius over HTTP', () => {
  it('gives fee levels where nobody bids, rising', async () => {
    const answer = await client().priorityFees([]);
    if (!answer.ok) throw new Error(answer.detail);
    const { min, low, medium, high, veryHigh, unsafeMax } = answer.value;
    expect([min, low, medium, high, veryHigh, unsafeMax]).toEqual([
      0n,
      50_000n,
      100_000n,
      150_000n,
      300_000n,
      1_000_000n,
    ]);
  });

  it('gives what those who write the same accounts have bid, and asks again only when that is old', async () => {
    await swap(7_000n);
    const pool = genesis.pools[0]!.state.address;
    const helius = client({ feeCacheMs: 60_000 });
    const answer = await helius.priorityFees([pool]);
    expect(answer).toMatchObject({ ok: true, value: { medium: 7_000n, high: 7_000n } });
    const other = await helius.priorityFees([genesis.pools[4]!.state.address]);
    expect(other).toMatchObject({ ok: true, value: { medium: 100_000n } });
    const asked = server.requests;
    await helius.priorityFees([pool]);
    expect(server.requests).toBe(asked);
    const forgetful = client({ feeCacheMs: 0 });
    await forgetful.priorityFees([pool]);
    await forgetful.priorityFees([pool]);
    expect(server.requests).toBe(asked + 2);
  });

  it('tells what a signature really did: deltas by owner and mint, fee, no error', async () => {
    const owner = keyOf(WALLET);
    const held = () => {
      const { data } = genesis.bank.get(tokenAccountOf(WALLET, USDC_MINT))!;
      return new DataView(data.buffer, data.byteOffset).getBigUint64(64, true);
    };
    const before = held();
    const signature = await swap(50_000n);
    const answer = await client().transactions([signature]);
    if (!answer.ok) throw new Error(answer.detail);
    const effects = answer.value.get(signature)!;
    expect(effects).toMatchObject({ feePayer: owner, error: undefined });
    // 5,000 for the signature, and 200,000 units (one instruction, no limit asked) at 0.05 lamports.
    expect(effects.feeLamports).toBe(15_000n);
    const own = (mint: Address) =>
      effects.tokenDeltas.find((delta) => delta.owner === owner && delta.mint === mint)?.delta;
    expect(own(WSOL_MINT)).toBe(-1_000_000_000n);
    expect(own(USDC_MINT)).toBe(held() - before);
    expect(effects.lamportDeltas.get(owner)).toBe(-effects.feeLamports);
  });

  it('tells the chain’s error, and leaves out what it does not know', async () => {
    const signature = await swap(0n, 1n << 62n);
    const unknown = '5'.repeat(88);
    const answer = await client().transactions([signature, unknown]);
    if (!answer.ok) throw new Error(answer.detail);
    expect([...answer.value.keys()]).toEqual([signature]);
    const effects = answer.value.get(signature)!;
    expect(effects.error).toMatch(/InstructionError.*Custom/);
    expect(effects.tokenDeltas).toEqual([]);
    expect(effects.feeLamports).toBe(5_000n);
  });

  it('draws on Helius’s limit as a whole and is charged; its own 429 does not slow the others', async () => {
    const budget = createTestBudget();
    const { lanes, costs, limiter } = budget;
    const { lane } = lanes.of('helius', 'main', 'getSlot');
    const before = lane.stats();
    expect(before.granted).toEqual([0, 0, 0, 0, 0]);
    const helius = client({ budget });
    await helius.priorityFees([]);
    await helius.transactions(['5'.repeat(88)]);
    expect(lane.stats().granted).toEqual([0, 1, 0, 0, 1]);
    server.setFault('limited');
    await helius.transactions(['5'.repeat(88)]);
    await server.stop();
    await client({ budget }).transactions(['5'.repeat(88)]);
    expect(costs.total()).toEqual([
      usage('getPriorityFeeEstimate', { requests: 1, throttled: 0, credits: 1, costNanoUsd: 5_000n }),
      usage('enhancedTransactions', { requests: 2, throttled: 1, credits: 100, costNanoUsd: 500_000n }),
    ]);
    const own = limiter.lanes.find(({ name }) => name === 'helius/api')!;
    expect([own.stats().throttled, lane.stats().throttled]).toEqual([1, 0]);
    expect(lane.stats().ratePerSecond).toBe(before.ratePerSecond);
    expect([own.stats().inFlight, lane.stats().inFlight]).toEqual([0, 0]);
  });

  it('takes a refused key for an API that is down, and never shows the key', async () => {
    const helius = client({ apiKey: 'another-key' });
    const fees = await helius.priorityFees([]);
    expect(fees).toMatchObject({ ok: false, reason: 'api-failed' });
    expect(await helius.transactions(['5'.repeat(88)])).toMatchObject({ ok: false, reason: 'api-failed' });
    expect(JSON.stringify([fees, helius.status()])).not.toContain('another-key');
  });

  it.each([
    ['limited', 'overloaded'],
    ['failing', 'api-failed'],
    ['garbage', 'bad-answer'],
    ['slow', 'unreachable'],
    ['silent', 'unreachable'],
  ] as const)('calls a %s API %s', async (fault, reason) => {
    server.setFault(fault);
    const timeoutMs = fault === 'slow' ? 200 : 3_000;
    const [fees, read] = [client({ timeoutMs }), client({ timeoutMs })];
    expect(await fees.priorityFees([])).toMatchObject({ ok: false, reason });
    const answer = await read.transactions(['5'.repeat(88)]);
    // Half of an empty list is a list cut off.
    expect(answer).toMatchObject({ ok: false, reason });
  });
});
