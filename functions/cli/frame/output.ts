import type { Output } from './verb.ts';

const DEFAULT_COLUMNS = 80;
/** Goes to the start of the terminal's line and clears it. */
export const CLEAR_LINE = '\r\x1b[K';
/** Controls of C0 but tab, line break and return; DEL and C1; marks that turn the direction of writing. */
const CONTROLS = /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * `text` with control characters written out (`\\u001b`): names of pools and tokens, and what providers answer, are
 * other people's words and must not steer a terminal. The form is also that of JSON, so that JSON stays the same value.
 * Our own `CLEAR_LINE` passes at the beginning, unless it is a `line`.
 */
export function visible(text: string, isLine = false): string {
  const own = !isLine && text.startsWith(CLEAR_LINE);
  const rest = own ? text.slice(CLEAR_LINE.length) : text;
  const safe = rest.replace(CONTROLS, escaped).replace(/\r(?!\n)/g, escaped);
  return own ? CLEAR_LINE + safe : safe;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A reader that went away: a closed pipe, a terminal that was closed, a socket that was cut. */
const GONE = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

/**
 * `stream` as an Output. A reader that goes away (`arb … | head`) ends the output, not the program. Nor does a disk that
 * is full: `onLost` is told of what could not be written, and later texts are tried again.
 */
export function streamOutput(
  stream: NodeJS.WriteStream,
  onLost: (error: NodeJS.ErrnoException) => void = () => {},
): Output {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE.has(error.code ?? '')) open = false;
    else onLost(error);
  });
  let onProgressLine = false;
  const write = (text: string): void => {
    if (!open || text === '') return;
    const shown = visible(text);
    const redraws = shown.startsWith(CLEAR_LINE);
    // What is not the progress line takes its place; the next redraw brings it back below.
    if (onProgressLine && !redraws && shown !== '\n') stream.write(CLEAR_LINE);
    stream.write(shown);
    onProgressLine = (redraws || (onProgressLine && shown === '')) && !shown.endsWith('\n');
  };
  return {
    isTty: stream.isTTY === true,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    write,
    line: (text) => write(`${visible(text, true)}\n`),
  };
}
