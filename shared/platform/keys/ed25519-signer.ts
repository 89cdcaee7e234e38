import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import bs58 from 'bs58';
import { addressAt } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import type { Signer } from '../../execution/build/signer.ts';

const SEED_BYTES = 32;
const KEYPAIR_BYTES = 64;
/** PrivateKeyInfo of an ed25519 key without the seed itself. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** What every key is tried on once. */
const PROBE = new TextEncoder().encode('a signer is tried once when it is made');

/**
 * Signs with a key in memory: 64 bytes as Solana's tools write them, the seed and its public key, or the seed alone.
 * Throws `key-wrong-length` and `key-mismatch` (the two halves are no pair), and `key-broken` where a signature does not
 * verify. No message and no error ever carries a byte of the key.
 */
export function createEd25519Signer(secretKey: Uint8Array): Signer {
  const { length } = secretKey;
  if (length !== SEED_BYTES && length !== KEYPAIR_BYTES) {
    const message = `a wallet key has ${KEYPAIR_BYTES} bytes (or ${SEED_BYTES}: its seed), and this one has ${length}`;
    throw new ArbError('key-wrong-length', message, { bytes: length });
  }
  const der = Buffer.concat([PKCS8_PREFIX, secretKey.subarray(0, SEED_BYTES)]);
  const key: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const publicObject = createPublicKey(key);
  const publicBytes = Buffer.from(publicObject.export({ format: 'jwk' }).x!, 'base64url');
  const publicKey = addressAt(publicBytes);
  if (length === KEYPAIR_BYTES && Buffer.compare(publicBytes, secretKey.subarray(SEED_BYTES)) !== 0) {
    const message = `the second half of the wallet key is not the public key of its first half, ${publicKey}`;
    throw new ArbError('key-mismatch', message, { publicKey });
  }
  if (!verify(null, PROBE, publicObject, sign(null, PROBE, key))) {
    throw new ArbError('key-broken', `what ${publicKey} signs does not verify`, { publicKey });
  }
  return { publicKey, sign: async (message) => sign(null, message, key) };
}

/**
 * A wallet key from its text: a JSON array of bytes, as `solana-keygen` writes it, or base58. Throws `key-unreadable`,
 * which never says what the text was.
 */
export function readSecretKey(text: string): Uint8Array {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    const bytes = bytesOf(trimmed);
    if (bytes !== undefined) return bytes;
  } else {
    const bytes = bs58.decodeUnsafe(trimmed);
    if (bytes !== undefined && bytes.length > 0) return bytes;
  }
  const message =
    'a wallet key is a JSON array of 64 bytes, as solana-keygen writes it, or its base58; this is neither';
  throw new ArbError('key-unreadable', message);
}

function bytesOf(json: string): Uint8Array | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (!Array.isArray(parsed)) return undefined;
    const isByte = (one: unknown): one is number =>
      Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 255;
    return parsed.every(isByte) ? Uint8Array.from(parsed) : undefined;
  } catch (error) {
    // What JSON.parse says quotes the text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
