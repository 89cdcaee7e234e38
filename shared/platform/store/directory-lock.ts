import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { ArbError } from '../../core/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { readFileText } from '../files/text-file.ts';
import { storeError } from './sqlite-error.ts';

const LOCK_FILE = 'arb.lock';
const HOLDER_FILE = 'arb.lock.json';
/** For the moment in which a process that has ended gives its lock up. */
const BUSY_MS = 200;

/** Who holds a data directory, for whoever is refused it. */
export interface Holder {
  readonly pid: number;
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

const holderSchema = z.object({ pid: z.int(), runId: z.string().max(100), since: z.string().max(40) });

/** A data directory that no other run may use. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes `dir`, which is created when absent, for one run. The lock is SQLite's exclusive one on a file of its own: the
 * operating system lets it go when the process ends, however it ends, so that none is ever stale. Throws
 * `store-in-use` naming the run that holds it, and `store-…` when the directory cannot be written.
 */
export function lockDirectory(dir: string, holder: Holder): DirectoryLock {
  const path = join(dir, LOCK_FILE);
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dir);
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    chmodSync(path, 0o600);
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(join(dir, HOLDER_FILE), JSON.stringify(holder), { mode: 0o600 });
  } catch (error) {
    database?.close();
    const failed = storeError(error, path);
    if (failed.code !== 'store-busy') throw failed;
    const first = heldBy(dir);
    throw new ArbError(
      'store-in-use',
      `the data directory ${dir} is in use by ${first}: two runs on one would both trade and write over each ` +
        'other; stop that one, or give this one a directory of its own (--store-dir DIR)',
      { dir, holder: first },
    );
  }
  const held = database;
  return {
    release() {
      if (held.isOpen) held.close();
    },
  };
}

function heldBy(dir: string): string {
  try {
    const { pid, runId, since } = holderSchema.parse(JSON.parse(readFileText(join(dir, HOLDER_FILE), 1_000)));
    return `process ${pid}, run ${runId}, since ${since}`;
  } catch {
    // It may be just about to write its name.
    return 'another run';
  }
}
