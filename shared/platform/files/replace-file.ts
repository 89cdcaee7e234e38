import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/**
 * Puts `text` in the place of a file's content as a whole: a reader, or a kill at any moment, sees the old or the new. Nobody but its
 * owner may read it.
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
