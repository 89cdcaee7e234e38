import { ArbError } from '../../core/errors.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';

/**
 * Plain data as JSON text, with what JSON lacks in objects of one key: `{"$bigint": "12"}`, `{"$bytes": "base64"}`
 * and `{"$number": "NaN"}`. Throws `recording-not-plain` for anything that would not come back as it was.
 */
export function toJsonText(value: unknown): string {
  return JSON.stringify(tagged(value, 0));
}

/** What `toJsonText` was given. Throws `recording-damaged` when the text is not its output. */
export function fromJsonText(text: string): unknown {
  try {
    return untagged(parseBoundedJson(text));
  } catch (error) {
    throw new ArbError('recording-damaged', 'a frame holds text that is not JSON', {}, error);
  }
}

const MAX_DEPTH = 16;
const TAGS: Readonly<Record<string, (text: string) => unknown>> = {
  $bigint: (text) => BigInt(text),
  $bytes: (text) => Uint8Array.from(Buffer.from(text, 'base64')),
  $number: (text) => Number(text),
};

function tagged(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw notPlain('is nested too deeply');
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberText(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'object':
      break;
    default:
      throw notPlain(`holds a ${typeof value}`);
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map((item) => tagged(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw notPlain('holds an object that is not plain');
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.some(([key]) => key.startsWith('$'))) throw notPlain('has a key that begins with $');
  return Object.fromEntries(entries.map(([key, item]) => [key, tagged(item, depth + 1)]));
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function untagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && typeof first[1] === 'string') {
    const read = Object.hasOwn(TAGS, first[0]) ? TAGS[first[0]] : undefined;
    if (read !== undefined) return read(first[1]);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, untagged(item)]));
}

function notPlain(what: string): ArbError {
  return new ArbError('recording-not-plain', `an event cannot be recorded: it ${what}`);
}
