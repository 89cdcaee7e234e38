import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../../core/address.ts';
import { ASSUMED_CHAIN } from '../../../core/chain-parameters.ts';
import type { ApiServer } from '../../../sim/apis/api-server.ts';
import { startJupiterServer } from '../../../sim/apis/jupiter-server.ts';
import {
  createTestGenesis,
  heldBy,
  keyOf,
  OTHER,
  TAXED_MINT,
  type TestGenesis,
  tokenAccountOf,
  WALLET,
} from '../../../sim/chain/test-genesis.ts';
import { createBankTransaction } from '../../../sim/chain/transaction.ts';
import { createSystemClock } from '../../process/system-clock.ts';
import { createTestBudget } from '../gate/test-budget.ts';
import { createBackupRouter } from './backup-router.ts';
import { createJupiter, JUPITER_EDITIONS, type JupiterEdition } from './jupiter.ts';

interface Answer {
  computeBudgetInstructions: { data: string; programId: string; accounts: unknown[] }[];
  setupInstructions: { programId: string; data: string; accounts: { pubkey: string }[] }[];
  otherInstructions: unknown[];
  cleanupInstruction: unknown;
  tipInstruction?: unknown;
  swapInstruction: { programId: string; data: string; accounts: { pubkey: string; isSigner: boolean }[] };
}

const ASK = {
  mintIn: TAXED_MINT,
  mintOut: USDC_MINT,
  amountIn: 40_000_000n,
  maxSlippageBps: 100,
  owner: keyOf(WALLET),
};
const STRANGER = keyOf(OTHER);

let genesis: TestGenesis;
let server: ApiServer;
let liar: Server | undefined;

beforeEach(async () => {
  genesis = createTestGenesis();
  genesis.bank.advanceSlot();
  const pools = genesis.pools.map(({ venue, state }) => ({ venue: venue.id, address: state.address }));
  server = await startJupiterServer({ bank: genesis.bank, pools });
});

afterEach(async () => {
  liar?.closeAllConnections();
  liar?.close();
  liar = undefined;
  await server.stop();
});

function router(url = server.url, edition: JupiterEdition = 'v1') {
  const clock = createSystemClock();
  const budget = createTestBudget();
  const jupiter = createJupiter({ url, edition, clock, budget, requestsPerSecond: 1_000 });
  return createBackupRouter({
    jupiter,
    maxUnitPriceMicroLamports: 1_000_000n,
    chain: () => ASSUMED_CHAIN,
  });
}

/** A server that passes everything on and changes the swap instructions. */
async function lying(change: (answer: Answer) => void): Promise<string> {
  liar = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = request.method === 'POST' ? Buffer.concat(chunks).toString() : undefined;
    const init = body === undefined ? {} : { method: 'POST', body };
    const answer = (await (await fetch(`${server.url}${request.url}`, init)).json()) as Answer;
    if (body !== undefined || request.url!.startsWith('/swap/v2/')) change(answer);
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => liar!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
}

function bytesOf(text: string, change: (view: DataView) => void): string {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  change(new DataView(bytes.buffer));
  return Buffer.from(bytes).toString('base64');
}

describe('the backup router', () => {
  it.each(JUPITER_EDITIONS)('plans a swap over two pools that the chain executes (%s)', async (edition) => {
    const planned = await router(server.url, edition).plan(ASK);
    if (!planned.ok) throw new Error(planned.detail);
    const { expectedOut, minimumOut, instructions, route } = planned.value;
    expect(route).toHaveLength(2);
    expect(minimumOut).toBe((expectedOut * 9_900n) / 10_000n);

    const held = (mint: Address): bigint => heldBy(genesis.bank.get, tokenAccountOf(WALLET, mint));
    const before = [TAXED_MINT, WSOL_MINT, USDC_MINT].map(held);
    const { bank } = genesis;
    const recentBlockhash = bank.latestBlockhash().blockhash;
    const parts = { signature: 'backup', feePayer: ASK.owner, recentBlockhash, instructions };
    expect(bank.execute(createBankTransaction(parts))).toMatchObject({ landed: true, err: null });
    const after = [TAXED_MINT, WSOL_MINT, USDC_MINT].map(held);
    expect(after.map((amount, i) => amount - before[i]!)).toEqual([-ASK.amountIn, 0n, expectedOut]);
  });

  it.each<[string, (view: DataView) => void, RegExp]>([
    ['another amount', (v) => v.setBigUint64(8, 41_000_000n, true), /41000000 in, not 40000000/],
    ['a weaker quote', (v) => v.setBigUint64(16, 1n, true), /at least 0 out/],
    ['more slippage', (v) => v.setUint16(24, 101, true), /101 bps of slippage/],
    ['a platform fee', (v) => v.setUint16(26, 256, true), /platform fee of 256 bps/],
    ['the better price kept', (v) => v.setUint16(28, 7, true), /platform fee of 7 bps/],
    ['another instruction', (v) => v.setUint8(0, 1), /swap instruction 01/],
  ])('refuses %s of edition v2', async (_, change, detail) => {
    const url = await lying((answer) => {
      answer.swapInstruction.data = bytesOf(answer.swapInstruction.data, change);
    });
    expect(await router(url, 'v2').plan(ASK)).toMatchObject({
      reason: 'unsafe-instructions',
      detail: expect.stringMatching(detail),
    });
  });

  it('refuses a tip that edition v2 adds', async () => {
    const url = await lying((answer) => {
      answer.tipInstruction = answer.setupInstructions[0];
    });
    expect(await router(url, 'v2').plan(ASK)).toMatchObject({
      detail: expect.stringMatching(/instructions that a swap does not need/),
    });
  });

  it('is a refusal while Jupiter is down, and where it knows no way', async () => {
    const nowhere = { ...ASK, mintOut: 'JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN' as Address };
    expect(await router().plan(nowhere)).toMatchObject({ ok: false, reason: 'no-route' });
    server.setFault('failing');
    expect(await router().plan(ASK)).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  it.each<[string, (answer: Answer) => void, RegExp]>([
    [
      'another program for the swap',
      (a) => (a.swapInstruction.programId = STRANGER),
      /program .* for the swap/,
    ],
    [
      'another instruction',
      (a) => (a.swapInstruction.data = bytesOf(a.swapInstruction.data, (v) => v.setUint8(0, 1))),
      /swap instruction 01/,
    ],
    [
      'another amount',
      (a) =>
        (a.swapInstruction.data = bytesOf(a.swapInstruction.data, (v) =>
          v.setBigUint64(v.byteLength - 19, 41_000_000n, true),
        )),
      /41000000 in, not 40000000/,
    ],
    [
      'a weaker quote',
      (a) =>
        (a.swapInstruction.data = bytesOf(a.swapInstruction.data, (v) =>
          v.setBigUint64(v.byteLength - 11, 1n, true),
        )),
      /at least 0 out/,
    ],
    [
      'more slippage',
      (a) =>
        (a.swapInstruction.data = bytesOf(a.swapInstruction.data, (v) =>
          v.setUint16(v.byteLength - 3, 101, true),
        )),
      /101 bps of slippage/,
    ],
    [
      'a platform fee',
      (a) =>
        (a.swapInstruction.data = bytesOf(a.swapInstruction.data, (v) => v.setUint8(v.byteLength - 1, 5))),
      /platform fee of 5 bps/,
    ],
    [
      'a stranger’s token account',
      (a) => {
        const own = tokenAccountOf(WALLET, USDC_MINT) as string;
        for (const account of a.swapInstruction.accounts) {
          if (account.pubkey === own) account.pubkey = tokenAccountOf(OTHER, USDC_MINT);
        }
      },
      /into another account/,
    ],
    ['a stranger’s signature', (a) => (a.swapInstruction.accounts[0]!.isSigner = true), /a signature of/],
    [
      'an instruction more',
      (a) => a.otherInstructions.push(a.swapInstruction),
      /instructions that a swap does not need/,
    ],
    ['something after the swap', (a) => (a.cleanupInstruction = a.swapInstruction), /after the swap/],
    ['a setup by another program', (a) => (a.setupInstructions[0]!.programId = STRANGER), /among the setup/],
    [
      'a token account of somebody else',
      (a) => (a.setupInstructions[0]!.accounts[2]!.pubkey = STRANGER),
      /a token account of/,
    ],
    [
      'a dear compute unit',
      (a) =>
        (a.computeBudgetInstructions[1]!.data = bytesOf(a.computeBudgetInstructions[1]!.data, (v) =>
          v.setBigUint64(1, 1_000_001n, true),
        )),
      /1000001 micro-lamports/,
    ],
    [
      'too many compute units',
      (a) =>
        (a.computeBudgetInstructions[0]!.data = bytesOf(a.computeBudgetInstructions[0]!.data, (v) =>
          v.setUint32(1, 1_400_001, true),
        )),
      /1400001 compute units/,
    ],
  ])('refuses %s', async (_what, change, detail) => {
    const url = await lying((answer) => void change(answer));
    expect(await router(url).plan(ASK)).toMatchObject({
      ok: false,
      reason: 'unsafe-instructions',
      detail: expect.stringMatching(detail),
    });
  });
});
