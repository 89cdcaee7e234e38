import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorText } from '../../core/errors.ts';
import type { JsonObject } from './store.ts';
import { STORE_FILE } from './store-file.ts';

/** For another connection's write to end. */
const BUSY_MS = 200;

/**
 * Marks a run as ended from a process that is about to be no more, on a connection of its own and without waiting for
 * the thread that holds the store. Returns '' or why it could not be done; never throws.
 */
export function endRunNow(dir: string, runId: string, endedAtMs: number, summary: JsonObject): string {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dir, STORE_FILE), { timeout: BUSY_MS });
    const { changes } = database
      .prepare('UPDATE runs SET ended_at_ms = ?, summary = ? WHERE run_id = ? AND ended_at_ms IS NULL')
      .run(endedAtMs, JSON.stringify(summary), runId);
    return changes === 0 ? 'the store does not know of it, or it has ended' : '';
  } catch (error) {
    return errorText(error);
  } finally {
    database?.close();
  }
}
