import { ArbError } from '../../core/errors.ts';

/** Where something stands in a text; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface ParsedJson {
  readonly value: unknown;
  /** Where each object key stands, by its dotted path from the root. */
  readonly positions: ReadonlyMap<string, TextPosition>;
}

const SCALAR = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SPACE = /[ \t\r\n]*/y;
const MAX_DEPTH = 64;

/**
 * `text` as JSON, with the position of every key. Unlike `JSON.parse` it refuses a key that stands twice in one
 * object. Throws ArbError `config-not-json` whose message has the line and column.
 */
export function parseJson(text: string): ParsedJson {
  const positions = new Map<string, TextPosition>();
  let at = text.startsWith('\uFEFF') ? 1 : 0;

  // Keys come in order: each line break is counted once, however many keys there are.
  let line = 1;
  let lineStart = 0;

  function position(offset: number): TextPosition {
    if (offset < lineStart) [line, lineStart] = [1, 0];
    for (
      let end = text.indexOf('\n', lineStart);
      end >= 0 && end < offset;
      end = text.indexOf('\n', lineStart)
    ) {
      line += 1;
      lineStart = end + 1;
    }
    return { line, column: offset - lineStart + 1 };
  }

  function fail(problem: string, offset: number): never {
    const at = position(offset);
    throw new ArbError('config-not-json', `${problem} at line ${at.line}, column ${at.column}`, { ...at });
  }

  function unexpected(expected: string): never {
    fail(at >= text.length ? `the text ends where ${expected} was expected` : `expected ${expected}`, at);
  }

  function skipSpace(): void {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  }

  function token(pattern: RegExp, expected: string): unknown {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match === undefined) return unexpected(expected);
    try {
      const value: unknown = JSON.parse(match);
      at += match.length;
      return value;
    } catch {
      // The text of a string may be a secret.
      const broken = 'a string has a character or escape that JSON does not allow';
      return fail(pattern === STRING ? broken : `${match} is not a JSON value`, at);
    }
  }

  function readValue(path: string, depth: number): unknown {
    if (depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`, at);
    skipSpace();
    const first = text[at];
    if (first === '{') return readObject(path, depth);
    if (first === '[') return readArray(path, depth);
    return first === '"' ? token(STRING, 'a closed string') : token(SCALAR, 'a JSON value');
  }

  /** Reads `item` and commas up to `close`; `at` stands on the opening bracket. */
  function readItems(close: string, item: (index: number) => void): void {
    at++;
    skipSpace();
    if (text[at] === close) {
      at++;
      return;
    }
    for (let index = 0; ; index++) {
      item(index);
      skipSpace();
      if (text[at] === close) break;
      if (text[at] !== ',') unexpected(`"," or "${close}"`);
      at++;
    }
    at++;
  }

  function readObject(path: string, depth: number): unknown {
    const entries = new Map<string, unknown>();
    readItems('}', () => {
      skipSpace();
      const start = at;
      const key = String(token(STRING, 'a key in double quotes'));
      if (entries.has(key)) fail(`the key ${JSON.stringify(key)} stands there twice, again`, start);
      const keyPath = path === '' ? key : `${path}.${key}`;
      positions.set(keyPath, position(start));
      skipSpace();
      if (text[at] !== ':') unexpected('":"');
      at++;
      entries.set(key, readValue(keyPath, depth + 1));
    });
    return Object.fromEntries(entries);
  }

  function readArray(path: string, depth: number): unknown {
    const items: unknown[] = [];
    readItems(']', (index) => items.push(readValue(`${path}[${index}]`, depth + 1)));
    return items;
  }

  const value = readValue('', 0);
  skipSpace();
  if (at < text.length) fail('more text after the JSON value', at);
  return { value, positions };
}
