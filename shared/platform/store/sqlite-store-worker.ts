import { workerData } from 'node:worker_threads';
import { serveCalls } from '../process/serve-calls.ts';
import { createSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import type { Store, StoreBatch } from './store.ts';

// The thread that holds the SQLite store for worker-store.ts.

serveCalls('store-failed', () => {
  const store = createSqliteStore(workerData as SqliteStoreOptions);
  let parts: StoreBatch[] = [];
  return async (method, args) => {
    if (method === 'part') {
      parts.push(args[0] as StoreBatch);
      return undefined;
    }
    if (method === 'write') {
      const before = parts;
      parts = [];
      return store.write(joined(args[0] as StoreBatch, before));
    }
    return (store[method as keyof Store] as (...values: readonly unknown[]) => Promise<unknown>)(...args);
  };
});

/** `last` with the rows of the parts that came before it. */
function joined(last: StoreBatch, parts: readonly StoreBatch[]): StoreBatch {
  const all = [...parts.filter(({ batchId }) => batchId === last.batchId), last];
  return {
    batchId: last.batchId,
    trades: all.flatMap(({ trades }) => trades ?? []),
    opportunities: all.flatMap(({ opportunities }) => opportunities ?? []),
    decisionCounts: all.flatMap(({ decisionCounts }) => decisionCounts ?? []),
    balances: all.flatMap(({ balances }) => balances ?? []),
    comparisons: all.flatMap(({ comparisons }) => comparisons ?? []),
    apiCosts: all.flatMap(({ apiCosts }) => apiCosts ?? []),
  };
}
