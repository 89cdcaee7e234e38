import { Worker } from 'node:worker_threads';
import { ArbError, type ErrorContext, errorText } from '../../core/errors.ts';
import type { IntentJournal } from '../../execution/intent-journal.ts';
import type { SqliteIntentsOptions } from './sqlite-intents.ts';

export interface IntentsRequest {
  readonly id: number;
  readonly method: keyof IntentJournal;
  readonly args: readonly unknown[];
}

export type IntentsReply =
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

/** One thread that holds the journal open. Once it has ended it stays so. */
interface IntentsThread {
  readonly hasEnded: boolean;
  send<T>(method: keyof IntentJournal, args: readonly unknown[]): Promise<T>;
  terminate(): Promise<unknown>;
}

async function startThread(options: SqliteIntentsOptions): Promise<IntentsThread> {
  const url = new URL('./intents-worker.ts', import.meta.url);
  const worker = new Worker(url, { workerData: options, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: ArbError | undefined;

  const answer = <T>(id: number): Promise<T> => {
    if (ended !== undefined) return Promise.reject(ended);
    worker.ref();
    return new Promise<T>((resolve, reject) =>
      waiting.set(id, { resolve: (value) => resolve(value as T), reject }),
    );
  };
  const end = (why: string): void => {
    ended ??= new ArbError('intents-thread-died', `the thread of the journal has ended (${why})`, { why });
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (reply: IntentsReply) => {
    const waiter = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if (reply.ok) waiter?.resolve(reply.value);
    else waiter?.reject(new ArbError(reply.code, reply.message, reply.context));
  });
  worker.on('error', (error) => end(errorText(error)));
  worker.on('exit', (code) => end(`exit code ${code}`));
  await answer(0);
  return {
    get hasEnded() {
      return ended !== undefined;
    },
    send<T>(method: keyof IntentJournal, args: readonly unknown[]) {
      lastId += 1;
      const promise = answer<T>(lastId);
      if (ended === undefined) worker.postMessage({ id: lastId, method, args } satisfies IntentsRequest);
      return promise;
    },
    terminate: () => worker.terminate(),
  };
}

/**
 * The journal of `createSqliteIntents` in a thread of its own: a flush to the disk takes milliseconds, and blocks nobody. Rejects
 * with the same `intents-…` errors, and with `intents-thread-died` when the thread ends before its answer: whoever waits for
 * a step then knows that it may not be written, and the next call opens the file anew in another thread. A thread keeps
 * the process alive only while an answer is awaited. `onThread` is given each of them.
 */
export async function createWorkerIntents(
  options: SqliteIntentsOptions,
  onThread: (thread: { terminate(): Promise<unknown> }) => void = () => {},
): Promise<IntentJournal> {
  let opening: Promise<IntentsThread> | undefined;
  let closing: Promise<void> | undefined;
  let thread = await startThread(options);
  onThread(thread);

  const open = (): Promise<IntentsThread> => {
    opening ??= startThread(options)
      .then((started) => {
        thread = started;
        onThread(started);
        return started;
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  };
  const call = async <T>(method: keyof IntentJournal, ...args: readonly unknown[]): Promise<T> => {
    if (closing !== undefined) throw new ArbError('intents-closed', 'the journal is closed');
    return (thread.hasEnded ? await open() : thread).send<T>(method, args);
  };
  const close = async (): Promise<void> => {
    const last = await (opening ?? thread);
    if (!last.hasEnded) await last.send('close', []);
    await last.terminate();
  };

  return {
    append: (intent) => call('append', intent),
    sync: () => call('sync'),
    open: () => call('open'),
    steps: (orderId) => call('steps', orderId),
    netLamports: (query) => call('netLamports', query),
    prune: (request) => call('prune', request),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
