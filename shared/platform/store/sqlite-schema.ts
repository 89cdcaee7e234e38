import type { DatabaseSync } from 'node:sqlite';
import { ArbError } from '../../core/errors.ts';
import { storeError } from './sqlite-error.ts';

/**
 * One migration a schema version, in order; a released one is never edited. Amounts are TEXT decimals, because
 * SQLite's integers are signed 64-bit and a u64 is not.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, version TEXT NOT NULL,
    mode TEXT NOT NULL, market TEXT NOT NULL, seed TEXT NOT NULL, summary TEXT
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (started_at_ms);

  CREATE TABLE trades (
    trade_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, route_id TEXT NOT NULL, mode TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL, decided_slot INTEGER NOT NULL, landed_slot INTEGER NOT NULL,
    decided_at_ms INTEGER NOT NULL, landed_at_ms INTEGER NOT NULL, start_mint TEXT NOT NULL, legs TEXT NOT NULL,
    amount_in TEXT NOT NULL, expected_out TEXT NOT NULL, amount_out TEXT NOT NULL, gross_profit TEXT NOT NULL,
    cost_lamports TEXT NOT NULL, net_profit TEXT NOT NULL, net_lamports TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trades_by_time ON trades (landed_at_ms);
  CREATE INDEX trades_by_run ON trades (run_id, landed_at_ms);

  CREATE TABLE opportunities (
    opportunity_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, slot INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    start_mint TEXT NOT NULL, route_id TEXT NOT NULL, legs TEXT NOT NULL, amount_in TEXT NOT NULL,
    amount_out TEXT NOT NULL, gross_profit TEXT NOT NULL, net_profit TEXT NOT NULL, cost_lamports TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX opportunities_by_time ON opportunities (at_ms);
  CREATE INDEX opportunities_by_run ON opportunities (run_id, at_ms);

  CREATE TABLE decision_counts (
    run_id TEXT NOT NULL, minute_ms INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (run_id, minute_ms, reason)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE balances (
    run_id TEXT NOT NULL, mint TEXT NOT NULL, at_ms INTEGER NOT NULL, amount TEXT NOT NULL,
    PRIMARY KEY (run_id, mint, at_ms)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE controls (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE batches (sequence INTEGER PRIMARY KEY, batch_id TEXT NOT NULL UNIQUE) STRICT;
  `,
  `
  CREATE TABLE comparisons (
    comparison_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, at_ms INTEGER NOT NULL, slot INTEGER NOT NULL,
    jupiter_slot INTEGER, mint_in TEXT NOT NULL, mint_out TEXT NOT NULL, amount_in TEXT NOT NULL, own_out TEXT,
    jupiter_out TEXT, own_route TEXT NOT NULL, jupiter_route TEXT NOT NULL, deviation_bps REAL, alarm INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX comparisons_by_time ON comparisons (at_ms);
  CREATE INDEX comparisons_by_run ON comparisons (run_id, at_ms);
  `,
  // Nano-dollars are an INTEGER, which SQLite can add up: nine billion dollars fit.
  `
  CREATE TABLE api_costs (
    minute_ms INTEGER NOT NULL, provider TEXT NOT NULL, method TEXT NOT NULL, run_id TEXT NOT NULL,
    requests INTEGER NOT NULL, throttled INTEGER NOT NULL, credits INTEGER NOT NULL, cost_nano_usd INTEGER NOT NULL,
    PRIMARY KEY (minute_ms, provider, method, run_id)
  ) STRICT, WITHOUT ROWID;
  `,
  // What is deleted by age is found by it.
  `
  CREATE INDEX IF NOT EXISTS decision_counts_by_time ON decision_counts (minute_ms);
  CREATE INDEX IF NOT EXISTS balances_by_time ON balances (at_ms);
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the file at `path` to `SCHEMA_VERSION`, each step in one transaction. Throws `store-newer-schema` when a
 * newer version of the program wrote it, `store-foreign-file` when it is another program's database.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const version = userVersion(database);
  if (version > SCHEMA_VERSION) {
    throw new ArbError(
      'store-newer-schema',
      `${path} was written by a newer version of this program (schema ${version}, this one knows up to ` +
        `${SCHEMA_VERSION}): use that version, or another data directory (store.dir)`,
      { path, version, known: SCHEMA_VERSION },
    );
  }
  if (version === 0 && tableCount(database) > 0) {
    throw new ArbError(
      'store-foreign-file',
      `${path} is a database of another program: use another data directory (store.dir)`,
      { path },
    );
  }
  if (version === SCHEMA_VERSION) return;
  database.exec('BEGIN EXCLUSIVE');
  try {
    // Another process may have migrated it between the look above and the lock.
    for (let step = userVersion(database); step < SCHEMA_VERSION; step++) database.exec(MIGRATIONS[step]!);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
  if (version > 0 && version < FIRST_THAT_SHRINKS) makeShrinkable(database, path);
}

/** Files of earlier versions never give room back until they are written anew, which is done while they are small. */
const FIRST_THAT_SHRINKS = 4;
const MOST_REWRITTEN_BYTES = 100_000_000;

function makeShrinkable(database: DatabaseSync, path: string): void {
  const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  if (pragma('page_count') * pragma('page_size') > MOST_REWRITTEN_BYTES) return;
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
  } catch (error) {
    // Another process reads it: its free room is used again, only not given back.
    if (storeError(error, path).code !== 'store-busy') throw error;
  }
}

function userVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

function tableCount(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables);
}
