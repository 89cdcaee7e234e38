import { join } from 'node:path';
import { ArbError } from '../../core/errors.ts';
import { storeError } from './sqlite-error.ts';
import { pruneRows } from './sqlite-prune.ts';
import {
  apiCostParameters,
  balanceParameters,
  comparisonParameters,
  controlParameters,
  decisionCountParameters,
  opportunityParameters,
  readApiCost,
  readBalance,
  readComparison,
  readControl,
  readDecisionCount,
  readKilledRun,
  readOpportunity,
  readRun,
  readTrade,
  runParameters,
  type SqlRow,
  tradeParameters,
} from './sqlite-rows.ts';
import { prepareStatements, type RowStatements, type Statements } from './sqlite-statements.ts';
import type { RowQuery, RunRow, Store, StoreBatch } from './store.ts';
import { openStoreFile, STORE_FILE, type StoreFile } from './store-file.ts';

/** Batches whose ids are remembered; a writer repeats only its latest. */
const REMEMBERED_BATCHES = 100;
const DEFAULT_BUSY_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_WAL_BYTES = 256_000_000;

export interface SqliteStoreOptions {
  readonly dir: string;
  /** How long a call waits for a lock that another process holds. */
  readonly busyTimeoutMs?: number;
  /** Bytes that the write-ahead log may come to while a reader holds it; default 256 MB. Beyond, writes are refused. */
  readonly maxWalBytes?: number;
}

/**
 * The embedded store: one SQLite file in write-ahead-log mode under `dir`, which is created when absent. Its methods
 * block the thread that calls them; a service uses `createWorkerStore`. Throws ArbError `store-…` naming the file and
 * the way out when it cannot be opened for writing.
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  const { dir, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS } = options;
  const path = join(dir, STORE_FILE);
  const maxWalBytes = options.maxWalBytes ?? DEFAULT_MAX_WAL_BYTES;
  let file: StoreFile = openStoreFile(dir, path, busyTimeoutMs);
  let sql: Statements = prepareStatements(file.database);
  /** Of the run that writes here, for a file that has to be begun anew. */
  let run: RunRow | undefined;

  /** Runs `work` as a promise whose errors are ArbErrors that name the file. */
  async function guarded<T>(work: () => T): Promise<T> {
    if (!file.database.isOpen) throw new ArbError('store-closed', `the store in ${path} is closed`, { path });
    try {
      return work();
    } catch (error) {
      throw storeError(error, path);
    }
  }

  /** As `guarded`, for what must be found again: on a file that still is the one that was opened. */
  function written<T>(work: () => T): Promise<T> {
    return guarded(() => {
      const harm = file.harm();
      if (harm !== '') throw heal(harm);
      return work();
    });
  }

  /** Has a file at `path` again, and says what became of the rows. */
  function heal(harm: Exclude<ReturnType<StoreFile['harm']>, ''>): ArbError {
    const kept = file.restore(harm);
    file = openStoreFile(dir, path, busyTimeoutMs);
    sql = prepareStatements(file.database);
    if (run !== undefined) sql.startRun.run(runParameters(run));
    const became = kept
      ? 'it was written again whole, with every row'
      : 'what this run had written is not in the file that stands there now';
    return new ArbError('store-file-lost', `${path} was ${harm} while it was in use: ${became}`, {
      path,
      kept,
    });
  }

  /** A reader that stays in one view of the file keeps the log from being taken over; it must not grow for ever. */
  function boundLog(): void {
    if (file.walBytes() <= maxWalBytes) return;
    if (file.checkpoint() && file.walBytes() <= maxWalBytes) return;
    throw new ArbError(
      'store-log-held',
      `${path}-wal has grown to ${file.walBytes()} bytes because a reader of the store never lets go of it: close that one`,
      { path },
    );
  }

  function writeBatch(batch: StoreBatch): void {
    boundLog();
    const { database } = file;
    database.exec('BEGIN IMMEDIATE');
    try {
      if (sql.rememberBatch.run({ batch_id: batch.batchId }).changes !== 0) {
        sql.forgetBatches.run({ kept: REMEMBERED_BATCHES });
        for (const row of batch.trades ?? []) sql.addTrade.run(tradeParameters(row));
        for (const row of batch.opportunities ?? []) sql.addOpportunity.run(opportunityParameters(row));
        for (const row of batch.decisionCounts ?? []) sql.addDecisions.run(decisionCountParameters(row));
        for (const row of batch.balances ?? []) sql.addBalance.run(balanceParameters(row));
        for (const row of batch.comparisons ?? []) sql.addComparison.run(comparisonParameters(row));
        for (const row of batch.apiCosts ?? []) sql.addApiCost.run(apiCostParameters(row));
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  function page(statements: RowStatements, query: RowQuery): SqlRow[] {
    const before = { before_ms: query.beforeMs ?? Number.MAX_SAFE_INTEGER, before_id: query.beforeId ?? '' };
    const parameters = { ...before, limit: Math.max(0, Math.trunc(query.limit)) };
    if (query.runId === undefined) return statements.all.all(parameters);
    return statements.ofRun.all({ ...parameters, run_id: query.runId });
  }

  return {
    startRun: (row) =>
      written(() => {
        sql.startRun.run(runParameters(row));
        run ??= row;
      }),
    endRun: (runId, endedAtMs, summary) =>
      written(() => {
        const ended = { run_id: runId, ended_at_ms: endedAtMs, summary: JSON.stringify(summary) };
        if (sql.endRun.run(ended).changes !== 0) return;
        throw new ArbError('store-unknown-run', `${path} has no run ${runId}`, { path, runId });
      }),
    closeKilledRuns: ({ sinceMs }) =>
      guarded(() =>
        sql.openRuns.all({ since_ms: sinceMs }).map((row) => {
          const killed = readKilledRun(row);
          const summary = { status: 'killed', netLamports: String(killed.netLamports) };
          sql.endRun.run({
            run_id: killed.runId,
            ended_at_ms: killed.lastAtMs,
            summary: JSON.stringify(summary),
          });
          return killed;
        }),
      ),
    write: (batch) => written(() => writeBatch(batch)),
    trades: (query) => guarded(() => page(sql.trades, query).map(readTrade)),
    opportunities: (query) => guarded(() => page(sql.opportunities, query).map(readOpportunity)),
    comparisons: (query) => guarded(() => page(sql.comparisons, query).map(readComparison)),
    decisionCounts: ({ runId }) => guarded(() => sql.decisions.all({ run_id: runId }).map(readDecisionCount)),
    apiCosts: ({ runId, fromMs, untilMs }) =>
      guarded(() =>
        sql.apiCosts.all({ run_id: runId ?? null, from_ms: fromMs, until_ms: untilMs }).map(readApiCost),
      ),
    balances: ({ runId }) => guarded(() => sql.balances.all({ run_id: runId }).map(readBalance)),
    controls: () => guarded(() => sql.controls.all().map(readControl)),
    setControl: (control) => written(() => void sql.setControl.run(controlParameters(control))),
    runs: ({ limit }) => guarded(() => sql.runs.all({ limit: Math.max(0, Math.trunc(limit)) }).map(readRun)),
    prune: (request) =>
      written(() => {
        const pruned = pruneRows(file.database, request);
        file.shrink();
        return { ...pruned, walBytes: file.walBytes() };
      }),
    async close() {
      if (file.database.isOpen) file.close();
    },
  };
}
