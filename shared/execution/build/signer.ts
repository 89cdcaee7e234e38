import type { Address } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { SIGNATURE_BYTES } from './compiled-message.ts';
import type { UnsignedTransaction } from './order-builder.ts';

/** Signs with one key, wherever it is kept: in memory, or by a service. */
export interface Signer {
  readonly publicKey: Address;
  /** The ed25519 signature of the bytes as they are: 64 bytes. Rejects where there is none. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A transaction as it goes onto the wire. */
export interface SignedTransaction {
  readonly orderId: string;
  readonly version: 0 | 1;
  readonly bytes: Uint8Array;
  /** The 64 bytes by which the chain knows it. */
  readonly signature: Uint8Array;
}

/**
 * Signs a transaction in place. Refused where another wallet than `payer` would sign, or the signer gives no signature:
 * nothing of it may be sent then.
 */
export async function signTransaction(
  unsigned: UnsignedTransaction,
  payer: Address,
  signer: Signer,
): Promise<Outcome<SignedTransaction, 'signer-other-wallet' | 'signature-invalid'>> {
  if (signer.publicKey !== payer) {
    return refusal('signer-other-wallet', `the signer is ${signer.publicKey}, and ${payer} pays`);
  }
  const { orderId, version, bytes, message, signatureAt } = unsigned;
  const signature = await signer.sign(message);
  if (signature.length !== SIGNATURE_BYTES || signature.every((byte) => byte === 0)) {
    return refusal('signature-invalid', `the signer gave ${signature.length} bytes that are no signature`);
  }
  bytes.set(signature, signatureAt);
  return success({ orderId, version, bytes, signature });
}
