import type { ErrorCode } from '../../core/error-codes.ts';
import { ArbError, errorText } from '../../core/errors.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const CONSTRAINT = 19;
const MISMATCH = 20;
const NOT_A_DATABASE = 26;

/**
 * What SQLite or the file system threw, as an ArbError that names the file and the way out:
 * `store-corrupt`, `store-busy`, `store-full`, `store-unwritable`, `store-bad-row` or `store-failed`.
 */
export function storeError(thrown: unknown, path: string): ArbError {
  if (thrown instanceof ArbError) return thrown;
  const { code, sentence } = explain(thrown, path);
  return new ArbError(code, `${sentence} (${errorText(thrown)})`, { path }, thrown);
}

interface Explained {
  readonly code: ErrorCode;
  readonly sentence: string;
}

function explain(thrown: unknown, path: string): Explained {
  switch (primaryCode(thrown)) {
    case CORRUPT:
    case NOT_A_DATABASE:
      return {
        code: 'store-corrupt',
        sentence:
          `${path} is damaged or no database: move it and its -wal and -shm files away to start with an ` +
          'empty store, or put a backup in their place',
      };
    case BUSY:
      return {
        code: 'store-busy',
        sentence: `${path} is locked by another process: stop that one, or use another data directory (store.dir)`,
      };
    case FULL:
      return { code: 'store-full', sentence: `the disk that holds ${path} is full: free some space` };
    case READONLY:
    case CANNOT_OPEN:
    case IO_ERROR:
      return unwritable(path);
    case CONSTRAINT:
    case MISMATCH:
      return { code: 'store-bad-row', sentence: `${path} does not take a row` };
  }
  if (thrown instanceof Error && 'syscall' in thrown) return unwritable(path);
  if (thrown instanceof TypeError || thrown instanceof RangeError) {
    return { code: 'store-bad-row', sentence: `${path} does not take a value` };
  }
  return { code: 'store-failed', sentence: `the store in ${path} failed` };
}

function unwritable(path: string): Explained {
  return {
    code: 'store-unwritable',
    sentence: `cannot write ${path}: make its directory writable, or use another data directory (store.dir)`,
  };
}

function primaryCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}
