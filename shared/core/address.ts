import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import bs58 from 'bs58';
import { ArbError } from './errors.ts';

/** A Solana public key in base58: 32 bytes, checked once where it enters the program. */
export type Address = string & { readonly __brand: 'Address' };

export const ADDRESS_BYTES = 32;

/**
 * Checks that `text` is the base58 form of 32 bytes. Throws `address-invalid` naming the text.
 *
 * @example
 * ```ts
 * import { address } from 'solana-dex-arbitrage/quote';
 *
 * address('So11111111111111111111111111111111111111112'); // → 'So11111111111111111111111111111111111111112'
 * ```
 */
export function address(text: string): Address {
  if (!isAddress(text)) {
    throw new ArbError('address-invalid', `"${text}" is not a Solana address (base58 of 32 bytes)`, { text });
  }
  return text as Address;
}

/**
 * True for the base58 form of 32 bytes.
 *
 * @example
 * ```ts
 * import { isAddress } from 'solana-dex-arbitrage/quote';
 *
 * isAddress('So11111111111111111111111111111111111111112'); // → true
 * isAddress('SOL'); // → false
 * ```
 */
export function isAddress(text: string): text is Address {
  if (text.length < 32 || text.length > 44) return false;
  return bs58.decodeUnsafe(text)?.length === ADDRESS_BYTES;
}

/** The 32 bytes at `offset` as an address. Throws `address-invalid` when fewer than 32 bytes are there. */
export function addressAt(bytes: Uint8Array, offset = 0): Address {
  if (offset + ADDRESS_BYTES > bytes.length) {
    throw new ArbError('address-invalid', `no 32 bytes at offset ${offset} of ${bytes.length}`, { offset });
  }
  return bs58.encode(bytes.subarray(offset, offset + ADDRESS_BYTES)) as Address;
}

/** A fresh copy of the 32 bytes of `value`. */
export function addressBytes(value: Address): Uint8Array {
  return bs58.decode(value);
}

const PDA_MARKER = new TextEncoder().encode('ProgramDerivedAddress');

/** True when the 32 bytes are a point of ed25519, so that a private key may exist for them. */
export function isOnCurve(bytes: Uint8Array): boolean {
  try {
    ed25519.Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A program-derived address with the bump that made it one. */
export interface ProgramAddress {
  readonly address: Address;
  readonly bump: number;
}

/** Found addresses of one generation; there are two, so that at most twice as many are remembered. */
const MAX_FOUND = 20_000;

let found = new Map<string, ProgramAddress>();
let foundBefore = new Map<string, ProgramAddress>();

/**
 * The program-derived address of `seeds`: the highest bump from 255 down whose hash is off the curve.
 * Throws `address-invalid` when no bump gives one (never seen in practice). Remembered: each bump that is tried costs
 * 0.1 ms, and pools ask for the same few again with every load (`bench feed.replay-apply`).
 */
export function findProgramAddress(seeds: readonly Uint8Array[], programId: Address): ProgramAddress {
  const key = keyOf(seeds, programId);
  const known = found.get(key);
  if (known !== undefined) return known;
  const result = foundBefore.get(key) ?? searchProgramAddress(seeds, programId);
  if (found.size >= MAX_FOUND) {
    foundBefore = found;
    found = new Map();
  }
  found.set(key, result);
  return result;
}

/** What the hash is of: where one seed ends and the next begins makes no difference to it. */
function keyOf(seeds: readonly Uint8Array[], programId: Address): string {
  let key = `${programId}:`;
  for (const { buffer, byteOffset, length } of seeds) {
    key += Buffer.from(buffer, byteOffset, length).toString('latin1');
  }
  return key;
}

function searchProgramAddress(seeds: readonly Uint8Array[], programId: Address): ProgramAddress {
  const program = addressBytes(programId);
  for (let bump = 255; bump >= 0; bump--) {
    const hash = createHash('sha256');
    for (const seed of seeds) hash.update(seed);
    const digest = hash.update(Uint8Array.of(bump)).update(program).update(PDA_MARKER).digest();
    if (!isOnCurve(digest)) return { address: addressAt(digest), bump };
  }
  throw new ArbError('address-invalid', `no program address for these seeds under ${programId}`, {
    programId,
  });
}

/**
 * The program address of exactly these seeds, the bump among them; undefined when their hash is on the curve, which
 * the chain refuses.
 */
export function createProgramAddress(seeds: readonly Uint8Array[], programId: Address): Address | undefined {
  const hash = createHash('sha256');
  for (const seed of seeds) hash.update(seed);
  const digest = hash.update(addressBytes(programId)).update(PDA_MARKER).digest();
  return isOnCurve(digest) ? undefined : addressAt(digest);
}

export const SYSTEM_PROGRAM = '11111111111111111111111111111111' as Address;
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' as Address;
export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb' as Address;
export const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL' as Address;
export const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111' as Address;
/** The aggregator, version 6. */
export const JUPITER_PROGRAM = 'JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4' as Address;
export const MEMO_PROGRAM = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr' as Address;
export const CLOCK_SYSVAR = 'SysvarC1ock11111111111111111111111111111111' as Address;
export const WSOL_MINT = 'So11111111111111111111111111111111111111112' as Address;
export const USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v' as Address;

/** The associated token account of `owner` for `mint` under the mint's token program. */
export function associatedTokenAddress(owner: Address, mint: Address, tokenProgram: Address): Address {
  const seeds = [addressBytes(owner), addressBytes(tokenProgram), addressBytes(mint)];
  return findProgramAddress(seeds, ASSOCIATED_TOKEN_PROGRAM).address;
}
