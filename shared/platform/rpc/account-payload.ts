import { zstdDecompressSync } from 'node:zlib';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { isAddress } from '../../core/address.ts';
import { errorText } from '../../core/errors.ts';
import { U64_MAX } from '../../core/units.ts';

/** The most bytes that the chain lets an account hold. */
export const MAX_ACCOUNT_BYTES = 10 * 1024 * 1024;

const MAX_OWNERS = 4_096;

/**
 * Turns the fields of an account in a JSON-RPC answer or notification into `AccountBytes`. Owners are interned: a
 * market has a handful of owner programs and each is checked once.
 *
 * `decode` gives `null` for an account with no lamports (that is how the chain says "does not exist") and
 * `undefined` for fields that are no account; `problem` then says why.
 */
export class AccountPayloadDecoder {
  problem = '';
  readonly #owners = new Map<string, Address>();

  decode(data: string, encoding: string, lamports: bigint, owner: string): AccountBytes | null | undefined {
    const program = this.#owners.get(owner) ?? this.#intern(owner);
    if (program === undefined) return this.#refuse('owner is not an address');
    if (lamports > U64_MAX) return this.#refuse('lamports is over 64 bits');
    const bytes = this.#bytes(data, encoding);
    if (bytes === undefined) return undefined;
    if (lamports === 0n) return null;
    return { owner: program, lamports, data: bytes };
  }

  #bytes(data: string, encoding: string): Uint8Array | undefined {
    if (encoding !== 'base64' && encoding !== 'base64+zstd')
      return this.#refuse('data encoding is not base64');
    const decoded = Buffer.from(data, 'base64');
    if (decoded.length !== base64Bytes(data)) return this.#refuse('data is not base64');
    const bytes = encoding === 'base64' ? decoded : this.#decompress(decoded);
    if (bytes === undefined) return undefined;
    if (bytes.length > MAX_ACCOUNT_BYTES) return this.#refuse('data is longer than an account can be');
    // A plain array: `slice` of a Buffer shares memory where that of a Uint8Array copies.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #decompress(compressed: Uint8Array): Buffer | undefined {
    try {
      return zstdDecompressSync(compressed, { maxOutputLength: MAX_ACCOUNT_BYTES });
    } catch (thrown) {
      return this.#refuse(`data is not zstd: ${errorText(thrown)}`);
    }
  }

  #intern(owner: string): Address | undefined {
    if (!isAddress(owner)) return undefined;
    // A sender that makes up owners must not fill the memory.
    if (this.#owners.size >= MAX_OWNERS) this.#owners.clear();
    this.#owners.set(owner, owner);
    return owner;
  }

  #refuse(problem: string): undefined {
    this.problem = problem;
    return undefined;
  }
}

/** How many bytes well-formed base64 of this text holds; -1 when its length cannot be base64. */
function base64Bytes(text: string): number {
  const length = text.length;
  if (length % 4 !== 0) return -1;
  if (length === 0) return 0;
  let padding = 0;
  if (text.charCodeAt(length - 1) === 61) padding = text.charCodeAt(length - 2) === 61 ? 2 : 1;
  return (length / 4) * 3 - padding;
}

/**
 * JSON text in which lamports beyond 53 bits stand as strings, so that `JSON.parse` keeps every digit. The pattern
 * cannot match inside a JSON string: a quote there is escaped, and the closing quote would follow a backslash.
 */
export function keepLargeLamports(json: string): string {
  return LARGE_LAMPORTS.test(json) ? json.replace(LARGE_LAMPORTS_ALL, '"lamports":"$1"') : json;
}

const LARGE_LAMPORTS = /"lamports"\s*:\s*\d{16}/;
const LARGE_LAMPORTS_ALL = /"lamports"\s*:\s*(\d{16,})/g;

/** Lamports as parsed after `keepLargeLamports`; undefined when it is no non-negative integer. */
export function lamportsOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  return typeof value === 'string' && /^\d{16,20}$/.test(value) ? BigInt(value) : undefined;
}
