import { Worker } from 'node:worker_threads';
import { errorCodeOf } from '../../core/error-codes.ts';
import { ArbError, type ErrorContext, errorText } from '../../core/errors.ts';

/** What the main thread sends. One with the id UNANSWERED gets no reply. */
export interface ThreadCall {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type ThreadReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly context: ErrorContext;
    };

/** The reply that says that what the thread holds is open, or why it cannot be. */
export const OPEN_REPLY = 0;
export const UNANSWERED = -1;

/** A thread that holds something open and answers calls to it. Once it has ended it stays so. */
export interface CallThread {
  readonly hasEnded: boolean;
  /** Rejects with the error of the method, and with that of `died` when the thread ends before its answer. */
  send(method: string, args: readonly unknown[]): Promise<unknown>;
  /** Sends what is not answered. */
  post(method: string, args: readonly unknown[]): void;
  terminate(): Promise<unknown>;
}

export interface CallThreadOptions {
  /** A module that calls `serveCalls`. */
  readonly module: URL;
  readonly workerData: unknown;
  /** The error of whoever waits for a thread that has ended. */
  readonly died: (why: string) => ArbError;
  /** Given each thread that is opened. */
  readonly onThread?: ((thread: CallThread) => void) | undefined;
}

/** One thread at a time: where it has ended, the next call opens another. */
export interface CallThreads {
  /** The thread that is open, or another. Rejects with why it cannot be opened. */
  current(): Promise<CallThread>;
  /** Has the open thread close what it holds, and ends it. Opens none. */
  close(): Promise<void>;
}

/** A thread keeps the process alive only while an answer is awaited. */
export async function openCallThreads(options: CallThreadOptions): Promise<CallThreads> {
  let thread = await start(options);
  let opening: Promise<CallThread> | undefined;

  function reopen(): Promise<CallThread> {
    opening ??= start(options)
      .then((opened) => (thread = opened))
      .finally(() => {
        opening = undefined;
      });
    return opening;
  }

  return {
    current: async () => (thread.hasEnded ? await reopen() : thread),
    async close() {
      const last = await (opening ?? thread);
      if (!last.hasEnded) await last.send('close', []);
      await last.terminate();
    },
  };
}

async function start({ module, workerData, died, onThread }: CallThreadOptions): Promise<CallThread> {
  // The flags of this process may not suit a thread (--input-type, an inspector's port).
  const worker = new Worker(module, { workerData, execArgv: [] });
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: ArbError) => void }
  >();
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

  worker.on('message', (reply: ThreadReply) => {
    const waiter = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if (reply.ok) waiter?.resolve(reply.value);
    else waiter?.reject(new ArbError(errorCodeOf(reply.code), reply.message, reply.context));
  });
  worker.on('error', (error) => end(died(errorText(error))));
  worker.on('exit', (code) => end(died(`exit code ${code}`)));

  await answer(OPEN_REPLY);
  const thread: CallThread = {
    get hasEnded() {
      return ended !== undefined;
    },
    send(method, args) {
      const id = ++lastId;
      const promise = answer(id);
      if (ended === undefined) worker.postMessage({ id, method, args } satisfies ThreadCall);
      return promise;
    },
    post(method, args) {
      worker.postMessage({ id: UNANSWERED, method, args } satisfies ThreadCall);
    },
    terminate: () => worker.terminate(),
  };
  onThread?.(thread);
  return thread;
}
