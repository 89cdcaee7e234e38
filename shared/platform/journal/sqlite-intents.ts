import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Address } from '../../core/address.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import type { Intent, IntentJournal } from '../../execution/intent-journal.ts';
import { makeFolder } from '../files/make-folder.ts';

export const INTENTS_FILE = 'intents.sqlite';

export interface SqliteIntentsOptions {
  readonly dir: string;
  /** How long a call waits for a lock that another process holds. */
  readonly busyTimeoutMs?: number;
}

const DEFAULT_BUSY_TIMEOUT_MS = 1_500;
const VERSION = 2;

/** Amounts are TEXT decimals: a u64 does not fit SQLite's integers. `step` counts in the order of appending. */
const SCHEMA = `
  CREATE TABLE intents (
    step INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, run_id TEXT NOT NULL, scope TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL, slot INTEGER NOT NULL,
    expires_after_slot INTEGER NOT NULL, start_mint TEXT NOT NULL, amount_in TEXT NOT NULL,
    min_amount_out TEXT NOT NULL, max_cost_lamports TEXT NOT NULL, revision INTEGER NOT NULL,
    net_lamports TEXT NOT NULL,
    UNIQUE (order_id, state, revision)
  ) STRICT;
  CREATE INDEX intents_by_run ON intents (run_id, at_ms);
  PRAGMA user_version = ${VERSION};
`;

/** Of version 1, where no end could be corrected. */
const COLUMNS_OF_1 = `step, order_id, run_id, scope, state, reason, at_ms, slot, expires_after_slot, start_mint, amount_in,
  min_amount_out, max_cost_lamports, net_lamports`;
const FROM_1 = `
  ALTER TABLE intents RENAME TO intents_of_1;
  DROP INDEX intents_by_run;
  ${SCHEMA}
  INSERT INTO intents (${COLUMNS_OF_1}, revision) SELECT ${COLUMNS_OF_1}, 0 FROM intents_of_1;
  DROP TABLE intents_of_1;
`;

const ENDS = `('landed', 'failed', 'expired')`;

interface Statements {
  readonly append: StatementSync;
  readonly open: StatementSync;
  readonly steps: StatementSync;
  readonly ends: StatementSync;
  readonly any: StatementSync;
  readonly prune: StatementSync;
}

/**
 * The embedded journal: one SQLite file of its own under `dir`, each step flushed to the disk before its promise resolves
 * (write-ahead log, `synchronous = FULL`). Its methods block the thread that calls them; a service uses
 * `createWorkerIntents`. Throws ArbError `intents-…` that names the file and the way out.
 */
export function createSqliteIntents({
  dir,
  busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS,
}: SqliteIntentsOptions): IntentJournal {
  const path = join(dir, INTENTS_FILE);
  let database: DatabaseSync;
  let sql: Statements;
  try {
    makeFolder(dir);
    if (existsSync(path)) chmodSync(path, 0o600);
    else closeSync(openSync(path, 'ax', 0o600));
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    prepare(database, path);
    sql = statementsOf(database);
  } catch (error) {
    throw intentsError(error, path);
  }
  /** A step that could not be written: `sync` says so until it, or the same one again, is. */
  const failed = new Map<string, ArbError>();

  async function guarded<T>(work: () => T): Promise<T> {
    if (!database.isOpen) throw new ArbError('intents-closed', `the journal in ${path} is closed`, { path });
    try {
      if (!existsSync(path)) throw new Error('the file was deleted while it was in use');
      return work();
    } catch (error) {
      throw intentsError(error, path);
    }
  }

  return {
    async append(intent) {
      const key = `${intent.orderId} ${intent.state}`;
      try {
        await guarded(() => sql.append.run(parametersOf(intent)));
        failed.delete(key);
      } catch (error) {
        failed.set(key, error as ArbError);
        throw error;
      }
    },
    async sync() {
      const [error] = failed.values();
      if (error !== undefined) throw error;
    },
    open: () => guarded(() => sql.open.all().map(intentOf)),
    steps: (orderId) => guarded(() => sql.steps.all({ order_id: orderId }).map(intentOf)),
    netLamports: ({ runId, sinceMs }) =>
      guarded(() => {
        if (sql.any.get({ run_id: runId }) === undefined) return undefined;
        return sql.ends
          .all({ run_id: runId, since_ms: sinceMs })
          .reduce((sum, row) => sum + BigInt(String(row.net_lamports)), 0n);
      }),
    prune: ({ beforeMs, orders }) => guarded(() => void sql.prune.run({ before_ms: beforeMs, orders })),
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

function prepare(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > VERSION) {
    const message = `${path} was written by a newer version of this program: use that one, or another data directory (store.dir)`;
    throw new ArbError('intents-newer', message, { path, version });
  }
  if (version < VERSION) upgrade(database);
  // Finds a read-only file now and not at the first order.
  database.exec('BEGIN IMMEDIATE; ROLLBACK');
}

function upgrade(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have done it between the look before and the lock.
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version < VERSION) database.exec(version === 0 ? SCHEMA : FROM_1);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function statementsOf(database: DatabaseSync): Statements {
  return {
    append: database.prepare(
      `INSERT INTO intents (order_id, run_id, scope, state, reason, at_ms, slot, expires_after_slot,
         start_mint, amount_in, min_amount_out, max_cost_lamports, revision, net_lamports)
       VALUES (:order_id, :run_id, :scope, :state, :reason, :at_ms, :slot, :expires_after_slot,
         :start_mint, :amount_in, :min_amount_out, :max_cost_lamports, :revision,
         :net_lamports)
       ON CONFLICT (order_id, state, revision) DO NOTHING`,
    ),
    open: database.prepare(
      `SELECT last.* FROM intents last
       JOIN (SELECT order_id, min(step) AS first, max(step) AS step FROM intents GROUP BY order_id) span
         ON last.step = span.step
       WHERE last.order_id NOT IN (SELECT order_id FROM intents WHERE state IN ${ENDS})
       ORDER BY span.first`,
    ),
    steps: database.prepare('SELECT * FROM intents WHERE order_id = :order_id ORDER BY step'),
    ends: database.prepare(
      `SELECT net_lamports FROM intents WHERE run_id = :run_id AND at_ms >= :since_ms AND state IN ${ENDS}`,
    ),
    prune: database.prepare(
      `DELETE FROM intents WHERE order_id IN (
         SELECT order_id FROM intents GROUP BY order_id
         HAVING max(at_ms) < :before_ms AND max(state IN ${ENDS}) = 1 LIMIT :orders)`,
    ),
    any: database.prepare('SELECT 1 FROM intents WHERE run_id = :run_id LIMIT 1'),
  };
}

function parametersOf(intent: Intent) {
  return {
    order_id: intent.orderId,
    run_id: intent.runId,
    scope: intent.scope,
    state: intent.state,
    reason: intent.reason,
    at_ms: intent.atMs,
    slot: intent.slot,
    expires_after_slot: intent.expiresAfterSlot,
    start_mint: intent.startMint,
    amount_in: String(intent.amountIn),
    min_amount_out: String(intent.minAmountOut),
    max_cost_lamports: String(intent.maxCostLamports),
    revision: intent.revision,
    net_lamports: String(intent.netLamports),
  };
}

function intentOf(row: Readonly<Record<string, unknown>>): Intent {
  return {
    orderId: String(row.order_id),
    runId: String(row.run_id),
    scope: String(row.scope),
    state: String(row.state) as Intent['state'],
    reason: String(row.reason),
    atMs: Number(row.at_ms),
    slot: Number(row.slot),
    expiresAfterSlot: Number(row.expires_after_slot),
    startMint: String(row.start_mint) as Address,
    amountIn: BigInt(String(row.amount_in)),
    minAmountOut: BigInt(String(row.min_amount_out)),
    maxCostLamports: BigInt(String(row.max_cost_lamports)),
    revision: Number(row.revision),
    netLamports: BigInt(String(row.net_lamports)),
  };
}

function intentsError(thrown: unknown, path: string): ArbError {
  if (thrown instanceof ArbError) return thrown;
  const message =
    `the journal of orders in ${path} cannot be used: free the disk, make its directory writable, or move the file ` +
    `away once it is known what became of the orders in it (${errorText(thrown)})`;
  return new ArbError('intents-unusable', message, { path }, thrown);
}
