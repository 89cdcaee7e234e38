import type { MessageV1 } from '@solana/web3.js';
import type { Address } from '../../core/address.ts';
import { addressBytes } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';

/** The first byte of a transaction of version 1 (SIMD-0385). */
export const V1_PREFIX = 0x81;
export const MAX_V1_BYTES = ASSUMED_CHAIN.transactionBytesV1;
const SIGNATURE_BYTES = 64;
const MAX_SIGNATURES = 12;
const MAX_ADDRESSES = 64;
const MAX_INSTRUCTIONS = 64;
const HEAP_STEP_BYTES = 1_024;

/** What a message of version 1 asks of the runtime; what is undefined counts as 0 (the heap as 32 KiB). */
export interface V1Config {
  readonly priorityFeeLamports?: bigint | undefined;
  readonly computeUnitLimit?: number | undefined;
  readonly loadedDataLimit?: number | undefined;
  readonly heapBytes?: number | undefined;
}

/** A message of version 1 by its parts: all addresses stand in it, and no look-up tables. */
export interface V1Message {
  readonly header: {
    readonly numRequiredSignatures: number;
    readonly numReadonlySignedAccounts: number;
    readonly numReadonlyUnsignedAccounts: number;
  };
  readonly config: V1Config;
  readonly blockhash: Uint8Array;
  readonly addresses: readonly Address[];
  readonly instructions: readonly {
    readonly programIdIndex: number;
    readonly accountKeyIndexes: readonly number[];
    readonly data: Uint8Array;
  }[];
}

/**
 * The bytes that are signed: version, header, config mask, blockhash, counts, addresses, the config's values in the
 * order of their bits, then every instruction's head and every instruction's body. Signatures follow them.
 */
export function encodeV1Message(message: V1Message): Uint8Array {
  const { header, config, blockhash, addresses, instructions } = message;
  const values: Buffer[] = [];
  let mask = 0;
  const put = (bits: number, value: Buffer): void => {
    mask |= bits;
    values.push(value);
  };
  const { priorityFeeLamports, computeUnitLimit, loadedDataLimit, heapBytes } = config;
  if (priorityFeeLamports !== undefined) put(0b11, u64(priorityFeeLamports));
  if (computeUnitLimit !== undefined) put(0b100, u32(computeUnitLimit));
  if (loadedDataLimit !== undefined) put(0b1000, u32(loadedDataLimit));
  if (heapBytes !== undefined) put(0b1_0000, u32(heapBytes));
  const heads = instructions.map(({ programIdIndex, accountKeyIndexes, data }) =>
    Buffer.from([programIdIndex, accountKeyIndexes.length, data.length & 0xff, data.length >> 8]),
  );
  const bodies = instructions.map(({ accountKeyIndexes, data }) =>
    Buffer.concat([Buffer.from(accountKeyIndexes), data]),
  );
  return Buffer.concat([
    Buffer.from([
      V1_PREFIX,
      header.numRequiredSignatures,
      header.numReadonlySignedAccounts,
      header.numReadonlyUnsignedAccounts,
    ]),
    u32(mask),
    blockhash,
    Buffer.from([instructions.length, addresses.length]),
    ...addresses.map(addressBytes),
    ...values,
    ...heads,
    ...bodies,
  ]);
}

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
    keys.size <= MAX_ADDRESSES &&
    compiledInstructions.length <= MAX_INSTRUCTIONS &&
    header.numRequiredSignatures <= MAX_SIGNATURES &&
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

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
