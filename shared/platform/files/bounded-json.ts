/** Levels of objects and lists that a file or variable of ours may have: none of ours has ten. */
export const MAX_JSON_LEVELS = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * `JSON.parse` for text that a person or a stranger wrote: what nests deeper than `MAX_JSON_LEVELS` is refused before it
 * is read, because whatever walks the value later (a schema, JSON.stringify) goes down one stack frame a level. Throws
 * SyntaxError.
 */
export function parseBoundedJson(text: string): unknown {
  refuseDeep(text);
  return JSON.parse(text) as unknown;
}

/** The same for text that falls back to itself when it is no JSON: no check accepts it then. */
export function boundedJsonOrText(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return text;
  }
}

function refuseDeep(text: string): void {
  let level = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) {
      level += 1;
      if (level > MAX_JSON_LEVELS) throw new SyntaxError(`it nests deeper than ${MAX_JSON_LEVELS} levels`);
    } else if (code === 0x5d || code === 0x7d) level -= 1;
  }
}

/** Where the string that begins at `from` ends; the end of the text when it never does. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end >= 0 && isEscaped(text, end, from)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number, from: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes > from && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}
