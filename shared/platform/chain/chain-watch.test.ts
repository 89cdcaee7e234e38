import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChainParameters, tokenAccountRentLamports } from '../../core/chain-parameters.ts';
import { createManualClock } from '../../core/clock.ts';
import { createRandom } from '../../core/random.ts';
import { createBank } from '../../sim/chain/bank.ts';
import { type LocalNode, startLocalNode } from '../../sim/wire/node.ts';
import type { TestNode } from '../rpc/pool/test-node.ts';
import { createTestPool } from '../rpc/pool/test-pool.ts';
import { createChainWatch } from './chain-watch.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(url: string) {
  const { pool } = createTestPool([{ url } as TestNode]);
  const told: ChainParameters[] = [];
  const watch = createChainWatch({
    rpc: pool,
    clock: createManualClock(1_790_000_000_000),
    onParameters: (parameters) => told.push(parameters),
  });
  closing.push(async () => {
    watch.stop();
    await pool.close();
  });
  return { watch, told };
}

async function openNode(): Promise<LocalNode> {
  const bank = createBank({ startSlot: 441_900_000, startUnixTimestamp: 1_790_000_000 });
  // Paced by hand: the bank is moved by the test.
  const node = await startLocalNode({ bank, slotMs: 3_600_000 });
  closing.push(() => node.stop());
  return node;
}

describe('a watch of the chain’s parameters', () => {
  it('reads them off a node, each with its source and slot, and sees what changes', async () => {
    const node = await openNode();
    const { watch, told } = open(node.rpcUrl);
    await watch.read();
    expect(watch.parameters).toMatchObject({
      rentLamportsPerByte: 6_960n,
      slotsPerEpoch: 432_000,
      blockhashBlocks: 150,
      transactionVersion: 1,
      transactionAccounts: 64,
      alpenglow: false,
    });
    expect(watch.parameters.origins.rentLamportsPerByte).toMatchObject({
      source: 'Rent sysvar',
      atMs: 1_790_000_000_000,
    });
    expect(watch.parameters.origins.rentLamportsPerByte.slot).toBeGreaterThan(441_900_000 - 1);
    expect(watch.parameters.origins.transactionBytesV1.source).toBe('feature account');
    expect(watch.parameters.origins.transactionUnits.source).toBe('assumed');
    const before = told.length;
    await watch.read();
    expect(told).toHaveLength(before);
    node.bank.change({ rentLamportsPerByte: 696n, consensus: 'migrating' });
    node.bank.change({ consensus: 'alpenglow' });
    node.bank.advanceSlot();
    await watch.read();
    expect(watch.parameters.alpenglow).toBe(true);
    expect(tokenAccountRentLamports(told.at(-1)!)).toBe(203_928n);
  });

  it('measures the slot time by the slots, through 400, 300 and 200 ms, with jitter', async () => {
    const node = await openNode();
    const { watch, told } = open(node.rpcUrl);
    const random = createRandom('jitter');
    let atMicros = 0;
    let slot = 441_900_000;
    const run = (slotMicros: number, slots: number) => {
      for (let i = 0; i < slots; i++) {
        atMicros += slotMicros;
        slot += 1;
        watch.onSlot(slot, atMicros + random.below(30_000));
      }
      return watch.parameters.slotMicros / slotMicros;
    };
    expect(
      [run(400_000, 100), run(300_000, 90), run(200_000, 90)].map((share) => Math.abs(share - 1) < 0.015),
    ).toEqual([true, true, true]);
    expect(watch.parameters.origins.slotMicros.source).toBe('slot stream');
    // A block of 200 ms may use half of what one of 400 ms may.
    expect([watch.parameters.blockUnits, watch.parameters.accountUnits]).toEqual([50_000_000, 20_000_000]);
    expect(told.length).toBeLessThan(30);
    const quiet = told.length;
    run(200_000, 300);
    expect(told).toHaveLength(quiet);
  });

  it('takes no time from slots that were not heard in a row', async () => {
    const node = await openNode();
    const { watch } = open(node.rpcUrl);
    for (let i = 0; i < 40; i++) watch.onSlot(1_000 + i, i * 400_000);
    watch.onBreak();
    // An hour later: the gap is no slot.
    for (let i = 0; i < 30; i++) watch.onSlot(9_000 + i, 3_600_000_000 + i * 400_000);
    expect(watch.parameters.slotMicros).toBeCloseTo(400_000, -3);
  });

  it('refuses by field what no chain can be, and keeps the rest', async () => {
    const answers: Record<string, unknown> = {
      getRecentPerformanceSamples: [{ numSlots: 3, samplePeriodSecs: 60, slot: 5, numTransactions: 1 }],
      getMinimumBalanceForRentExemption: 2_039_280,
      getMultipleAccounts: {
        context: { slot: 77 },
        value: [rentAccount(5_080n), null, null],
      },
      getEpochInfo: { absoluteSlot: 77, blockHeight: 70, slotsInEpoch: 1, epoch: 0, slotIndex: 77 },
      getLatestBlockhash: {
        context: { slot: 77 },
        value: { blockhash: '4'.repeat(32), lastValidBlockHeight: 220 },
      },
    };
    const { watch } = open(await serve(answers));
    await watch.read();
    // The two that say what rent is disagree, 20 s is no slot, and an epoch has more than a slot.
    expect(watch.problems.get('rentLamportsPerByte')).toMatch(
      /says 2039280 lamports .* the Rent sysvar 5080 a byte/,
    );
    expect(watch.problems.get('slotMicros')).toMatch(/slotMicros of 20000000 is refused/);
    expect(watch.problems.get('slotsPerEpoch')).toMatch(/slotsPerEpoch of 1 is refused/);
    expect(watch.problems.get('alpenglow')).toMatch(/does not know the method/);
    expect(watch.parameters).toMatchObject({
      slotMicros: 400_000,
      rentLamportsPerByte: 6_960n,
      transactionVersion: 0,
    });
    expect(watch.parameters.origins.slotMicros.source).toBe('assumed');
    expect(watch.parameters.origins.transactionVersion.source).toBe('feature account');
    answers.getMinimumBalanceForRentExemption = 293 * 5_080;
    await watch.read();
    expect(watch.parameters.rentLamportsPerByte).toBe(5_080n);
    expect(watch.problems.has('rentLamportsPerByte')).toBe(false);
  });
});

function rentAccount(perByte: bigint) {
  const data = Buffer.alloc(17);
  data.writeBigUInt64LE(perByte / 2n, 0);
  // As it was before SIMD-0194: a year's worth, for two years.
  data.writeDoubleLE(2, 8);
  const owner = 'Sysvar1111111111111111111111111111111111111';
  return {
    data: [data.toString('base64'), 'base64'],
    lamports: 1_009_200,
    owner,
    executable: false,
    rentEpoch: 0,
  };
}

async function serve(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const one = ({ id, method }: { id: unknown; method: string }) =>
    method in answers
      ? { jsonrpc: '2.0', id, result: answers[method] }
      : { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } };
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const asked = JSON.parse(body);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(Array.isArray(asked) ? asked.map(one) : one(asked)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
