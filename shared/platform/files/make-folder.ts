import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, for their owner only; one that stands already stays as it is. Throws what the system
 * says. Node's own `recursive` never returns where a file system says that the folder above, which is there, is not
 * (`/proc`).
 */
export function makeFolder(path: string, mode = 0o700): void {
  const error = tryMake(path, mode);
  if (error === undefined) return;
  const above = dirname(resolve(path));
  if (error.code !== 'ENOENT' || isFolder(above)) throw error;
  makeFolder(above, mode);
  const again = tryMake(path, mode);
  if (again !== undefined) throw again;
}

function tryMake(path: string, mode: number): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    return isFolder(path) ? undefined : (error as NodeJS.ErrnoException);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
