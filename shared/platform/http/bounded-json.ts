import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { AnswerBound } from './answer-bound.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Integers of fewer digits are exact as numbers. */
const EXACT_DIGITS = 15;
/** Up to here a text is looked through byte by byte; longer ones are account data, and searched for their end. */
const SHORT_TEXT = 48;

export type JsonProblem = 'no-json' | 'too-deep' | 'too-many-values';

/**
 * Parses JSON whose depth and number of values are bounded, which is found out before anything is built of it. Integers
 * of more than 15 digits come as text, so that no digit is lost: lamports go up to 2^64.
 */
export function parseBoundedJson(body: Buffer, bound: AnswerBound): Outcome<unknown, JsonProblem> {
  let depth = 0;
  let values = 1;
  /** Start and end of long integers. */
  const long: number[] = [];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) {
      at = endOfText(body, at);
    } else if (byte === COMMA) {
      if (++values > bound.values) return refusal('too-many-values', `over ${bound.values} values`);
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      if (++depth > bound.depth)
        return refusal('too-deep', `over ${bound.depth} lists and objects in each other`);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
    } else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      const end = endOfNumber(body, at);
      if (end - at > EXACT_DIGITS && isInteger(body, at, end)) long.push(at, end);
      at = end - 1;
    }
  }
  try {
    const text = long.length === 0 ? body.toString('utf8') : quoted(body, long);
    return success(JSON.parse(text) as unknown);
  } catch {
    return refusal('no-json');
  }
}

/** Of the closing quote; the end of the body where there is none. */
function endOfText(body: Buffer, open: number): number {
  let at = open + 1;
  const soon = Math.min(body.length, at + SHORT_TEXT);
  while (at < soon) {
    const byte = body[at]!;
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  for (;;) {
    const close = body.indexOf(QUOTE, at);
    if (close < 0) return body.length;
    let slashes = 0;
    while (close - 1 - slashes >= at && body[close - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return close;
    at = close + 1;
  }
}

function endOfNumber(body: Buffer, from: number): number {
  let at = from + 1;
  for (; at < body.length; at++) {
    const byte = body[at]!;
    const isPart =
      (byte >= ZERO && byte <= NINE) ||
      byte === DOT ||
      byte === MINUS ||
      byte === 0x2b ||
      (byte | 0x20) === 0x65;
    if (!isPart) break;
  }
  return at;
}

function isInteger(body: Buffer, from: number, end: number): boolean {
  const first = body[from] === MINUS ? from + 1 : from;
  if (end - first <= EXACT_DIGITS) return false;
  for (let at = first; at < end; at++) {
    if (body[at]! < ZERO || body[at]! > NINE) return false;
  }
  return true;
}

/** The text with these stretches in quotes, put together as bytes: joining texts would cost as much as parsing them. */
function quoted(body: Buffer, long: readonly number[]): string {
  const whole = Buffer.allocUnsafe(body.length + long.length);
  let from = 0;
  let to = 0;
  for (const at of long) {
    to += body.copy(whole, to, from, at);
    whole[to++] = QUOTE;
    from = at;
  }
  body.copy(whole, to, from);
  return whole.toString('utf8');
}
