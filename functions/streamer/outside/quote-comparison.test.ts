import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createTestBudget } from '../../../shared/platform/outside/gate/test-budget.ts';
import { createJupiter } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { createSqliteStore } from '../../../shared/platform/store/sqlite-store.ts';
import { createStoreWriter } from '../../../shared/platform/store/writer.ts';
import { bestQuote, type QuoteAsk } from '../../../shared/routing/sizing/best-quote.ts';
import type { ApiServer } from '../../../shared/sim/apis/api-server.ts';
import { createChainMarket } from '../../../shared/sim/apis/chain-market.ts';
import { startJupiterServer } from '../../../shared/sim/apis/jupiter-server.ts';
import { createTestGenesis, TAXED_MINT } from '../../../shared/sim/chain/test-genesis.ts';
import { createQuoteComparison, type QuoteComparison } from './quote-comparison.ts';

const ASK = { mintIn: WSOL_MINT, mintOut: USDC_MINT, amountIn: 3_000_000_000n };
const ALARM_BPS = 50;
/** Nothing trades it. */
const STRANGER = 'JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN' as Address;

let server: ApiServer;
let dir: string;
let closers: (() => Promise<unknown> | unknown)[];
let logged: string;
/** What Jupiter says it pays, in ten-thousandths of the truth. */
let told: bigint;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arb-compare-'));
  closers = [() => rmSync(dir, { recursive: true, force: true })];
  logged = '';
  told = 10_000n;
});

afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

/** Jupiter's answers on their way to us, what they pay changed by `told`. */
async function bent(): Promise<string> {
  const bender = createServer(async (request, response) => {
    const truth = await fetch(`${server.url}${request.url}`);
    const answer = (await truth.json()) as Record<string, unknown>;
    if (truth.ok) {
      const out = (BigInt(answer.outAmount as string) * told) / 10_000n;
      Object.assign(answer, {
        outAmount: String(out),
        otherAmountThreshold: String((out * 9_950n + 9_999n) / 10_000n),
      });
    }
    response.writeHead(truth.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => bender.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    bender.closeAllConnections();
    bender.close();
  });
  return `http://127.0.0.1:${(bender.address() as AddressInfo).port}`;
}

async function start({ asks = [ASK] as readonly QuoteAsk[], isAllowed = (): boolean => true } = {}) {
  const { bank, pools } = createTestGenesis();
  bank.advanceSlot();
  const named = pools.map(({ venue, state }) => ({ venue: venue.id, address: state.address }));
  server = await startJupiterServer({ bank, pools: named });
  closers.push(() => server.stop());
  const { market } = createChainMarket(bank, named).now();
  const clock = createSystemClock();
  const store = createSqliteStore({ dir });
  closers.push(() => store.close());
  const writer = createStoreWriter({
    store,
    clock,
    writerId: 'run',
    maxQueued: 1_000,
    flushMs: 1,
    onError: (error) => {
      throw error;
    },
  });
  closers.push(() => writer.drain(5_000));
  const comparison: QuoteComparison = createQuoteComparison({
    market,
    jupiter: createJupiter({
      url: await bent(),
      clock,
      budget: createTestBudget(),
      requestsPerSecond: 1_000,
    }),
    asks,
    everySeconds: 0.005,
    alarmBps: ALARM_BPS,
    isAllowed,
    writer,
    clock,
    log: createLogger({ stream: { write: (text: string) => (logged += text) }, clock }),
    runId: 'run',
  });
  closers.push(() => comparison.stop());
  comparison.start();
  return { comparison, store, market };
}

const events = (name: string) => logged.split('\n').filter((line) => line.includes(`"${name}"`));
const soon = { timeout: 20_000, interval: 5 };

describe('quotes compared with Jupiter’s', () => {
  it('are the same where both hold the same chain, and each round is a row in the store', async () => {
    const { comparison, store, market } = await start();
    await vi.waitFor(() => expect(comparison.totals.compared).toBeGreaterThan(2), soon);
    comparison.stop();
    const own = bestQuote(market, ASK);
    const amountOut = own.ok ? own.value.amountOut : undefined;
    expect(comparison.latest).toMatchObject([
      { ...ASK, ownOut: amountOut, jupiterOut: amountOut, deviationBps: 0, alarm: false, runId: 'run' },
    ]);
    const { compared } = comparison.totals;
    await vi.waitFor(async () => {
      expect(await store.comparisons({ runId: 'run', limit: 1_000 })).toHaveLength(compared);
    }, soon);
    expect((await store.comparisons({ runId: 'run', limit: 1 }))[0]).toEqual(comparison.latest[0]);
    expect(logged).toBe('');
  });

  it('raise one alarm when they part, either way, and say when they agree again', async () => {
    const { comparison } = await start();
    for (const [share, deviation, rounds] of [
      [9_900n, 101, 1],
      [10_100n, -99, 2],
    ] as const) {
      told = share;
      const { alarms } = comparison.totals;
      await vi.waitFor(() => expect(comparison.totals.alarms).toBeGreaterThan(alarms + 3), soon);
      expect(comparison.latest[0]).toMatchObject({ alarm: true });
      expect(comparison.latest[0]!.deviationBps).toBeCloseTo(deviation, 0);
      expect(events('quotes.deviate')).toHaveLength(rounds);
      told = 10_000n;
      await vi.waitFor(() => expect(events('quotes.agree')).toHaveLength(rounds), soon);
      expect(comparison.latest[0]).toMatchObject({ alarm: false, deviationBps: 0 });
    }
  });

  it('raise none at a deviation inside the threshold', async () => {
    told = 9_960n;
    const { comparison } = await start();
    await vi.waitFor(() => expect(comparison.totals.compared).toBeGreaterThan(2), soon);
    expect(comparison.latest[0]!.deviationBps).toBeCloseTo(40, 0);
    expect([comparison.totals.alarms, events('quotes.deviate')]).toEqual([0, []]);
  });

  it('say which of the two gave none, and alarm nobody for that', async () => {
    const { comparison } = await start({ asks: [{ ...ASK, mintOut: STRANGER }] });
    await vi.waitFor(() => expect(comparison.totals.missed).toBeGreaterThan(1), soon);
    expect(comparison.latest).toMatchObject([
      {
        ownOut: undefined,
        ownRoute: 'no-route',
        jupiterOut: undefined,
        jupiterRoute: 'no-route',
        alarm: false,
      },
    ]);
    expect(comparison.totals).toMatchObject({ compared: 0, alarms: 0 });
  });

  it('keep the order configured, each pair its own latest', async () => {
    const asks = [ASK, { mintIn: TAXED_MINT, mintOut: USDC_MINT, amountIn: 50_000_000n }];
    const { comparison } = await start({ asks });
    await vi.waitFor(() => expect(comparison.latest).toHaveLength(2), soon);
    expect(comparison.latest.map(({ mintIn }) => mintIn)).toEqual([WSOL_MINT, TAXED_MINT]);
  });

  it('ask nothing while they are switched off, and go on when they are on again', async () => {
    let isAllowed = false;
    let asked = 0;
    const { comparison } = await start({
      isAllowed: () => {
        asked += 1;
        return isAllowed;
      },
    });
    await vi.waitFor(() => expect(asked).toBeGreaterThan(3), soon);
    expect([server.requests, comparison.latest]).toEqual([0, []]);
    isAllowed = true;
    await vi.waitFor(() => expect(comparison.totals.compared).toBeGreaterThan(0), soon);
  });
});
