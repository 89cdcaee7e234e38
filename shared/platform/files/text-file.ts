import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Larger than any snapshot of ours; a text of more characters than V8 allows would fail without saying why. */
const MAX_FILE_BYTES = 500_000_000;

/**
 * The bytes of a regular file. Throws what the system says, and Error for a folder, a pipe, a device or a socket: to read
 * one may take for ever, and while a synchronous read waits no signal is heard.
 */
export function readFileBytes(path: string, maxBytes: number = MAX_FILE_BYTES): Buffer {
  // Without NONBLOCK already the opening of a pipe waits for its writer.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new Error('it is a folder, not a file');
    if (!stats.isFile()) throw new Error('it is a pipe or a device; save what it gives in a file first');
    if (stats.size > maxBytes) {
      throw new Error(`it has ${stats.size} bytes, and at most ${maxBytes} are read`);
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** The text of a regular file, without the byte order mark that some editors put before it. Throws as `readFileBytes`. */
export function readFileText(path: string, maxBytes?: number): string {
  const text = readFileBytes(path, maxBytes).toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
