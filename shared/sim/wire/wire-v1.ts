import type { MessageV1 } from '@solana/web3.js';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import {
  V1_MAX_ADDRESSES,
  V1_MAX_INSTRUCTIONS,
  V1_MAX_SIGNATURES,
  type V1Config,
} from '../../execution/build/encode-v1.ts';

export const MAX_V1_BYTES = ASSUMED_CHAIN.transactionBytesV1;
const SIGNATURE_BYTES = 64;
const HEAP_STEP_BYTES = 1_024;

/** The part of a transaction's bytes that is signed. */
export function signedPartOfV1(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, Math.max(0, bytes.length - (bytes[1] ?? 0) * SIGNATURE_BYTES));
}

/** False for a message that no validator takes, whatever its accounts hold. */
export function isSaneV1(message: MessageV1): boolean {
  const { header, staticAccountKeys, compiledInstructions, transactionConfig } = message;
  const keys = new Set(staticAccountKeys.map((key) => key.toBase58()));
  return (
    keys.size === staticAccountKeys.length &&
    keys.size <= V1_MAX_ADDRESSES &&
    compiledInstructions.length <= V1_MAX_INSTRUCTIONS &&
    header.numRequiredSignatures <= V1_MAX_SIGNATURES &&
    (transactionConfig.heapSize ?? 0) % HEAP_STEP_BYTES === 0
  );
}

/** The config of a decoded message. */
export function configOfV1({ transactionConfig }: MessageV1): V1Config {
  const { priorityFee, computeUnitLimit, loadedAccountsDataSizeLimit, heapSize } = transactionConfig;
  return {
    priorityFeeLamports: priorityFee === null ? undefined : BigInt(priorityFee),
    computeUnitLimit: computeUnitLimit ?? undefined,
    loadedDataLimit: loadedAccountsDataSizeLimit ?? undefined,
    heapBytes: heapSize ?? undefined,
  };
}
