import { parentPort, workerData } from 'node:worker_threads';
import { ArbError, errorText } from '../../core/errors.ts';
import type { IntentJournal } from '../../execution/intent-journal.ts';
import { createSqliteIntents, type SqliteIntentsOptions } from './sqlite-intents.ts';
import type { IntentsReply, IntentsRequest } from './worker-intents.ts';

// The thread that holds the journal for worker-intents.ts: one request after another, in the order sent.

const port = parentPort;
if (port === null) throw new ArbError('intents-worker-misuse', 'intents-worker.ts runs only as a worker');

const reply = (message: IntentsReply): void => port.postMessage(message);

function failed(id: number, thrown: unknown): IntentsReply {
  const { code, context } = thrown instanceof ArbError ? thrown : { code: 'intents-unusable', context: {} };
  return { id, ok: false, code, message: errorText(thrown), context };
}

try {
  const journal: IntentJournal = createSqliteIntents(workerData as SqliteIntentsOptions);
  port.on('message', ({ id, method, args }: IntentsRequest) => {
    (journal[method] as (...values: readonly unknown[]) => Promise<unknown>)(...args).then(
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
