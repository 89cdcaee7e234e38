import type { Output } from './verb.ts';

const DEFAULT_COLUMNS = 80;

/** `stream` as an Output. A reader that goes away (`arb … | head`) ends the output, not the program. */
export function streamOutput(stream: NodeJS.WriteStream): Output {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    open = false;
  });
  const write = (text: string): void => {
    if (open) stream.write(text);
  };
  return {
    isTty: stream.isTTY === true,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    write,
    line: (text) => write(`${text}\n`),
  };
}
