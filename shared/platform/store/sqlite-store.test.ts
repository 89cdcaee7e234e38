import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  describeStore,
  sampleApiCost,
  sampleComparison,
  sampleOpportunity,
  sampleRun,
  sampleTrade,
} from './contract.ts';
import { migrate, SCHEMA_VERSION } from './sqlite-schema.ts';
import { createSqliteStore } from './sqlite-store.ts';
import type { PruneRequest } from './store.ts';
import { STORE_FILE } from './store-file.ts';

function temporaryDir(): string {
  return mkdtempSync(join(tmpdir(), 'arb-store-'));
}

describeStore('sqlite', async () => {
  const parent = temporaryDir();
  return {
    open: async () => createSqliteStore({ dir: join(parent, 'made', 'when', 'absent') }),
    dispose: async () => rmSync(parent, { recursive: true }),
  };
});

describe('the sqlite store', () => {
  let dir: string;
  let path: string;

  beforeEach(() => {
    dir = temporaryDir();
    path = join(dir, STORE_FILE);
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('refuses a file that a newer version wrote, and leaves it as it is', () => {
    const newer = new DatabaseSync(path);
    newer.exec(`CREATE TABLE future (x); PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    newer.close();
    expect(() => createSqliteStore({ dir })).toThrow(
      expect.objectContaining({ code: 'store-newer-schema', message: expect.stringContaining(path) }),
    );
    const after = new DatabaseSync(path);
    expect(after.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'future' }]);
    after.close();
  });

  it('refuses another program’s database', () => {
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE notes (x)');
    foreign.close();
    expect(() => createSqliteStore({ dir })).toThrow(expect.objectContaining({ code: 'store-foreign-file' }));
  });

  it('brings an empty file to the present schema, once', async () => {
    new DatabaseSync(path).close();
    await createSqliteStore({ dir }).close();
    const database = new DatabaseSync(path);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION });
    migrate(database, path);
    database.close();
  });

  it('brings a file of the first schema up to date with its rows', async () => {
    const before = createSqliteStore({ dir });
    await before.write({ batchId: 'b1', opportunities: [sampleOpportunity({ opportunityId: 'old' })] });
    await before.close();
    const database = new DatabaseSync(path);
    database.exec('DROP TABLE api_costs; DROP TABLE comparisons; PRAGMA user_version = 1');
    database.close();
    const store = createSqliteStore({ dir });
    expect(await store.opportunities({ limit: 10 })).toHaveLength(1);
    await store.write({ batchId: 'b2', comparisons: [sampleComparison({})], apiCosts: [sampleApiCost({})] });
    expect(await store.apiCosts({ fromMs: 0, untilMs: 1e13 })).toEqual([sampleApiCost({})]);
    expect(await store.comparisons({ limit: 10 })).toEqual([sampleComparison({})]);
    await store.close();
  });

  it('refuses a file that is no database, naming it and the way out', () => {
    writeFileSync(path, 'these are not the bytes of a database '.repeat(200));
    expect(() => createSqliteStore({ dir })).toThrow(
      expect.objectContaining({
        code: 'store-corrupt',
        message: expect.stringMatching(new RegExp(`${path} is damaged.*move it`)),
      }),
    );
  });

  it('says that a damaged file is damaged when it meets the damage', async () => {
    const store = createSqliteStore({ dir });
    const opportunities = Array.from({ length: 500 }, (_, at) =>
      sampleOpportunity({ opportunityId: `o${at}` }),
    );
    await store.write({ batchId: 'b1', opportunities });
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xaa, 4_096 * 3);
    writeFileSync(path, bytes);
    const read = async () => {
      const damaged = createSqliteStore({ dir });
      try {
        return await damaged.opportunities({ limit: 1_000 });
      } finally {
        await damaged.close();
      }
    };
    await expect(read()).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining(path),
    });
  });

  it('refuses a data directory that cannot be one', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    for (const impossible of [file, join(file, 'below')]) {
      expect(() => createSqliteStore({ dir: impossible })).toThrow(
        expect.objectContaining({
          code: 'store-unwritable',
          message: expect.stringMatching(/another data directory/),
        }),
      );
    }
    mkdirSync(path);
    expect(() => createSqliteStore({ dir })).toThrow(expect.objectContaining({ code: 'store-unwritable' }));
  });

  it('finds at the start, not at the first trade, that another process holds the file', async () => {
    await createSqliteStore({ dir }).close();
    const locker = new DatabaseSync(path);
    locker.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    try {
      expect(() => createSqliteStore({ dir, busyTimeoutMs: 10 })).toThrow(
        expect.objectContaining({ code: 'store-busy' }),
      );
    } finally {
      locker.close();
    }
  });

  it('remembers only the latest batches', async () => {
    const store = createSqliteStore({ dir });
    for (let batch = 0; batch < 120; batch++) await store.write({ batchId: `b${batch}` });
    await store.close();
    const database = new DatabaseSync(path);
    expect(database.prepare('SELECT count(*) AS batches FROM batches').get()).toEqual({ batches: 100 });
    database.close();
  });

  it('lets a second process read while it writes', async () => {
    const store = createSqliteStore({ dir });
    const reader = createSqliteStore({ dir });
    await store.write({ batchId: 'b1', trades: [sampleTrade({})] });
    expect(await reader.trades({ limit: 10 })).toHaveLength(1);
    await reader.close();
    await store.close();
  });

  it('is for its owner only, a file of an earlier version too', async () => {
    writeFileSync(path, '', { mode: 0o644 });
    const store = createSqliteStore({ dir });
    await store.write({ batchId: 'b1', trades: [sampleTrade({})] });
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('notices that its file was deleted, and writes it again whole', async () => {
    const store = createSqliteStore({ dir });
    await store.startRun(sampleRun());
    await store.write({ batchId: 'b1', trades: [sampleTrade({ tradeId: 't1' })] });
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix);
    const batch = { batchId: 'b2', trades: [sampleTrade({ tradeId: 't2', landedAtMs: 2_000 })] };
    await expect(store.write(batch)).rejects.toMatchObject({
      code: 'store-file-lost',
      message: expect.stringMatching(/was deleted while it was in use: it was written again whole/),
    });
    await store.write(batch);
    await store.close();
    const again = createSqliteStore({ dir });
    expect((await again.trades({ limit: 9 })).map(({ tradeId }) => tradeId)).toEqual(['t2', 't1']);
    await again.close();
  });

  it('begins anew when its whole directory was deleted', async () => {
    const inner = join(dir, 'inner');
    const store = createSqliteStore({ dir: inner });
    await store.startRun(sampleRun());
    rmSync(inner, { recursive: true });
    await expect(store.setControl(SAMPLE_CONTROL)).rejects.toMatchObject({ code: 'store-file-lost' });
    await store.setControl(SAMPLE_CONTROL);
    await store.endRun('run', 5_000, {});
    await store.close();
    expect(existsSync(join(inner, STORE_FILE))).toBe(true);
  });

  it.each(['replaced', 'truncated'] as const)(
    'notices that its file was %s, and begins it anew',
    async (harm) => {
      const store = createSqliteStore({ dir });
      await store.startRun(sampleRun());
      await store.write({ batchId: 'b1', trades: [sampleTrade({ tradeId: 't1' })] });
      await store.prune(request({}));
      if (harm === 'truncated') truncateSync(path, 4_096);
      else {
        const other = createSqliteStore({ dir: join(dir, 'other') });
        await other.write({ batchId: 'b1', trades: [sampleTrade({ tradeId: 'from a backup' })] });
        await other.close();
        renameSync(join(dir, 'other', STORE_FILE), path);
      }
      const batch = { batchId: 'b2', trades: [sampleTrade({ tradeId: 't2', landedAtMs: 2_000 })] };
      await expect(store.write(batch)).rejects.toMatchObject({
        code: 'store-file-lost',
        message: expect.stringContaining(
          `was ${harm} while it was in use: what this run had written is not in`,
        ),
        context: { kept: false },
      });
      await store.write(batch);
      await store.endRun('run', 5_000, {});
      await store.close();
      const again = createSqliteStore({ dir });
      const kept = harm === 'replaced' ? ['t2', 'from a backup'] : ['t2'];
      expect((await again.trades({ limit: 9 })).map(({ tradeId }) => tradeId)).toEqual(kept);
      await again.close();
    },
  );

  it('goes on with a file that another process has made smaller', async () => {
    const store = createSqliteStore({ dir });
    const opportunities = Array.from({ length: 2_000 }, (_, at) =>
      sampleOpportunity({ opportunityId: `o${at}`, atMs: at }),
    );
    await store.write({ batchId: 'b1', trades: [sampleTrade({ tradeId: 't1' })], opportunities });
    await store.prune(request({}));
    const before = statSync(path).size;
    const other = new DatabaseSync(path);
    other.exec('DELETE FROM opportunities; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
    other.close();
    expect(statSync(path).size).toBeLessThan(before / 2);
    await store.write({ batchId: 'b2', trades: [sampleTrade({ tradeId: 't2' })] });
    expect(await store.trades({ limit: 9 })).toHaveLength(2);
    await store.close();
  });

  it('keeps its log bounded while a reader never lets go, says so, and goes on once it has', async () => {
    const store = createSqliteStore({ dir, busyTimeoutMs: 10, maxWalBytes: 300_000 });
    await store.write({ batchId: 'b0', trades: [sampleTrade({})] });
    const reader = new DatabaseSync(path);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM trades').get();
    let refused: unknown;
    let written = 0;
    for (; written < 1_000 && refused === undefined; written++) {
      const opportunities = Array.from({ length: 50 }, (_, at) =>
        sampleOpportunity({ opportunityId: `o${written}-${at}`, atMs: written }),
      );
      await store.write({ batchId: `b${written + 1}`, opportunities }).catch((error: unknown) => {
        refused = error;
      });
    }
    expect(refused).toMatchObject({ code: 'store-log-held' });
    expect(statSync(`${path}-wal`).size).toBeLessThan(600_000);
    reader.close();
    await store.write({ batchId: 'last', trades: [sampleTrade({ tradeId: 'last' })] });
    expect(statSync(`${path}-wal`).size).toBeLessThan(300_000);
    await store.close();
  });

  it('keeps rows by their age, and its files as large as what is kept', async () => {
    const store = createSqliteStore({ dir });
    const HOUR_MS = 3_600_000;
    const sizes: number[] = [];
    const wals: number[] = [];
    // Twenty days in hours, of which three are kept: the service's own loop on a clock that runs.
    for (let hour = 0; hour < 20 * 24; hour++) {
      const atMs = 1e12 + hour * HOUR_MS;
      const opportunities = Array.from({ length: 40 }, (_, at) =>
        sampleOpportunity({ opportunityId: `o${hour}-${at}`, atMs }),
      );
      const balances = [{ runId: 'run', mint: 'm', atMs, amount: 1n }];
      const decisionCounts = [{ runId: 'run', minuteMs: atMs, reason: 'a', count: 1 }];
      await store.write({ batchId: `b${hour}`, opportunities, balances, decisionCounts });
      for (let more = true; more; ) {
        const before = atMs - 72 * HOUR_MS;
        ({ more } = await store.prune(request({ beforeMs: before, rows: 100 })));
      }
      wals.push(statSync(`${path}-wal`).size);
      if (hour % 80 === 79) sizes.push(statSync(path).size);
    }
    const [, second, , , , last] = sizes;
    expect(last).toBeLessThanOrEqual(second! * 1.05);
    expect(Math.max(...wals)).toBeLessThan(1_000_000);
    expect(await store.opportunities({ limit: 10_000 })).toHaveLength(73 * 40);
    await store.close();
  }, 120_000);

  it('lets the oldest least important rows go when there are too many, and no trade', async () => {
    const store = createSqliteStore({ dir });
    const opportunities = Array.from({ length: 3_000 }, (_, at) =>
      sampleOpportunity({ opportunityId: `o${at}`, atMs: at }),
    );
    await store.write({ batchId: 'b1', trades: [sampleTrade({})], opportunities });
    let forSize = 0;
    for (let round = 0; round < 100; round++) {
      const { deletedForSize, more } = await store.prune(request({ maxBytes: 300_000 }));
      forSize += deletedForSize;
      if (!more) break;
    }
    const left = await store.opportunities({ limit: 10_000 });
    expect([forSize + left.length, left.at(-1)?.atMs]).toEqual([3_000, forSize]);
    expect(await store.trades({ limit: 9 })).toHaveLength(1);
    expect(forSize).toBeGreaterThan(1_000);
    expect(statSync(path).size).toBeLessThan(350_000);
    await store.close();
  });

  it('makes a file of an earlier version one that shrinks', async () => {
    const old = new DatabaseSync(path);
    old.exec('PRAGMA journal_mode = WAL');
    migrate(old, path);
    old.exec('DROP INDEX balances_by_time; DROP INDEX decision_counts_by_time; PRAGMA user_version = 3');
    old.close();
    await createSqliteStore({ dir }).close();
    const now = new DatabaseSync(path);
    expect(now.prepare('PRAGMA auto_vacuum').get()).toEqual({ auto_vacuum: 2 });
    now.close();
  });
});

const SAMPLE_CONTROL = { name: 'trading', value: 'paused', by: 'me', reason: '', atMs: 1 } as const;

/** A request to prune; without more, one that deletes nothing. */
function request(fields: { beforeMs?: number; rows?: number; maxBytes?: number }): PruneRequest {
  const { beforeMs: before = 0, rows = 100, maxBytes = 1e12 } = fields;
  const kinds = ['trades', 'opportunities', 'decisionCounts', 'balances', 'comparisons', 'apiCosts'];
  return {
    beforeMs: Object.fromEntries(kinds.map((kind) => [kind, before])) as PruneRequest['beforeMs'],
    rows,
    maxBytes,
  };
}
