import { ArbError } from '../../core/errors.ts';
import type { IntentJournal } from '../../execution/intent-journal.ts';
import { type CallThread, openCallThreads } from '../process/call-thread.ts';
import type { SqliteIntentsOptions } from './sqlite-intents.ts';

/**
 * The journal of `createSqliteIntents` in a thread of its own: a flush to the disk takes milliseconds, and blocks nobody. Rejects
 * with the same `intents-…` errors, and with `intents-thread-died` when the thread ends before its answer: whoever waits for
 * a step then knows that it may not be written, and the next call opens the file anew in another thread. A thread keeps
 * the process alive only while an answer is awaited. `onThread` is given each of them.
 */
export async function createWorkerIntents(
  options: SqliteIntentsOptions,
  onThread?: (thread: CallThread) => void,
): Promise<IntentJournal> {
  const threads = await openCallThreads({
    module: new URL('./intents-worker.ts', import.meta.url),
    workerData: options,
    died: (why) =>
      new ArbError('intents-thread-died', `the thread of the journal has ended (${why})`, { why }),
    onThread,
  });
  let closing: Promise<void> | undefined;
  const call = async <T>(method: keyof IntentJournal, ...args: readonly unknown[]): Promise<T> => {
    if (closing !== undefined) throw new ArbError('intents-closed', 'the journal is closed');
    return (await (await threads.current()).send(method, args)) as T;
  };

  return {
    append: (intent) => call('append', intent),
    sync: () => call('sync'),
    open: () => call('open'),
    steps: (orderId) => call('steps', orderId),
    netLamports: (query) => call('netLamports', query),
    prune: (request) => call('prune', request),
    close() {
      closing ??= threads.close();
      return closing;
    },
  };
}
