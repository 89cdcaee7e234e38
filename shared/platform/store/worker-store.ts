import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ArbError, type ErrorContext, errorText } from '../../core/errors.ts';
import type { SqliteStoreOptions } from './sqlite-store.ts';
import type { Store, StoreBatch } from './store.ts';

type Method = keyof Store;

/** What the main thread sends. `part` carries rows of a batch whose `write` follows, and is not answered. */
export type StoreRequest =
  | { readonly method: Method; readonly id: number; readonly args: readonly unknown[] }
  | { readonly method: 'part'; readonly batch: StoreBatch };

export type StoreReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly context: ErrorContext;
    };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ArbError): void;
}

/**
 * Rows sent in one go. Copying a row to the other thread costs the main thread 2–5 µs, so this keeps each pause
 * under half a millisecond; between slices the event loop runs.
 */
const SLICE_ROWS = 64;
const OPEN_REPLY = 0;

/**
 * The SQLite store of `createSqliteStore` in a thread of its own, so that no write ever blocks the caller. Rows must
 * not be changed after they were given to `write`. Rejects with the same `store-…` errors, and with `store-thread-died`
 * when the thread has ended. The thread does not keep the process alive unless an answer is awaited.
 */
export async function createWorkerStore(options: SqliteStoreOptions): Promise<Store> {
  const worker = new Worker(new URL('./sqlite-store-worker.ts', import.meta.url), {
    workerData: options,
    // The flags of this process may not suit a thread (--input-type, an inspector's port).
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let lastId = OPEN_REPLY;
  let ended: ArbError | undefined;
  let closing: Promise<void> | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  function answer(id: number): Promise<unknown> {
    if (ended !== undefined) return Promise.reject(ended);
    worker.ref();
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  }

  function end(error: ArbError): void {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  }

  worker.on('message', (reply: StoreReply) => {
    const waiter = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if (reply.ok) waiter?.resolve(reply.value);
    else waiter?.reject(new ArbError(reply.code, reply.message, reply.context));
  });
  worker.on('error', (error) => end(threadDied(errorText(error))));
  worker.on('exit', (code) => end(threadDied(`exit code ${code}`)));

  function call<T>(method: Method, ...args: readonly unknown[]): Promise<T> {
    if (closing !== undefined) return Promise.reject(closedError());
    return send(method, args) as Promise<T>;
  }

  function send(method: Method, args: readonly unknown[]): Promise<unknown> {
    const id = ++lastId;
    const promise = answer(id);
    if (ended === undefined) worker.postMessage({ method, id, args } satisfies StoreRequest);
    return promise;
  }

  async function write(batch: StoreBatch): Promise<void> {
    const slices = slicesOf(batch);
    const last = slices.pop() ?? batch;
    for (const part of slices) {
      worker.postMessage({ method: 'part', batch: part } satisfies StoreRequest);
      await setImmediate();
    }
    await send('write', [last]);
  }

  await answer(OPEN_REPLY);
  return {
    startRun: (run) => call('startRun', run),
    endRun: (runId, endedAtMs, summary) => call('endRun', runId, endedAtMs, summary),
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
    balances: (query) => call('balances', query),
    controls: () => call('controls'),
    setControl: (control) => call('setControl', control),
    runs: (query) => call('runs', query),
    close() {
      closing ??= writing.then(async () => {
        await send('close', []);
        await worker.terminate();
      });
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
  return slices;
}

function closedError(): ArbError {
  return new ArbError('store-closed', 'the store is closed');
}

function threadDied(why: string): ArbError {
  return new ArbError('store-thread-died', `the thread of the store has ended (${why})`, { why });
}
