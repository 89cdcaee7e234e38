import { setImmediate } from 'node:timers/promises';
import { ArbError } from '../../core/errors.ts';
import { openCallThreads } from '../process/call-thread.ts';
import type { SqliteStoreOptions } from './sqlite-store.ts';
import type { Store, StoreBatch } from './store.ts';

/**
 * Rows sent in one go. Copying a row to the other thread costs the main thread 2–5 µs, so this keeps each pause
 * under half a millisecond; between slices the event loop runs.
 */
const SLICE_ROWS = 64;

/**
 * The SQLite store of `createSqliteStore` in a thread of its own, so that no write ever blocks the caller. Rows must
 * not be changed after they were given to `write`. Rejects with the same `store-…` errors, and with `store-thread-died`
 * when the thread ends before it has answered: the next call opens the file anew in another thread. A thread does not
 * keep the process alive unless an answer is awaited.
 */
export async function createWorkerStore(options: SqliteStoreOptions): Promise<Store> {
  const threads = await openCallThreads({
    module: new URL('./sqlite-store-worker.ts', import.meta.url),
    workerData: options,
    died: (why) => new ArbError('store-thread-died', `the thread of the store has ended (${why})`, { why }),
  });
  let closing: Promise<void> | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  async function call<T>(method: keyof Store, ...args: readonly unknown[]): Promise<T> {
    if (closing !== undefined) throw closedError();
    return (await (await threads.current()).send(method, args)) as T;
  }

  async function write(batch: StoreBatch): Promise<void> {
    const open = await threads.current();
    const slices = slicesOf(batch);
    const last = slices.pop() ?? batch;
    for (const part of slices) {
      open.post('part', [part]);
      await setImmediate();
    }
    await open.send('write', [last]);
  }

  async function close(): Promise<void> {
    await writing;
    await threads.close();
  }

  return {
    startRun: (run) => call('startRun', run),
    endRun: (runId, endedAtMs, summary) => call('endRun', runId, endedAtMs, summary),
    closeKilledRuns: (query) => call('closeKilledRuns', query),
    write(batch) {
      if (closing !== undefined) return Promise.reject(closedError());
      // The parts of one batch must reach the thread unmixed with another's.
      const written = writing.then(() => write(batch));
      writing = written.catch(() => undefined);
      return written;
    },
    trades: (query) => call('trades', query),
    opportunities: (query) => call('opportunities', query),
    comparisons: (query) => call('comparisons', query),
    decisionCounts: (query) => call('decisionCounts', query),
    apiCosts: (query) => call('apiCosts', query),
    balances: (query) => call('balances', query),
    controls: () => call('controls'),
    setControl: (control) => call('setControl', control),
    prune: (request) => call('prune', request),
    runs: (query) => call('runs', query),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** `batch` in pieces of at most `SLICE_ROWS` rows; the last one is to be sent as the write itself. */
function slicesOf(batch: StoreBatch): StoreBatch[] {
  const {
    batchId,
    trades = [],
    opportunities = [],
    decisionCounts = [],
    balances = [],
    comparisons = [],
    apiCosts = [],
  } = batch;
  const slices: StoreBatch[] = [];
  const cut = <Row>(rows: readonly Row[], part: (rows: readonly Row[]) => Omit<StoreBatch, 'batchId'>) => {
    for (let at = 0; at < rows.length; at += SLICE_ROWS) {
      slices.push({ batchId, ...part(rows.slice(at, at + SLICE_ROWS)) });
    }
  };
  cut(trades, (rows) => ({ trades: rows }));
  cut(opportunities, (rows) => ({ opportunities: rows }));
  cut(decisionCounts, (rows) => ({ decisionCounts: rows }));
  cut(balances, (rows) => ({ balances: rows }));
  cut(comparisons, (rows) => ({ comparisons: rows }));
  cut(apiCosts, (rows) => ({ apiCosts: rows }));
  return slices;
}

function closedError(): ArbError {
  return new ArbError('store-closed', 'the store is closed');
}
