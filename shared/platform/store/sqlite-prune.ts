import type { DatabaseSync } from 'node:sqlite';
import type { PruneRequest, RowKind } from './store.ts';

/** Where each kind of row stands: its table, its time, and what names one row. */
const PLACES: Readonly<
  Record<RowKind, { readonly table: string; readonly time: string; readonly key: string }>
> = {
  trades: { table: 'trades', time: 'landed_at_ms', key: 'rowid' },
  opportunities: { table: 'opportunities', time: 'at_ms', key: 'rowid' },
  decisionCounts: { table: 'decision_counts', time: 'minute_ms', key: '(run_id, minute_ms, reason)' },
  balances: { table: 'balances', time: 'at_ms', key: '(run_id, mint, at_ms)' },
  comparisons: { table: 'comparisons', time: 'at_ms', key: 'rowid' },
  apiCosts: { table: 'api_costs', time: 'minute_ms', key: '(minute_ms, provider, method, run_id)' },
};

/** What goes first when the file is too large. Trades, costs and runs stay as long as they are kept. */
const LEAST_IMPORTANT: readonly RowKind[] = ['comparisons', 'opportunities', 'decisionCounts', 'balances'];

/** Deletes at most `rows` rows of each kind that are too old; and when the file is too large, the oldest least important. */
export function pruneRows(
  database: DatabaseSync,
  { beforeMs, rows, maxBytes }: PruneRequest,
): { readonly deleted: number; readonly deletedForSize: number; readonly more: boolean } {
  let deleted = 0;
  let more = false;
  for (const kind of Object.keys(PLACES) as RowKind[]) {
    const count = deleteOldest(database, kind, beforeMs[kind], rows);
    deleted += count;
    more ||= count === rows;
  }
  // Runs as long as their trades; one that has not ended stays.
  database
    .prepare('DELETE FROM runs WHERE ended_at_ms IS NOT NULL AND ended_at_ms < ?')
    .run(Math.min(beforeMs.trades, beforeMs.apiCosts));
  let deletedForSize = 0;
  if (usedBytes(database) > maxBytes) {
    for (const kind of LEAST_IMPORTANT) {
      deletedForSize = deleteOldest(database, kind, Number.MAX_SAFE_INTEGER, rows);
      if (deletedForSize > 0) break;
    }
    more ||= deletedForSize === rows;
  }
  return { deleted, deletedForSize, more };
}

function deleteOldest(database: DatabaseSync, kind: RowKind, beforeMs: number, rows: number): number {
  const { table, time, key } = PLACES[kind];
  const columns = key.replace(/[()]/g, '');
  const { changes } = database
    .prepare(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${time} < ? ORDER BY ${time} LIMIT ?)`,
    )
    .run(beforeMs, rows);
  return Number(changes);
}

/** Without the pages that are free. */
function usedBytes(database: DatabaseSync): number {
  const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}
