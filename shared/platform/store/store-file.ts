import { chmodSync, closeSync, openSync, renameSync, type Stats, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../files/make-folder.ts';
import { storeError } from './sqlite-error.ts';
import { migrate } from './sqlite-schema.ts';

export const STORE_FILE = 'arb.sqlite';

/** What befell a file that is open: '' while it is the one that was opened. */
export type Harm = '' | 'deleted' | 'replaced' | 'truncated';

/** The store's SQLite file, open, and whether it still stands where it was opened. */
export interface StoreFile {
  readonly database: DatabaseSync;
  /** Two looks at the file system: SQLite itself goes on writing to a file that nobody will find again. */
  harm(): Harm;
  /**
   * Gives this connection up so that the path can be opened anew. True when every row stands in the file there: a
   * deleted file is written again out of the one that is still open. A truncated one is moved aside.
   */
  restore(harm: Exclude<Harm, ''>): boolean;
  walBytes(): number;
  /** Takes the log over into the file and empties it; false when a reader holds it. */
  checkpoint(): boolean;
  /** Gives free pages back to the file system, a few at a time, and empties the log when nobody holds it. */
  shrink(): void;
  close(): void;
}

/** Of one call to `shrink`: 4 MB of pages. */
const VACUUM_PAGES = 1_000;

/** Opens or makes it, for its owner only. Throws ArbError `store-…`. */
export function openStoreFile(dir: string, path: string, timeout: number): StoreFile {
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dir);
    makePrivate(path);
    database = new DatabaseSync(path, { timeout });
    // Takes effect on a file without tables only. FULL: a row that was acknowledged survives a power cut. Flushes are
    // batched and off the hot line.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database, path);
    // Finds a read-only file now and not at the first trade; makes the log, whose identity is looked at.
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return watched(database, path);
  } catch (error) {
    database?.close();
    throw storeError(error, path);
  }
}

/**
 * Only a file that is not there is opened here: closing any other would let go of the locks that this process may
 * hold on it by another connection.
 */
function makePrivate(path: string): void {
  if (look(path) === undefined) closeSync(openSync(path, 'ax', 0o600));
  else chmodSync(path, 0o600);
}

function watched(database: DatabaseSync, path: string): StoreFile {
  const log = `${path}-wal`;
  const opened = look(path);
  let openedLog = look(log);
  /** As large as it was last seen; it becomes smaller only by `shrink`. */
  let size = opened?.size ?? 0;

  const saidBytes = (): number => {
    const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
    return pragma('page_count') * pragma('page_size');
  };

  const checkpoint = (): boolean => {
    const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    return busy === 0;
  };

  return {
    database,
    harm() {
      const now = look(path);
      if (now === undefined || opened === undefined) return 'deleted';
      if (now.ino !== opened.ino || now.dev !== opened.dev) return 'replaced';
      // Another process may have vacuumed it: then it is as long as it says itself.
      if (now.size < size && saidBytes() > now.size) return 'truncated';
      size = now.size;
      const logNow = look(log);
      openedLog ??= logNow;
      // Rows that are in the log only are lost with it.
      if (openedLog !== undefined && logNow?.ino !== openedLog.ino) return 'deleted';
      return '';
    },
    restore(harm) {
      let kept = false;
      const aside = `${path}.lost-${Date.now()}`;
      if (harm === 'deleted') {
        const whole = `${path}.restored`;
        try {
          database.prepare('VACUUM INTO ?').run(whole);
          chmodSync(whole, 0o600);
          kept = true;
        } catch {
          // The folder may be gone with it: a new file begins.
        }
        closeQuietly(database);
        for (const name of [path, log, `${path}-shm`]) moveAway(name, `${name}.lost-${Date.now()}`);
        if (kept) renameSync(whole, path);
        return kept;
      }
      closeQuietly(database);
      if (harm === 'truncated') for (const name of ['', '-wal', '-shm']) moveAway(path + name, aside + name);
      return false;
    },
    walBytes: () => look(log)?.size ?? 0,
    checkpoint,
    shrink() {
      database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
      checkpoint();
      size = look(path)?.size ?? size;
    },
    close: () => database.close(),
  };
}

function look(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function moveAway(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // It is not there.
  }
}

function closeQuietly(database: DatabaseSync): void {
  try {
    database.close();
  } catch {
    // Of a file that is no more.
  }
}
