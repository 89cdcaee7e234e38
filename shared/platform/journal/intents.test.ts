import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { describeIntentJournal, sampleIntent } from './contract.ts';
import { createSqliteIntents, INTENTS_FILE } from './sqlite-intents.ts';
import { createWorkerIntents } from './worker-intents.ts';

async function inDirectory(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'arb-intents-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe('the journal of intents in SQLite', () => {
  describeIntentJournal((work) =>
    inDirectory((dir) => work({ open: async () => createSqliteIntents({ dir }) })),
  );

  it('flushes every step, and keeps its file to its owner', () =>
    inDirectory(async (dir) => {
      const journal = createSqliteIntents({ dir });
      await journal.append(sampleIntent());
      const path = join(dir, INTENTS_FILE);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      // The log is in the mode that the file says, and every commit waits for the disk.
      const database = new DatabaseSync(path);
      expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
      database.close();
      await journal.close();
    }));

  it('says that a step is not written, until it is', () =>
    inDirectory(async (dir) => {
      const journal = createSqliteIntents({ dir, busyTimeoutMs: 20 });
      const other = new DatabaseSync(join(dir, INTENTS_FILE));
      other.exec('BEGIN IMMEDIATE');
      const refused = expect.objectContaining({ code: 'intents-unusable' });
      await expect(journal.append(sampleIntent())).rejects.toEqual(refused);
      await expect(journal.sync()).rejects.toEqual(refused);
      other.exec('ROLLBACK');
      other.close();
      await journal.append(sampleIntent());
      await journal.sync();
      expect(await journal.open()).toHaveLength(1);
      await journal.close();
    }));

  it('acknowledges nothing on a file that is gone', () =>
    inDirectory(async (dir) => {
      const journal = createSqliteIntents({ dir });
      rmSync(join(dir, INTENTS_FILE));
      await expect(journal.append(sampleIntent())).rejects.toMatchObject({
        code: 'intents-unusable',
        message: expect.stringContaining(INTENTS_FILE),
      });
      await journal.close();
    }));

  it('takes over what version 1 has written, whose ends were never corrected', () =>
    inDirectory(async (dir) => {
      const old = new DatabaseSync(join(dir, INTENTS_FILE));
      old.exec(`
        CREATE TABLE intents (
          step INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, run_id TEXT NOT NULL, scope TEXT NOT NULL,
          state TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL, slot INTEGER NOT NULL,
          expires_after_slot INTEGER NOT NULL, start_mint TEXT NOT NULL, amount_in TEXT NOT NULL,
          min_amount_out TEXT NOT NULL, max_cost_lamports TEXT NOT NULL, net_lamports TEXT NOT NULL,
          UNIQUE (order_id, state)
        ) STRICT;
        CREATE INDEX intents_by_run ON intents (run_id, at_ms);
        PRAGMA user_version = 1;`);
      const { startMint } = sampleIntent();
      for (const [id, state, net] of [
        ['run-1-10-1', 'failed', '-5'],
        ['open', 'submitted', '0'],
      ]) {
        old
          .prepare(
            `INSERT INTO intents (order_id, run_id, scope, state, reason, at_ms, slot, expires_after_slot, start_mint,
               amount_in, min_amount_out, max_cost_lamports, net_lamports)
             VALUES (?, 'run-1', 'paper/live', ?, '', 1000, 10, 160, ?, '18446744073709551615',
               '9223372036854775808', '17000', ?)`,
          )
          .run(id!, state!, startMint, net!);
      }
      old.close();
      const journal = createSqliteIntents({ dir });
      const failed = sampleIntent({ state: 'failed', netLamports: -5n });
      expect(await journal.steps('run-1-10-1')).toEqual([failed]);
      expect(await journal.open()).toEqual([sampleIntent({ orderId: 'open', state: 'submitted' })]);
      await journal.append({ ...failed, state: 'landed', revision: 1, netLamports: 12n });
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 0 })).toBe(7n);
      await journal.close();
    }));

  it('opens no file of a newer version, and none that is damaged', () =>
    inDirectory(async (dir) => {
      const path = join(dir, INTENTS_FILE);
      const newer = new DatabaseSync(path);
      newer.exec('PRAGMA user_version = 99');
      newer.close();
      expect(() => createSqliteIntents({ dir })).toThrow(/newer version/);
      writeFileSync(path, 'no database at all, and long enough to be looked at');
      expect(() => createSqliteIntents({ dir })).toThrow(/cannot be used/);
      await expect(createWorkerIntents({ dir })).rejects.toMatchObject({ code: 'intents-unusable' });
    }));
});

describe('the journal of intents in a thread of its own', () => {
  describeIntentJournal((work) => inDirectory((dir) => work({ open: () => createWorkerIntents({ dir }) })));

  it('goes on in another thread when the one before has died, with every step acknowledged', () =>
    inDirectory(async (dir) => {
      const threads: { terminate(): Promise<unknown> }[] = [];
      const journal = await createWorkerIntents({ dir }, (thread) => threads.push(thread));
      await journal.append(sampleIntent());
      await threads[0]!.terminate();
      await journal.append(sampleIntent({ state: 'landed' }));
      expect((await journal.steps('run-1-10-1')).map(({ state }) => state)).toEqual(['approved', 'landed']);
      expect(threads).toHaveLength(2);
      await journal.close();
    }));
});
