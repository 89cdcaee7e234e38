import { workerData } from 'node:worker_threads';
import type { IntentJournal } from '../../execution/intent-journal.ts';
import { serveCalls } from '../process/serve-calls.ts';
import { createSqliteIntents, type SqliteIntentsOptions } from './sqlite-intents.ts';

// The thread that holds the journal for worker-intents.ts.

serveCalls('intents-unusable', () => {
  const journal = createSqliteIntents(workerData as SqliteIntentsOptions);
  return (method, args) =>
    (journal[method as keyof IntentJournal] as (...values: readonly unknown[]) => Promise<unknown>)(...args);
});
