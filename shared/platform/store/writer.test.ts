import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArbError } from '../../core/errors.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { sampleApiCost, sampleOpportunity, sampleTrade } from './contract.ts';
import { createSqliteStore } from './sqlite-store.ts';
import type { Store, StoreBatch } from './store.ts';
import { createStoreWriter, type StoreWriter, type StoreWriterOptions } from './writer.ts';

let dir: string;
let store: Store;
let errors: ArbError[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arb-writer-'));
  store = createSqliteStore({ dir });
  errors = [];
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

function writerOf(options: Partial<StoreWriterOptions> = {}): StoreWriter {
  return createStoreWriter({
    store,
    clock: createSystemClock(),
    writerId: 'run',
    maxQueued: 1_000,
    flushMs: 5,
    onError: (error) => errors.push(error),
    ...options,
  });
}

/** The real store behind a door: `before` runs ahead of each write, `after` once it is done. */
function behind(door: { before?: () => Promise<void>; after?: () => Promise<void> }): Store {
  return {
    ...store,
    async write(batch: StoreBatch) {
      await door.before?.();
      await store.write(batch);
      await door.after?.();
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; !condition(); round++) {
    if (round > 1_000) throw new Error('the condition never came true');
    await wait(5);
  }
}

const NOTHING = { trades: 0, opportunities: 0, decisionCounts: 0, balances: 0, comparisons: 0, apiCosts: 0 };

const tradeIds = async (): Promise<string[]> =>
  (await store.trades({ limit: 100_000 })).map(({ tradeId }) => tradeId).sort();

describe('the store writer', () => {
  it('writes every kind of row in the background', async () => {
    const writer = writerOf();
    writer.addTrade(sampleTrade({ tradeId: 't1' }));
    writer.addOpportunity(sampleOpportunity({ opportunityId: 'o1' }));
    writer.addDecisionCount({ runId: 'run', atMs: 61_000, reason: 'stale', count: 2 });
    writer.addBalance({ runId: 'run', atMs: 1, mint: 'm', amount: 7n });
    writer.addApiCost(sampleApiCost({}));
    expect(await store.trades({ limit: 1 })).toEqual([]);
    expect(writer.stats()).toMatchObject({ queued: 5, written: NOTHING });
    await until(() => writer.stats().queued === 0);
    expect(writer.stats()).toMatchObject({
      written: { trades: 1, opportunities: 1, decisionCounts: 1, balances: 1, apiCosts: 1 },
      dropped: NOTHING,
      failedFlushes: 0,
      lastError: undefined,
    });
    expect(writer.stats().lastFlushMs).toBeGreaterThan(0);
    expect(await store.trades({ limit: 9 })).toEqual([sampleTrade({ tradeId: 't1' })]);
    expect(await store.balances({ runId: 'run' })).toEqual([
      { runId: 'run', atMs: 1, mint: 'm', amount: 7n },
    ]);
  });

  it('does not wait for the time to be over when a whole batch is there', async () => {
    const writer = writerOf({ flushMs: 60_000, batchRows: 10 });
    for (let at = 0; at < 25; at++) writer.addTrade(sampleTrade({ tradeId: `t${at}` }));
    await until(() => writer.stats().written.trades === 25);
  });

  it('adds decisions of one minute and reason up in memory', async () => {
    const writer = writerOf({ flushMs: 60_000 });
    for (let at = 0; at < 5_000; at++) {
      writer.addDecisionCount({
        runId: 'run',
        atMs: 60_000 + at,
        reason: at % 2 === 0 ? 'a' : 'b',
        count: 1,
      });
    }
    writer.addDecisionCount({ runId: 'run', atMs: 120_000, reason: 'a', count: 1 });
    expect(writer.stats().queued).toBe(3);
    await writer.drain(5_000);
    expect(await store.decisionCounts({ runId: 'run' })).toEqual([
      { runId: 'run', minuteMs: 60_000, reason: 'a', count: 2_500 },
      { runId: 'run', minuteMs: 60_000, reason: 'b', count: 2_500 },
      { runId: 'run', minuteMs: 120_000, reason: 'a', count: 1 },
    ]);
  });

  it('adds API costs of one minute and method up while they wait, and drops the oldest minute before a trade', async () => {
    const writer = writerOf({ flushMs: 60_000, maxQueued: 3 });
    for (const minuteMs of [0, 60_000, 60_000, 120_000, 120_000])
      writer.addApiCost(sampleApiCost({ minuteMs }));
    expect(writer.stats()).toMatchObject({ queued: 3, dropped: NOTHING });
    writer.addTrade(sampleTrade({ tradeId: 't1' }));
    expect(writer.stats()).toMatchObject({ queued: 3, dropped: { ...NOTHING, apiCosts: 1 } });
    await writer.drain(5_000);
    const twice = { requests: 20, throttled: 4, credits: 160, costNanoUsd: 800_000n };
    expect(await store.apiCosts({ fromMs: 0, untilMs: 1e12 })).toEqual([
      sampleApiCost({ minuteMs: 60_000, ...twice }),
      sampleApiCost({ minuteMs: 120_000, ...twice }),
    ]);
  });

  it('drops the oldest opportunities first, then decision counts, then the oldest trades, and counts each', async () => {
    const writer = writerOf({ flushMs: 60_000, maxQueued: 4 });
    writer.addDecisionCount({ runId: 'run', atMs: 0, reason: 'a', count: 1 });
    for (const id of ['o1', 'o2', 'o3', 'o4'])
      writer.addOpportunity(sampleOpportunity({ opportunityId: id }));
    expect(writer.stats().dropped).toEqual({ ...NOTHING, opportunities: 1 });
    for (const id of ['t1', 't2', 't3']) writer.addTrade(sampleTrade({ tradeId: id }));
    expect(writer.stats().dropped).toEqual({ ...NOTHING, opportunities: 4 });
    writer.addTrade(sampleTrade({ tradeId: 't4' }));
    expect(writer.stats().dropped).toEqual({ ...NOTHING, opportunities: 4, decisionCounts: 1 });
    writer.addTrade(sampleTrade({ tradeId: 't5' }));
    writer.addOpportunity(sampleOpportunity({ opportunityId: 'o5' }));
    expect(writer.stats()).toMatchObject({
      queued: 4,
      dropped: { trades: 1, opportunities: 5, decisionCounts: 1, balances: 0 },
    });
    await writer.drain(5_000);
    expect(await tradeIds()).toEqual(['t2', 't3', 't4', 't5']);
  });

  it('keeps the newest opportunities when only they are too many', async () => {
    const writer = writerOf({ flushMs: 60_000, maxQueued: 3_000 });
    for (let at = 0; at < 10_000; at++) {
      writer.addOpportunity(sampleOpportunity({ opportunityId: `o${at}`, atMs: at }));
    }
    expect(writer.stats()).toMatchObject({ queued: 3_000, dropped: { opportunities: 7_000 } });
    await writer.drain(10_000);
    const rows = await store.opportunities({ limit: 100_000 });
    expect([rows.length, rows[0]?.atMs, rows.at(-1)?.atMs]).toEqual([3_000, 9_999, 7_000]);
  });

  it('repeats a failed flush until it works and loses nothing, with the same error in sight', async () => {
    let failures = 2;
    const before = async () => {
      if (failures-- > 0) throw new ArbError('store-full', 'the disk is full');
    };
    const writer = writerOf({ store: behind({ before }), batchRows: 2 });
    for (const id of ['t1', 't2', 't3']) writer.addTrade(sampleTrade({ tradeId: id }));
    await until(() => writer.stats().failedFlushes === 1);
    expect(writer.stats()).toMatchObject({ queued: 3, lastError: 'the disk is full' });
    writer.addTrade(sampleTrade({ tradeId: 't4' }));
    await until(() => writer.stats().written.trades === 4);
    expect(writer.stats()).toMatchObject({
      queued: 0,
      failedFlushes: 2,
      lastError: undefined,
      dropped: NOTHING,
    });
    expect(errors.map(({ code }) => code)).toEqual(['store-full', 'store-full']);
    expect(await tradeIds()).toEqual(['t1', 't2', 't3', 't4']);
  });

  it('counts nothing twice when a write worked but its answer was lost', async () => {
    let lost = 1;
    const after = async () => {
      if (lost-- > 0) throw new ArbError('store-thread-died', 'no answer');
    };
    const writer = writerOf({ store: behind({ after }) });
    writer.addDecisionCount({ runId: 'run', atMs: 0, reason: 'a', count: 5 });
    writer.addTrade(sampleTrade({ tradeId: 't1' }));
    await until(() => writer.stats().queued === 0);
    expect(await store.decisionCounts({ runId: 'run' })).toEqual([
      { runId: 'run', minuteMs: 0, reason: 'a', count: 5 },
    ]);
    expect(await tradeIds()).toEqual(['t1']);
  });

  it('sorts out a row that the store never takes, and writes all others', async () => {
    const writer = writerOf();
    for (const id of ['t1', 't2', 't3']) writer.addTrade(sampleTrade({ tradeId: id }));
    writer.addTrade(sampleTrade({ tradeId: 'bad', landedSlot: Number.NaN }));
    writer.addDecisionCount({ runId: 'run', atMs: 0, reason: 'a', count: 1 });
    writer.addApiCost(sampleApiCost({}));
    writer.addApiCost(sampleApiCost({ method: 'bad', credits: 0.5 }));
    await until(() => writer.stats().queued === 0);
    expect(writer.stats()).toMatchObject({
      written: { trades: 3, decisionCounts: 1, apiCosts: 1 },
      dropped: { trades: 1, apiCosts: 1 },
    });
    expect(errors.every(({ code }) => code === 'store-bad-row')).toBe(true);
    expect(await tradeIds()).toEqual(['t1', 't2', 't3']);
  });

  it('has one flush under way at a time and queues meanwhile', async () => {
    let open: () => void = () => {};
    let inside = 0;
    let most = 0;
    const before = async () => {
      most = Math.max(most, ++inside);
      await new Promise<void>((resolve) => {
        open = resolve;
      });
      inside--;
    };
    const writer = writerOf({ store: behind({ before }), batchRows: 2, maxQueued: 5 });
    writer.addTrade(sampleTrade({ tradeId: 'first' }));
    await until(() => inside === 1);
    for (let at = 0; at < 8; at++) writer.addTrade(sampleTrade({ tradeId: `t${at}` }));
    expect(writer.stats()).toMatchObject({ queued: 6, dropped: { trades: 3 } });
    await until(() => {
      open();
      return writer.stats().queued === 0;
    });
    expect(most).toBe(1);
    expect(await tradeIds()).toEqual(['first', 't3', 't4', 't5', 't6', 't7']);
  });

  it('drains everything on shutdown, through failures, and then takes no more', async () => {
    let failures = 1;
    const before = async () => {
      if (failures-- > 0) throw new ArbError('store-busy', 'locked');
    };
    const writer = writerOf({ store: behind({ before }), flushMs: 60_000, batchRows: 10 });
    for (let at = 0; at < 100; at++) writer.addTrade(sampleTrade({ tradeId: `t${at}` }));
    expect(await writer.drain(10_000)).toEqual({ drained: true, left: 0 });
    expect(await tradeIds()).toHaveLength(100);
    writer.addTrade(sampleTrade({ tradeId: 'late' }));
    expect(writer.stats()).toMatchObject({ queued: 0, written: { trades: 100 }, dropped: { trades: 1 } });
  });

  it('gives up draining when the time is over, and says how many rows are left', async () => {
    const before = async () => {
      throw new ArbError('store-full', 'the disk is full');
    };
    const writer = writerOf({ store: behind({ before }), flushMs: 60_000 });
    for (let at = 0; at < 7; at++) writer.addTrade(sampleTrade({ tradeId: `t${at}` }));
    expect(await writer.drain(150)).toEqual({ drained: false, left: 7 });
  });
});
