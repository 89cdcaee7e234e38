import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { isAddress } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { U64_MAX } from '../../core/units.ts';
import type { AccountPayloadDecoder } from './account-payload.ts';
import { lamportsOf } from './account-payload.ts';
import { badAnswer } from './rpc-http.ts';

type Json = Readonly<Record<string, unknown>>;

/** One answer under examination: every getter checks one field and throws `rpc-bad-answer` naming it. */
export interface AnswerReader {
  readonly method: string;
  readonly host: string;
  readonly payloads: AccountPayloadDecoder;
}

/** The answer to one call, of several that were made for one. */
export interface AnswerPart {
  /** How many of the addresses asked it is about. */
  readonly count: number;
  readonly result: unknown;
}

const IN_PARTS = new WeakMap<object, readonly AnswerPart[]>();

/** A result that came in parts, in the order asked. Nothing that a server sends can be taken for one. */
export function answerInParts(parts: readonly AnswerPart[]): object {
  const whole = {};
  IN_PARTS.set(whole, parts);
  return whole;
}

/** The parts of a result; the whole is the only one of a result that came at once. */
export function partsOf(result: unknown, count: number): readonly AnswerPart[] {
  const parts = typeof result === 'object' && result !== null ? IN_PARTS.get(result) : undefined;
  return parts ?? [{ count, result }];
}

/** The slot and the value of an answer of the form `{context: {slot}, value}`. */
export function contextOf(reader: AnswerReader, result: unknown): { slot: number; value: unknown } {
  const body = objectOf(reader, result, 'result');
  const context = objectOf(reader, body.context, 'result.context');
  if (!('value' in body)) throw wrong(reader, 'result.value', 'is missing');
  return { slot: integerOf(reader, context.slot, 'result.context.slot'), value: body.value };
}

/** An account as `{data: [text, encoding], lamports, owner}`; null where the chain has none. */
export function accountOf(reader: AnswerReader, value: unknown, field: string): AccountBytes | null {
  if (value === null) return null;
  const { data, lamports, owner } = objectOf(reader, value, field);
  if (
    !Array.isArray(data) ||
    data.length !== 2 ||
    typeof data[0] !== 'string' ||
    typeof data[1] !== 'string'
  ) {
    throw wrong(reader, `${field}.data`, 'is not a pair of strings');
  }
  const units = lamportsOf(lamports);
  if (units === undefined) throw wrong(reader, `${field}.lamports`, 'is not a non-negative integer');
  if (typeof owner !== 'string') throw wrong(reader, `${field}.owner`, 'is not a string');
  const account = reader.payloads.decode(data[0], data[1], units, owner);
  if (account === undefined) throw wrong(reader, field, `is no account: ${reader.payloads.problem}`);
  return account;
}

export function objectOf(reader: AnswerReader, value: unknown, field: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(reader, field, 'is not an object');
  }
  return value as Json;
}

/** An array; of exactly `length` members where that is given. */
export function arrayOf(
  reader: AnswerReader,
  value: unknown,
  field: string,
  length?: number,
): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(reader, field, 'is not an array');
  if (length !== undefined && value.length !== length) {
    throw wrong(reader, field, `has ${value.length} members, not ${length}`);
  }
  return value;
}

/**
 * Reads every member, and gives why some could not be. Where none could the answer is no good, and the first reason is
 * thrown.
 */
export function eachReadable(
  members: readonly unknown[],
  read: (member: unknown, i: number) => void,
): ReadonlyMap<number, string> {
  const unreadable = new Map<number, string>();
  let first: unknown;
  for (const [i, member] of members.entries()) {
    try {
      read(member, i);
    } catch (thrown) {
      if (!(thrown instanceof ArbError)) throw thrown;
      first ??= thrown;
      unreadable.set(i, thrown.message);
    }
  }
  if (first !== undefined && unreadable.size === members.length) throw first;
  return unreadable;
}

export function integerOf(reader: AnswerReader, value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw wrong(reader, field, 'is not a non-negative integer');
  }
  return value;
}

/** A u64 in an answer: a number, or the digits of one that a number could not hold. */
export function unitsOf(reader: AnswerReader, value: unknown, field: string): bigint {
  const units =
    typeof value === 'string' && /^\d{16,20}$/.test(value)
      ? BigInt(value)
      : BigInt(integerOf(reader, value, field));
  if (units > U64_MAX) throw wrong(reader, field, 'is over 64 bits');
  return units;
}

/** A base58 text of 32 bytes: an address or a hash. */
export function addressOf(reader: AnswerReader, value: unknown, field: string): Address {
  if (typeof value !== 'string' || !isAddress(value)) throw wrong(reader, field, 'is not base58 of 32 bytes');
  return value;
}

export function textOf(reader: AnswerReader, value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 256) {
    throw wrong(reader, field, 'is not a short text');
  }
  return value;
}

function wrong(reader: AnswerReader, field: string, problem: string): Error {
  return badAnswer(reader.method, reader.host, field, problem);
}
