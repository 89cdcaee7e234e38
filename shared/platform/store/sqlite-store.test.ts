import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  describeStore,
  sampleApiCost,
  sampleComparison,
  sampleOpportunity,
  sampleTrade,
} from './contract.ts';
import { migrate, SCHEMA_VERSION } from './sqlite-schema.ts';
import { createSqliteStore, STORE_FILE } from './sqlite-store.ts';

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
});
