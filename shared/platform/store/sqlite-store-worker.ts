import { parentPort, workerData } from 'node:worker_threads';
import { ArbError, errorText } from '../../core/errors.ts';
import { createSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import type { StoreBatch } from './store.ts';
import type { StoreReply, StoreRequest } from './store-thread.ts';

// The thread that holds the SQLite store for store-thread.ts: one request after another, in the order sent.

const port = parentPort;
if (port === null) throw new ArbError('store-worker-misuse', 'sqlite-store-worker.ts runs only as a worker');

const reply = (message: StoreReply): void => port.postMessage(message);

function failed(id: number, thrown: unknown): StoreReply {
  const code = thrown instanceof ArbError ? thrown.code : 'store-failed';
  const context = thrown instanceof ArbError ? thrown.context : {};
  return { id, ok: false, code, message: errorText(thrown), context };
}

try {
  const store = createSqliteStore(workerData as SqliteStoreOptions);
  let parts: StoreBatch[] = [];
  port.on('message', (request: StoreRequest) => {
    if (request.method === 'part') {
      parts.push(request.batch);
      return;
    }
    const { id, method, args } = request;
    let answer: Promise<unknown>;
    if (method === 'write') {
      answer = store.write(joined(args[0] as StoreBatch, parts));
      parts = [];
    } else {
      answer = (store[method] as (...values: readonly unknown[]) => Promise<unknown>)(...args);
    }
    answer.then(
      (value) => {
        reply({ id, ok: true, value });
        // An open port keeps the thread alive.
        if (method === 'close') port.close();
      },
      (error: unknown) => reply(failed(id, error)),
    );
  });
  reply({ id: 0, ok: true, value: undefined });
} catch (error) {
  reply(failed(0, error));
  port.close();
}

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
