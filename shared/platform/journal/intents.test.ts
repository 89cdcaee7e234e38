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
