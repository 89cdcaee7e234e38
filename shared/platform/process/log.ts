import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import { maskUrlsIn } from './mask-url.ts';

/** Cloud Logging's names, weakest first. */
export const SEVERITIES = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL'] as const;

export type Severity = (typeof SEVERITIES)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** Where the lines go: `process.stdout`, `process.stderr`, or anything that takes text. */
  readonly stream: { write(text: string): unknown };
  readonly clock: Clock;
  /** Weaker events are not written. */
  readonly minSeverity?: Severity;
  /** In every line. */
  readonly fields?: LogFields;
}

/** Writes events (`bundle.submitted`), one JSON line each. Never throws. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  notice(event: string, fields?: LogFields): void;
  warning(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  critical(event: string, fields?: LogFields): void;
  /** The same logger with more fields in every line. */
  with(fields: LogFields): Logger;
}

/**
 * A logger of JSON lines as Cloud Run reads them: `severity`, `event`, `time`, then the fields. Bigints become decimal
 * strings, errors their code, message and stack. Values under keys that name a secret, and keys inside URLs, are masked.
 */
export function createLogger({ stream, clock, minSeverity = 'DEBUG', fields = {} }: LoggerOptions): Logger {
  const from = SEVERITIES.indexOf(minSeverity);
  const at = (severity: Severity) => {
    if (SEVERITIES.indexOf(severity) < from) return () => {};
    return (event: string, more: LogFields = {}): void => {
      const head = { severity, event, time: new Date(clock.nowMs()).toISOString() };
      stream.write(`${JSON.stringify(plainFields({ ...fields, ...more }, head))}\n`);
    };
  };
  return {
    debug: at('DEBUG'),
    info: at('INFO'),
    notice: at('NOTICE'),
    warning: at('WARNING'),
    error: at('ERROR'),
    critical: at('CRITICAL'),
    with: (more) => createLogger({ stream, clock, minSeverity, fields: { ...fields, ...more } }),
  };
}

const MASK = '****';
/** Compared without case and separators, anywhere in a key. */
const SECRET_KEYS =
  /secret|privatekey|apikey|password|passphrase|mnemonic|seedphrase|keypair|authorization|bearer|credential|cookie|authtoken|accesstoken/;
const MAX_DEPTH = 6;
const MAX_TEXT = 4_000;

/** `head` and then `fields`; a field cannot take the name of one of the head's. */
function plainFields(fields: LogFields, head: Readonly<Record<string, string>>): unknown {
  const line: Record<string, unknown> = { ...head };
  for (const [key, value] of Object.entries(fields)) {
    line[Object.hasOwn(head, key) ? `${key}_` : key] = plainEntry(key, value, 0);
  }
  return line;
}

function plainEntry(key: string, value: unknown, depth: number): unknown {
  const letters = key.toLowerCase().replace(/[^a-z]/g, '');
  if (value !== undefined && SECRET_KEYS.test(letters)) return MASK;
  return plain(value, depth);
}

/** What JSON can hold, whatever `value` is: the line that explains a failure must not fail itself. */
function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'string':
      return cut(maskUrlsIn(value));
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      if (value === null) return null;
      return depth >= MAX_DEPTH ? '[…]' : plainObject(value, depth + 1);
    default:
      return value;
  }
}

function plainObject(value: object, depth: number): unknown {
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => plain(item, depth));
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of entries) copy[String(key)] = plainEntry(String(key), item, depth);
  return copy;
}

function plainError(error: Error, depth: number): unknown {
  const code = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code: plain(code, depth) }),
    message: cut(maskUrlsIn(error.message)),
    ...(error instanceof ArbError ? { context: plain(error.context, depth) } : {}),
    ...(error.stack === undefined ? {} : { stack: cut(maskUrlsIn(error.stack)) }),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, depth) }),
  };
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
