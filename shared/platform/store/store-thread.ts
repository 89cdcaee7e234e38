import { Worker } from 'node:worker_threads';
import { ArbError, type ErrorContext, errorText } from '../../core/errors.ts';
import type { SqliteStoreOptions } from './sqlite-store.ts';
import type { Store, StoreBatch } from './store.ts';

export type StoreMethod = keyof Store;

/** What the main thread sends. `part` carries rows of a batch whose `write` follows, and is not answered. */
export type StoreRequest =
  | { readonly method: StoreMethod; readonly id: number; readonly args: readonly unknown[] }
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

/** One thread that holds the SQLite store open. Once it has ended it stays so. */
export interface StoreThread {
  readonly hasEnded: boolean;
  /** Rejects with the store's own errors, and with `store-thread-died` when the thread ends before its answer. */
  send(method: StoreMethod, args: readonly unknown[]): Promise<unknown>;
  sendPart(batch: StoreBatch): void;
  terminate(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ArbError): void;
}

const OPEN_REPLY = 0;

/** Resolves when the store is open in a new thread; rejects with why it cannot be opened. */
export async function startStoreThread(options: SqliteStoreOptions): Promise<StoreThread> {
  const worker = new Worker(new URL('./sqlite-store-worker.ts', import.meta.url), {
    workerData: options,
    // The flags of this process may not suit a thread (--input-type, an inspector's port).
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let lastId = OPEN_REPLY;
  let ended: ArbError | undefined;

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

  await answer(OPEN_REPLY);
  return {
    get hasEnded() {
      return ended !== undefined;
    },
    send(method, args) {
      const id = ++lastId;
      const promise = answer(id);
      if (ended === undefined) worker.postMessage({ method, id, args } satisfies StoreRequest);
      return promise;
    },
    sendPart(batch) {
      worker.postMessage({ method: 'part', batch } satisfies StoreRequest);
    },
    async terminate() {
      await worker.terminate();
    },
  };
}

function threadDied(why: string): ArbError {
  return new ArbError('store-thread-died', `the thread of the store has ended (${why})`, { why });
}
