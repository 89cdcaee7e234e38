import { createPrivateKey, createPublicKey } from 'node:crypto';
import { createServer } from 'node:net';
import bs58 from 'bs58';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import type { SendOutcome } from '../../../execution/sender.ts';
import { createTestBudget } from '../../../platform/outside/gate/test-budget.ts';
import { createSystemClock } from '../../../platform/process/system-clock.ts';
import type { RelayTakes } from '../../../platform/relays/before-sending.ts';
import type { BundleResult } from '../../../platform/relays/bundle-result.ts';
import { createJitoGrpc, type JitoGrpc, type JitoGrpcParams } from '../../../platform/relays/jito-grpc.ts';
import { createRelayRegistry } from '../../../platform/relays/relay-registry.ts';
import { readRelaySettings } from '../../../platform/relays/relay-settings.ts';
import { jitoTipAccounts } from '../../../platform/relays/tip-accounts.ts';
import { VERDICT_ROWS } from '../../../platform/relays/verdicts.ts';
import { createTestPool } from '../../../platform/rpc/pool/test-pool.ts';
import {
  type BlockEngineGrpc,
  type BlockEngineGrpcOptions,
  startBlockEngineGrpc,
} from './block-engine-grpc.ts';
import { createTestEngine, swap, type TestTransaction, termsOf, tipped } from './test-relays.ts';

const clock = createSystemClock();
const SECRET = new Uint8Array(32).fill(41);
const PUBLIC = publicKeyOf(SECRET);
const inTime = (): number => clock.monotonicMicros() + 3_000_000;

let made: ReturnType<typeof createTestEngine>;
let server: BlockEngineGrpc;
let close: (() => void | Promise<void>)[];
let tipLamports: bigint;

beforeEach(async () => {
  made = createTestEngine();
  close = [];
  tipLamports = 10_000n;
  await serve();
});
afterEach(async () => {
  for (const end of close.reverse()) await end();
});

async function serve(options: Partial<BlockEngineGrpcOptions> = {}): Promise<void> {
  server = await startBlockEngineGrpc({ bank: made.bank, engine: made.engine, ...options });
  const mine = server;
  close.push(() => mine.stop());
}

const TAKES: RelayTakes = {
  relay: 'jito',
  tip: {
    minimumLamports: 1_000n,
    isTipAccount: (account) => jitoTipAccounts().includes(account as never),
  },
  takesVersion: (version) => version !== 1,
};

function open(options: Partial<JitoGrpcParams> = {}): JitoGrpc {
  const jito = createJitoGrpc({
    name: `grpc/${server.url}`,
    url: server.url,
    requestsPerSecond: 1_000,
    clock,
    random: createRandom(1),
    budget: createTestBudget(),
    ...options,
  });
  close.push(() => jito.close());
  return jito;
}

function next(): TestTransaction {
  return tipped(made.genesis, [], { tipLamports: tipLamports++ });
}

function sendBy(jito: JitoGrpc, transaction: TestTransaction, forMs = 3_000): Promise<SendOutcome> {
  return jito.senderFor(TAKES).send(transaction.bytes, transaction.signature, termsOf(transaction, forMs));
}

describe('a bundle by gRPC', () => {
  it('is taken, lands, and is told of from its acceptance to its finality', async () => {
    const told: BundleResult[] = [];
    const jito = open({ onResult: (result) => told.push(result) });
    jito.listen();
    await expect.poll(() => server.streams).toBe(1);
    const transaction = next();
    const outcome = await sendBy(jito, transaction);
    const bundleId = outcome.verdict === 'sent' ? outcome.bundleId : '';
    expect(outcome).toEqual({
      verdict: 'sent',
      reason: 'accepted',
      detail: '',
      bundleId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(jito.results().unanswered).toBe(1);
    made.engine.auction();
    const { slot } = made.bank;
    for (let i = 0; i < 34; i++) made.bank.advanceSlot();
    await expect.poll(() => told.length).toBe(3);
    const validator = made.engine.leaders.leaderOf(slot).identity;
    expect(told).toEqual([
      { bundleId, result: 'accepted', slot, validator },
      { bundleId, result: 'processed', slot, validator },
      { bundleId, result: 'finalized' },
    ]);
    expect(jito.results()).toMatchObject({
      open: true,
      opened: 1,
      received: 3,
      unreadable: 0,
      unanswered: 0,
    });
  });

  it('that loses is told with what others bid, one that fails with its signature', async () => {
    const rivals = { contestedShare: 1, most: 3, medianProfitLamports: 1_000_000, spread: 0.5 };
    made = createTestEngine({ rivals });
    await serve();
    const told: BundleResult[] = [];
    const jito = open({ onResult: (result) => told.push(result) });
    jito.listen();
    await expect.poll(() => server.streams).toBe(1);
    const { genesis } = made;
    await sendBy(jito, tipped(genesis, [swap(genesis, 1_000_000n)], { tipLamports: 1_000n }));
    made.engine.auction();
    const failing = tipped(genesis, [swap(genesis, 1_000_000n, 10n ** 15n)]);
    await sendBy(jito, failing);
    made.engine.auction();
    await expect.poll(() => told.length).toBe(2);
    expect(told).toMatchObject([
      { result: 'outbid', simulatedBidLamports: expect.any(BigInt) },
      { result: 'simulation-failed', signature: failing.signature },
    ]);
    const [outbid] = told;
    expect(outbid!.result === 'outbid' && outbid!.simulatedBidLamports > 1_000n).toBe(true);
  });

  it('that came already, is no tip to Jito, or has no blockhash, is refused as it is over HTTP', async () => {
    const jito = open();
    const transaction = next();
    await sendBy(jito, transaction);
    made.engine.auction();
    expect(await sendBy(jito, transaction)).toMatchObject({ verdict: 'sent', reason: 'already-processed' });
    const old = tipped(made.genesis, [], { blockhash: '1'.repeat(32) });
    expect(await sendBy(jito, old)).toMatchObject({
      verdict: 'never-accepted',
      reason: 'blockhash-refused',
    });
    expect(made.engine.received(old.signature)).toBe(0);
  });

  it('goes to the next leader that the engine tells, and pays the accounts that it tells', async () => {
    const jito = open();
    const word = await jito.nextLeader(inTime());
    expect(word).toMatchObject({
      currentSlot: made.bank.slot,
      nextLeaderSlot: made.bank.slot,
      leader: made.engine.leaders.leaderOf(made.bank.slot).identity,
    });
    expect(await jito.tipAccounts(inTime())).toEqual(jitoTipAccounts());
  });
});

describe('the registry', () => {
  it('speaks by gRPC where an entry says so, with what it learns of tips, leaders and results', async () => {
    await serve({ admitted: PUBLIC });
    const { pool } = createTestPool([{ url: 'http://127.0.0.1:1' }]);
    const told: string[] = [];
    const registry = createRelayRegistry({
      settings: readRelaySettings([
        { name: 'jito', protocol: 'jito-grpc', regions: { here: server.url }, token: bs58.encode(SECRET) },
      ]),
      clock,
      random: createRandom(3),
      budget: createTestBudget(),
      pool,
      onResult: (outlet, { result }) => told.push(`${outlet} ${result}`),
    });
    close.push(async () => {
      await registry.close();
      await pool.close();
    });
    registry.listen();
    await expect.poll(() => server.streams).toBe(1);
    const relay = registry.relay('jito');
    const [outlet] = relay.ranked();
    const transaction = next();
    expect(
      await outlet!.sender.send(transaction.bytes, transaction.signature, termsOf(transaction)),
    ).toMatchObject({
      verdict: 'sent',
    });
    made.engine.auction();
    await expect.poll(() => told).toEqual(['jito/here accepted', 'jito/here processed']);
    expect(await relay.refreshTipAccounts(inTime())).toBe(true);
    expect(relay.tips).toMatchObject({ strangers: [], refused: 0 });
    expect((await outlet!.engine!.nextLeader(inTime())).nextLeaderSlot).toBe(made.bank.slot);
    expect(outlet!.status()).toMatchObject({ name: 'jito/here', up: true, problem: '' });
  });
});

describe('the status of a call', () => {
  const cases: readonly (readonly [string, number, string, SendOutcome['verdict'], string])[] = [
    ['CANCELLED', 1, 'cancelled', 'unknown', 'grpc-1'],
    ['UNKNOWN', 2, 'what', 'unknown', 'grpc-2'],
    ['INVALID_ARGUMENT', 3, 'transaction #0 could not be decoded', 'never-accepted', 'request-refused'],
    [
      'INVALID_ARGUMENT of a tip',
      3,
      'bundle does not lock any of the tip PDAs',
      'never-accepted',
      'tip-refused',
    ],
    [
      'INVALID_ARGUMENT of a blockhash',
      3,
      'bundle contains an expired blockhash',
      'never-accepted',
      'blockhash-refused',
    ],
    [
      'INVALID_ARGUMENT of what is there',
      3,
      'bundle contains an already processed transaction',
      'sent',
      'already-processed',
    ],
    ['FAILED_PRECONDITION of what is there', 9, 'already processed', 'sent', 'already-processed'],
    ['DEADLINE_EXCEEDED', 4, 'late', 'unknown', 'grpc-4'],
    ['NOT_FOUND', 5, 'nothing', 'unknown', 'grpc-5'],
    ['ALREADY_EXISTS', 6, 'known', 'sent', 'duplicate'],
    ['PERMISSION_DENIED', 7, 'no', 'never-accepted', 'not-allowed'],
    [
      'RESOURCE_EXHAUSTED',
      8,
      'Network congested. Endpoint is globally rate limited.',
      'never-accepted',
      'asked-too-often',
    ],
    [
      'RESOURCE_EXHAUSTED of the answer',
      8,
      'Received message larger than max (300000 vs 262144)',
      'unknown',
      'answer-too-large',
    ],
    ['FAILED_PRECONDITION', 9, 'no', 'unknown', 'grpc-9'],
    ['ABORTED', 10, 'no', 'unknown', 'grpc-10'],
    ['OUT_OF_RANGE', 11, 'no', 'never-accepted', 'request-refused'],
    ['UNIMPLEMENTED', 12, 'no', 'never-accepted', 'request-refused'],
    ['INTERNAL', 13, 'no', 'unknown', 'grpc-13'],
    ['UNAVAILABLE', 14, 'upstream connect error or disconnect/reset before headers', 'unknown', 'grpc-14'],
    ['DATA_LOSS', 15, 'no', 'unknown', 'grpc-15'],
    ['UNAUTHENTICATED', 16, 'no', 'never-accepted', 'not-allowed'],
  ];

  it.each(cases)('%s proves what the table says', async (_, code, details, verdict, reason) => {
    server.refusal = { code, details };
    expect(await sendBy(open(), next())).toMatchObject({ verdict, reason });
  });

  it('of a port that is closed is not connected, and of silence unknown', async () => {
    server.silent = true;
    const jito = open();
    const silent = next();
    expect(await sendBy(jito, silent, 150)).toMatchObject({ verdict: 'unknown', reason: 'grpc-4' });
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const nobody = open({ url: `http://127.0.0.1:${port}` });
    expect(await sendBy(nobody, next(), 1_000)).toMatchObject({
      verdict: 'never-accepted',
      reason: 'not-connected',
    });
  });

  it('is unknown where the connection ends while the answer is awaited', async () => {
    server.silent = true;
    const jito = open();
    const outcome = sendBy(jito, next());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.stop();
    expect(await outcome).toMatchObject({ verdict: 'unknown' });
  });

  it('meets every row of the table that is about gRPC', () => {
    const proven = new Set([
      ...cases.map(([, , , verdict, reason]) => `${verdict} ${reason}`),
      'never-accepted not-connected',
    ]);
    const rows = VERDICT_ROWS.filter(({ grpcCodes }) => grpcCodes !== undefined);
    expect(
      rows.map(({ verdict, reason }) => `${verdict} ${reason}`).filter((row) => !proven.has(row)),
    ).toEqual([]);
  });
});

describe('who may speak', () => {
  it('proves it by his key once, and goes on with what he was given', async () => {
    await serve({ admitted: PUBLIC });
    const jito = open({ authSecret: SECRET });
    for (let i = 0; i < 3; i++) expect(await sendBy(jito, next())).toMatchObject({ verdict: 'sent' });
    expect(server.proven).toBe(1);
  });

  it('asks anew before his token ends, by what he was given and not by his key', async () => {
    await serve({ admitted: PUBLIC, tokenMs: 60_000 });
    let laterMs = 0;
    const later = { nowMs: () => Date.now() + laterMs, monotonicMicros: () => clock.monotonicMicros() };
    const jito = open({ authSecret: SECRET, clock: later });
    expect(await sendBy(jito, next())).toMatchObject({ verdict: 'sent' });
    laterMs = 55_000;
    server.tokenMs = 600_000;
    expect(await sendBy(jito, next())).toMatchObject({ verdict: 'sent' });
    expect(server).toMatchObject({ proven: 1, refreshed: 1 });
  });

  it('sends nothing where the token that he is given holds for too short', async () => {
    await serve({ admitted: PUBLIC, tokenMs: 5_000 });
    const transaction = next();
    const outcome = await sendBy(open({ authSecret: SECRET }), transaction);
    expect(outcome).toMatchObject({ verdict: 'never-accepted', reason: 'not-connected' });
    expect(made.engine.received(transaction.signature)).toBe(0);
  });

  it('proves it anew when his token is taken from him', async () => {
    await serve({ admitted: PUBLIC });
    const jito = open({ authSecret: SECRET });
    await sendBy(jito, next());
    server.revoke();
    expect(await sendBy(jito, next())).toMatchObject({ verdict: 'never-accepted', reason: 'not-allowed' });
    expect(await sendBy(jito, next())).toMatchObject({ verdict: 'sent' });
    expect(server.proven).toBe(2);
  });

  it('is nobody without a key, or with another: refused, and nothing was sent', async () => {
    await serve({ admitted: PUBLIC });
    const transaction = next();
    expect(await sendBy(open(), transaction)).toMatchObject({
      verdict: 'never-accepted',
      reason: 'not-allowed',
    });
    const other = open({ authSecret: new Uint8Array(32).fill(9) });
    expect(await sendBy(other, transaction)).toMatchObject({ verdict: 'never-accepted' });
    expect(made.engine.received(transaction.signature)).toBe(0);
  });

  it('is told that a key is too short before anything is asked', () => {
    expect(() => open({ authSecret: new Uint8Array(31) })).toThrow('has 31');
  });
});

describe('the stream of results', () => {
  it.each([
    ['with an error', { code: 14, details: 'gone' }],
    ['as if all were well', undefined],
  ] as const)('that ends %s is opened again', async (_, refusal) => {
    const told: BundleResult[] = [];
    const jito = open({ onResult: (result) => told.push(result) });
    jito.listen();
    await expect.poll(() => server.streams).toBe(1);
    server.endStreams(refusal);
    await expect.poll(() => jito.results().opened, { timeout: 5_000 }).toBe(2);
    await expect.poll(() => server.streams).toBe(1);
    await sendBy(jito, next());
    made.engine.auction();
    await expect.poll(() => told.length).toBe(2);
  });

  it('that says nothing while bundles wait is opened again, and one that has nothing to say is left', async () => {
    const jito = open({ silenceMs: 200 });
    jito.listen();
    await expect.poll(() => server.streams).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(jito.results().opened).toBe(1);
    await sendBy(jito, next());
    await expect.poll(() => jito.results().opened, { timeout: 5_000 }).toBe(2);
    expect(jito.results().unanswered).toBe(0);
  });
});

function publicKeyOf(secret: Uint8Array): string {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return bs58.encode(key.export({ format: 'der', type: 'spki' }).subarray(-32));
}
