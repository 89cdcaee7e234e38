import bs58 from 'bs58';
import type { Address } from '../../../core/address.ts';
import { V1_PREFIX } from '../../../execution/build/encode-v1.ts';
import { MAX_TRANSACTION_BYTES } from '../wire-transaction.ts';
import { MAX_V1_BYTES } from '../wire-v1.ts';
import { invalidParams } from './rpc-error.ts';

/** The fields of a configuration object, none of them checked yet. */
export type Config = Readonly<Record<string, unknown>>;

/** Throws invalid params when fewer than `count` arguments came. */
export function needParams(params: readonly unknown[], count: number): void {
  if (params.length < count) throw invalidParams(`\`params\` should have at least ${count} argument(s)`);
}

/** A base58 key of 32 bytes. */
export function pubkey(value: unknown): Address {
  const bytes = bs58.decodeUnsafe(text(value));
  if (bytes === undefined) throw invalidParams('Invalid param: Invalid');
  if (bytes.length !== 32) throw invalidParams('Invalid param: WrongSize');
  return value as Address;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw wrongType(value, 'a string');
  return value;
}

export function unsigned(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrongType(value, 'u64');
  return value;
}

export function flag(value: unknown, missing: boolean): boolean {
  if (value === undefined || value === null) return missing;
  if (typeof value !== 'boolean') throw wrongType(value, 'a boolean');
  return value;
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongType(value, 'a sequence');
  return value;
}

/** A configuration argument; an absent one is empty. */
export function config(value: unknown): Config {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value, 'a configuration object');
  return value as Config;
}

/** One of `allowed`, or `missing` when the field is absent. */
export function choice<T extends string>(value: unknown, allowed: readonly T[], missing: T): T {
  if (value === undefined || value === null) return missing;
  const found = allowed.find((option) => option === value);
  if (found === undefined) {
    const options = allowed.map((option) => `\`${option}\``).join(', ');
    throw invalidParams(`Invalid params: unknown variant \`${String(value)}\`, expected one of ${options}.`);
  }
  return found;
}

/** Transaction bytes from their text, within the limits of their version. */
export function transactionBytes(value: unknown, encoding: 'base58' | 'base64'): Uint8Array {
  const encoded = text(value);
  // No more than a look at the first byte says which limit it is.
  const isV1 = (encoding === 'base58' ? undefined : base64Bytes(encoded.slice(0, 4)))?.[0] === V1_PREFIX;
  const maxBytes = isV1 ? MAX_V1_BYTES : MAX_TRANSACTION_BYTES;
  const maxChars = encoding === 'base58' ? 1_683 : Math.ceil(maxBytes / 3) * 4;
  const kind = 'solana_transaction::versioned::VersionedTransaction';
  if (encoded.length > maxChars) {
    throw invalidParams(
      `${encoding} encoded ${kind} too large: ${encoded.length} bytes (max: encoded/raw ${maxChars}/${maxBytes})`,
    );
  }
  const bytes = encoding === 'base58' ? bs58.decodeUnsafe(encoded) : base64Bytes(encoded);
  if (bytes === undefined) throw invalidParams(`invalid ${encoding} encoding`);
  if (bytes.length > maxBytes) {
    throw invalidParams(`decoded ${kind} too large: ${bytes.length} bytes (max: ${maxBytes} bytes)`);
  }
  return bytes;
}

/** Strict base64: Node's own decoder skips what it does not know. */
export function base64Bytes(encoded: string): Uint8Array | undefined {
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined;
  return Uint8Array.from(Buffer.from(encoded, 'base64'));
}

function wrongType(value: unknown, expected: string) {
  const got =
    value === undefined
      ? 'nothing'
      : value === null
        ? 'null'
        : `${typeof value} \`${JSON.stringify(value)}\``;
  return invalidParams(`Invalid params: invalid type: ${got}, expected ${expected}.`);
}
