import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  ApiCostRow,
  BalanceRow,
  ControlRow,
  LegRow,
  OpportunityRow,
  QuoteComparisonRow,
  RunRow,
  Store,
  StoreBatch,
  TradeRow,
} from './store.ts';

/** Opens a store on the same rows again, as after a restart. */
export interface StoreUnderTest {
  open(): Promise<Store>;
  /** Removes everything that `open` left behind. */
  dispose(): Promise<void>;
}

const LEG: LegRow = {
  venue: 'orca-whirlpool',
  pool: 'Czfq3xZZDmsdGdUyrNLtRhGc47cXcZtLG4crryfu44zE',
  aToB: true,
  mintIn: 'So11111111111111111111111111111111111111112',
  mintOut: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  amountIn: 1_000_000_000n,
  amountOut: 150_000_000n,
};
const BACK: LegRow = {
  ...LEG,
  venue: 'raydium-cpmm',
  aToB: false,
  amountIn: 150_000_000n,
  amountOut: 1_001n,
};

/** A trade of run `run` with everything filled in. */
export function sampleTrade(fields: Partial<TradeRow>): TradeRow {
  return {
    tradeId: 'trade',
    runId: 'run',
    routeId: 'route',
    mode: 'paper',
    status: 'filled',
    reason: 'filled',
    decidedSlot: 10,
    landedSlot: 11,
    decidedAtMs: 1_000,
    landedAtMs: 1_400,
    startMint: LEG.mintIn,
    legs: [LEG, BACK],
    amountIn: 1_000_000_000n,
    expectedOut: 1_001_000_000n,
    amountOut: 1_000_500_000n,
    grossProfit: 500_000n,
    costLamports: 35_000n,
    netProfit: 465_000n,
    netLamports: 465_000n,
    ...fields,
  };
}

/** A refused opportunity of run `run`. */
export function sampleOpportunity(fields: Partial<OpportunityRow>): OpportunityRow {
  return {
    opportunityId: 'opportunity',
    runId: 'run',
    slot: 10,
    atMs: 1_000,
    startMint: LEG.mintIn,
    routeId: 'route',
    legs: [LEG, BACK],
    amountIn: 1_000_000_000n,
    amountOut: 1_000_010_000n,
    grossProfit: 10_000n,
    netProfit: -25_000n,
    costLamports: 35_000n,
    outcome: 'refused',
    reason: 'net-profit-too-small',
    ...fields,
  };
}

export function sampleRun(fields: Partial<RunRow> = {}): RunRow {
  const run = {
    runId: 'run',
    startedAtMs: 1_000,
    version: '0.1.0',
    mode: 'paper',
    market: 'built-in',
    seed: '1',
  };
  return { ...run, endedAtMs: undefined, summary: undefined, ...fields };
}

/** A comparison of run `run` in which both gave a quote. */
export function sampleComparison(fields: Partial<QuoteComparisonRow>): QuoteComparisonRow {
  return {
    comparisonId: 'comparison',
    runId: 'run',
    atMs: 1_000,
    slot: 10,
    jupiterSlot: 9,
    mintIn: LEG.mintIn,
    mintOut: LEG.mintOut,
    amountIn: 1_000_000_000n,
    ownOut: 149_000_000n,
    jupiterOut: 150_000_000n,
    ownRoute: 'orca-whirlpool',
    jupiterRoute: 'Meteora > Raydium',
    deviationBps: -66.66,
    alarm: true,
    ...fields,
  };
}

/** Ten requests of run `run` in one minute, two of them throttled. */
export function sampleApiCost(fields: Partial<ApiCostRow>): ApiCostRow {
  return {
    runId: 'run',
    minuteMs: 60_000,
    provider: 'helius',
    method: 'getProgramAccounts',
    requests: 10,
    throttled: 2,
    credits: 80,
    costNanoUsd: 400_000n,
    ...fields,
  };
}

function sampleBalance(fields: Partial<BalanceRow>): BalanceRow {
  return { runId: 'run', atMs: 1_000, mint: LEG.mintIn, amount: 5n, ...fields };
}

function sampleControl(fields: Partial<ControlRow>): ControlRow {
  return { name: 'trading', value: 'running', by: 'test', reason: 'because', atMs: 1_000, ...fields };
}

const U64_MAX = (1n << 64n) - 1n;

/** What every Store must do, whatever it is built on. `createStore` gives an empty one for each test. */
export function describeStore(name: string, createStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    let underTest: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      underTest = await createStore();
      store = await underTest.open();
    });

    afterEach(async () => {
      await store.close();
      await underTest.dispose();
    });

    it('is empty at first', async () => {
      expect(await store.runs({ limit: 10 })).toEqual([]);
      expect(await store.trades({ limit: 10 })).toEqual([]);
      expect(await store.opportunities({ limit: 10 })).toEqual([]);
      expect(await store.comparisons({ limit: 10 })).toEqual([]);
      expect(await store.decisionCounts({ runId: 'none' })).toEqual([]);
      expect(await store.apiCosts({ fromMs: 0, untilMs: 1e13 })).toEqual([]);
      expect(await store.balances({ runId: 'none' })).toEqual([]);
      expect(await store.controls()).toEqual([]);
    });

    it('gives rows back as they were written, after a restart too', async () => {
      const trade = sampleTrade({ tradeId: 't1' });
      const opportunity = sampleOpportunity({ opportunityId: 'o1' });
      await store.startRun(sampleRun());
      await store.write({ batchId: 'b1', trades: [trade], opportunities: [opportunity] });
      await store.close();
      store = await underTest.open();
      expect(await store.trades({ limit: 10 })).toEqual([trade]);
      expect(await store.opportunities({ limit: 10 })).toEqual([opportunity]);
      expect(await store.runs({ limit: 10 })).toEqual([sampleRun()]);
    });

    it('keeps every amount exact, beyond 64 bits and below zero', async () => {
      const amount = fc.bigInt({ min: -(1n << 100n), max: 1n << 100n });
      const amounts = fc.array(fc.record({ amountIn: amount, netProfit: amount, netLamports: amount }), {
        minLength: 1,
        maxLength: 20,
      });
      let batch = 0;
      await fc.assert(
        fc.asyncProperty(amounts, async (rows) => {
          batch++;
          const trades = rows.map((row, at) =>
            sampleTrade({ ...row, tradeId: `${batch}-${at}`, runId: `run-${batch}`, landedAtMs: 1_000 - at }),
          );
          await store.write({ batchId: `b${batch}`, trades });
          expect(await store.trades({ runId: `run-${batch}`, limit: 100 })).toEqual(trades);
        }),
        { numRuns: 15 },
      );
      const [leg] = sampleTrade({}).legs;
      const extreme = sampleTrade({
        tradeId: 'extreme',
        landedAtMs: 9_000,
        amountIn: U64_MAX,
        legs: [{ ...leg!, amountIn: U64_MAX, amountOut: 0n }],
      });
      await store.write({ batchId: 'extreme', trades: [extreme] });
      expect(await store.trades({ limit: 1 })).toEqual([extreme]);
    });

    it('has one row when the same id is written twice, and keeps the first', async () => {
      const trade = sampleTrade({ tradeId: 't1' });
      const opportunity = sampleOpportunity({ opportunityId: 'o1' });
      await store.write({ batchId: 'b1', trades: [trade, trade], opportunities: [opportunity] });
      await store.write({
        batchId: 'b2',
        trades: [{ ...trade, netLamports: 0n }],
        opportunities: [{ ...opportunity, reason: 'other' }],
      });
      expect(await store.trades({ limit: 10 })).toEqual([trade]);
      expect(await store.opportunities({ limit: 10 })).toEqual([opportunity]);
    });

    it('adds decision counts up, but not those of a batch written twice', async () => {
      const counted = (reason: string, minuteMs: number, count: number) => ({
        runId: 'run',
        minuteMs,
        reason,
        count,
      });
      const batch = {
        batchId: 'b1',
        decisionCounts: [counted('b', 60_000, 2), counted('a', 60_000, 5), counted('a', 120_000, 1)],
      };
      await store.write(batch);
      await store.write(batch);
      await store.write({ batchId: 'b2', decisionCounts: [counted('a', 60_000, 10)] });
      expect(await store.decisionCounts({ runId: 'run' })).toEqual([
        counted('a', 60_000, 15),
        counted('b', 60_000, 2),
        counted('a', 120_000, 1),
      ]);
      expect(await store.decisionCounts({ runId: 'other' })).toEqual([]);
    });

    it('writes a batch whole or not at all', async () => {
      const broken = sampleTrade({ tradeId: 'broken', landedSlot: Number.NaN });
      const batch = {
        batchId: 'b1',
        opportunities: [sampleOpportunity({ opportunityId: 'o1' })],
        decisionCounts: [{ runId: 'run', minuteMs: 0, reason: 'a', count: 1 }],
        trades: [sampleTrade({ tradeId: 'good' }), broken],
      };
      await expect(store.write(batch)).rejects.toMatchObject({ code: 'store-bad-row' });
      expect(await store.trades({ limit: 10 })).toEqual([]);
      expect(await store.opportunities({ limit: 10 })).toEqual([]);
      expect(await store.decisionCounts({ runId: 'run' })).toEqual([]);
      await store.write({ ...batch, trades: [sampleTrade({ tradeId: 'good' })] });
      expect(await store.trades({ limit: 10 })).toHaveLength(1);
      expect(await store.decisionCounts({ runId: 'run' })).toHaveLength(1);
    });

    it('pages through rows newest first, without loss where many share a millisecond', async () => {
      const trades = Array.from({ length: 25 }, (_, at) =>
        sampleTrade({ tradeId: `t${String(at).padStart(2, '0')}`, landedAtMs: 1_000 + Math.floor(at / 10) }),
      );
      await store.write({ batchId: 'b1', trades });
      const seen: TradeRow[] = [];
      for (;;) {
        const last = seen.at(-1);
        const from = last === undefined ? {} : { beforeMs: last.landedAtMs, beforeId: last.tradeId };
        const page = await store.trades({ limit: 4, ...from });
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(4);
        seen.push(...page);
      }
      expect(seen.map(({ tradeId }) => tradeId)).toEqual(trades.map(({ tradeId }) => tradeId).reverse());
    });

    it('gives only rows older than asked for, and only of the run asked for', async () => {
      const at = (opportunityId: string, atMs: number, runId: string) =>
        sampleOpportunity({ opportunityId, atMs, runId });
      await store.write({
        batchId: 'b1',
        opportunities: [at('o1', 100, 'a'), at('o2', 200, 'b'), at('o3', 300, 'a')],
      });
      const ids = async (query: { runId?: string; limit: number; beforeMs?: number }) =>
        (await store.opportunities(query)).map(({ opportunityId }) => opportunityId);
      expect(await ids({ limit: 10 })).toEqual(['o3', 'o2', 'o1']);
      expect(await ids({ limit: 10, runId: 'a' })).toEqual(['o3', 'o1']);
      expect(await ids({ limit: 10, beforeMs: 300 })).toEqual(['o2', 'o1']);
      expect(await ids({ limit: 10, beforeMs: 300, runId: 'a' })).toEqual(['o1']);
      expect(await ids({ limit: 0 })).toEqual([]);
    });

    it('gives the latest balance of each mint', async () => {
      const rows = [
        sampleBalance({ mint: 'm2', atMs: 5, amount: 50n }),
        sampleBalance({ mint: 'm1', atMs: 9, amount: U64_MAX }),
        sampleBalance({ mint: 'm1', atMs: 1, amount: 10n }),
        sampleBalance({ mint: 'm1', atMs: 99, amount: 1n, runId: 'other' }),
      ];
      await store.write({ batchId: 'b1', balances: rows });
      expect(await store.balances({ runId: 'run' })).toEqual([rows[1], rows[0]]);
    });

    it('keeps compared quotes, those that lack one too, once by their id and newest first', async () => {
      const both = sampleComparison({ comparisonId: 'c1', atMs: 5, amountIn: U64_MAX, ownOut: U64_MAX });
      const neither = sampleComparison({
        comparisonId: 'c2',
        atMs: 9,
        jupiterSlot: undefined,
        ownOut: undefined,
        jupiterOut: undefined,
        ownRoute: 'no-route',
        jupiterRoute: 'breaker-open',
        deviationBps: undefined,
        alarm: false,
      });
      const other = sampleComparison({ comparisonId: 'c3', atMs: 1, runId: 'other' });
      await store.write({ batchId: 'b1', comparisons: [both, neither, other] });
      await store.write({ batchId: 'b2', comparisons: [{ ...both, ownOut: 0n }] });
      await store.close();
      store = await underTest.open();
      expect(await store.comparisons({ runId: 'run', limit: 10 })).toEqual([neither, both]);
      expect(await store.comparisons({ limit: 1, beforeMs: 5, beforeId: 'c1' })).toEqual([other]);
    });

    it('adds API costs up by minute, provider, method and run, exactly, but not those of a batch written twice', async () => {
      const first = sampleApiCost({ costNanoUsd: (1n << 62n) + 1n });
      const batch = {
        batchId: 'b1',
        apiCosts: [
          sampleApiCost({ minuteMs: 120_000, method: 'getSlot' }),
          sampleApiCost({ minuteMs: 120_000, method: 'getAccountInfo', runId: 'other' }),
          first,
        ],
      };
      await store.write(batch);
      await store.write(batch);
      await store.write({
        batchId: 'b2',
        apiCosts: [sampleApiCost({ provider: 'jupiter' }), sampleApiCost({})],
      });
      await store.close();
      store = await underTest.open();
      const sum = { requests: 20, throttled: 4, credits: 160, costNanoUsd: (1n << 62n) + 400_001n };
      const [getAccountInfo, getSlot] = [batch.apiCosts[1]!, batch.apiCosts[0]!];
      const minute = [sampleApiCost(sum), sampleApiCost({ provider: 'jupiter' })];
      expect(await store.apiCosts({ fromMs: 0, untilMs: 120_001 })).toEqual([
        ...minute,
        getAccountInfo,
        getSlot,
      ]);
      expect(await store.apiCosts({ fromMs: 0, untilMs: 120_000 })).toEqual(minute);
      expect(await store.apiCosts({ runId: 'run', fromMs: 60_001, untilMs: 1e13 })).toEqual([getSlot]);
    });

    it('takes no API cost that is not whole', async () => {
      const half = sampleApiCost({ credits: 0.5 });
      await expect(store.write({ batchId: 'b1', apiCosts: [half] })).rejects.toMatchObject({
        code: 'store-bad-row',
      });
      expect(await store.apiCosts({ fromMs: 0, untilMs: 1e13 })).toEqual([]);
    });

    it('ends a run with its summary, starts the same run once, and refuses to end an unknown one', async () => {
      const run = sampleRun();
      await store.startRun(run);
      await store.startRun({ ...run, market: 'other' });
      const summary = { trades: 3, net: { sol: '123' }, list: [1, null, true] };
      await store.endRun(run.runId, 5_000, summary);
      await store.startRun(sampleRun({ runId: 'later', startedAtMs: run.startedAtMs + 1 }));
      expect(await store.runs({ limit: 10 })).toEqual([
        sampleRun({ runId: 'later', startedAtMs: run.startedAtMs + 1 }),
        { ...run, endedAtMs: 5_000, summary },
      ]);
      expect(await store.runs({ limit: 1 })).toHaveLength(1);
      await expect(store.endRun('none', 1, {})).rejects.toMatchObject({ code: 'store-unknown-run' });
    });

    it('closes the runs that died, at their last row and with what they lost since, and no other', async () => {
      await store.startRun(sampleRun({ runId: 'dead', startedAtMs: 1_000 }));
      await store.startRun(sampleRun({ runId: 'dead-at-once', startedAtMs: 500, market: 'live' }));
      await store.startRun(sampleRun({ runId: 'ended', startedAtMs: 100 }));
      await store.endRun('ended', 200, { status: 'running' });
      const lost = (tradeId: string, landedAtMs: number, netLamports: bigint) =>
        sampleTrade({ tradeId, runId: 'dead', landedAtMs, netLamports });
      await store.write({
        batchId: 'b1',
        trades: [lost('t1', 1_100, -7n), lost('t2', 1_200, -50n), lost('t3', 1_300, 8n)],
        balances: [sampleBalance({ runId: 'dead', atMs: 1_400 })],
      });
      expect(await store.closeKilledRuns({ sinceMs: 1_200 })).toEqual([
        { runId: 'dead', market: 'built-in', lastAtMs: 1_400, netLamports: -42n },
        { runId: 'dead-at-once', market: 'live', lastAtMs: 500, netLamports: 0n },
      ]);
      expect(await store.closeKilledRuns({ sinceMs: 0 })).toEqual([]);
      const ends = (await store.runs({ limit: 9 })).map(({ runId, endedAtMs, summary }) => [
        runId,
        endedAtMs,
        summary?.status,
      ]);
      expect(ends).toEqual([
        ['dead', 1_400, 'killed'],
        ['dead-at-once', 500, 'killed'],
        ['ended', 200, 'running'],
      ]);
    });

    // A kind of row that StoreBatch gains has to be named here: the type asks for it.
    const latest: { readonly [Kind in keyof Required<Omit<StoreBatch, 'batchId'>>]: StoreBatch[Kind] } = {
      trades: [sampleTrade({ runId: 'dead', landedAtMs: 180_000 })],
      opportunities: [sampleOpportunity({ runId: 'dead', atMs: 180_000 })],
      comparisons: [sampleComparison({ runId: 'dead', atMs: 180_000 })],
      decisionCounts: [{ runId: 'dead', minuteMs: 180_000, reason: 'no-cycle', count: 1 }],
      balances: [sampleBalance({ runId: 'dead', atMs: 180_000 })],
      apiCosts: [sampleApiCost({ runId: 'dead', minuteMs: 180_000 })],
    };
    it.each(Object.entries(latest))('dates a run that died by its last row of %s', async (kind, rows) => {
      await store.startRun(sampleRun({ runId: 'dead', startedAtMs: 61_000 }));
      await store.startRun(sampleRun({ runId: 'other', startedAtMs: 60_500 }));
      await store.write({ batchId: 'b1', [kind]: rows });
      const closed = await store.closeKilledRuns({ sinceMs: 0 });
      expect(closed.map(({ runId, lastAtMs }) => [runId, lastAtMs])).toEqual([
        ['dead', 180_000],
        ['other', 60_500],
      ]);
    });

    it('dates a run that died in its first minute by its start, though what it counted is kept by the minute', async () => {
      await store.startRun(sampleRun({ runId: 'dead', startedAtMs: 61_000 }));
      await store.write({
        batchId: 'b1',
        decisionCounts: [{ runId: 'dead', minuteMs: 60_000, reason: 'no-cycle', count: 1 }],
        apiCosts: [sampleApiCost({ runId: 'dead', minuteMs: 60_000 })],
      });
      expect(await store.closeKilledRuns({ sinceMs: 0 })).toMatchObject([
        { runId: 'dead', lastAtMs: 61_000 },
      ]);
    });

    it('keeps the last value of each control', async () => {
      await store.setControl(sampleControl({ name: 'trading', value: 'paused', atMs: 1 }));
      await store.setControl(sampleControl({ name: 'alerts' }));
      await store.setControl(sampleControl({ name: 'trading', value: 'running', by: 'me', atMs: 2 }));
      expect(await store.controls()).toEqual([
        sampleControl({ name: 'alerts' }),
        sampleControl({ name: 'trading', value: 'running', by: 'me', atMs: 2 }),
      ]);
    });

    it('takes a batch of thousands and concurrent batches', async () => {
      const many = Array.from({ length: 3_000 }, (_, at) =>
        sampleOpportunity({ opportunityId: `big-${at}`, atMs: at }),
      );
      const writes = [store.write({ batchId: 'big', opportunities: many })];
      for (let batch = 0; batch < 20; batch++) {
        const trades = Array.from({ length: 100 }, (_, at) => sampleTrade({ tradeId: `${batch}/${at}` }));
        writes.push(store.write({ batchId: `b${batch}`, trades }));
      }
      await Promise.all(writes);
      expect(await store.opportunities({ limit: 10_000 })).toHaveLength(3_000);
      expect(await store.trades({ limit: 10_000 })).toHaveLength(2_000);
    });

    it('may be closed twice and then says that it is closed', async () => {
      await store.close();
      await store.close();
      await expect(store.controls()).rejects.toMatchObject({ code: 'store-closed' });
      await expect(store.write({ batchId: 'b1' })).rejects.toMatchObject({ code: 'store-closed' });
    });
  });
}
