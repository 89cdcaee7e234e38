import type { Address } from '../../core/address.ts';
import { BLOCKHASH_BYTES } from './compiled-message.ts';
import { knownBytes } from './known-bytes.ts';

/** The first byte of a transaction of version 1 (SIMD-0385). */
export const V1_PREFIX = 0x81;
/** What the form itself allows (SIMD-0385), whatever the chain does. */
export const V1_MAX_SIGNATURES = 12;
export const V1_MAX_ADDRESSES = 64;
export const V1_MAX_INSTRUCTIONS = 64;
const HEADER_BYTES = 4;
const MASK_BYTES = 4;
const COUNT_BYTES = 2;
const HEAD_BYTES = 4;

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

/** An encoded message, and where its parts stand. */
export interface V1Encoded {
  readonly bytes: Uint8Array;
  /** Where the message ends and the signatures begin. */
  readonly messageEnd: number;
  readonly blockhashAt: number;
  readonly configAt: number;
  /** Where the data of each instruction begins. */
  readonly dataAt: readonly number[];
}

/**
 * Version, header, config mask, blockhash, counts, addresses, the config's values in the order of their bits, then every
 * instruction's head and every instruction's body; `tailBytes` zeros after them, where the signatures go.
 */
export function encodeV1Message(message: V1Message, tailBytes = 0): V1Encoded {
  const { header, config, blockhash, addresses, instructions } = message;
  const configBytes = configLength(config);
  const blockhashAt = HEADER_BYTES + MASK_BYTES;
  const configAt = blockhashAt + BLOCKHASH_BYTES + COUNT_BYTES + 32 * addresses.length;
  let messageEnd = configAt + configBytes + HEAD_BYTES * instructions.length;
  const dataAt: number[] = [];
  for (const { accountKeyIndexes, data } of instructions) {
    dataAt.push(messageEnd + accountKeyIndexes.length);
    messageEnd += accountKeyIndexes.length + data.length;
  }
  const bytes = new Uint8Array(messageEnd + tailBytes);
  bytes[0] = V1_PREFIX;
  bytes[1] = header.numRequiredSignatures;
  bytes[2] = header.numReadonlySignedAccounts;
  bytes[3] = header.numReadonlyUnsignedAccounts;
  bytes.set(blockhash, blockhashAt);
  bytes[blockhashAt + BLOCKHASH_BYTES] = instructions.length;
  bytes[blockhashAt + BLOCKHASH_BYTES + 1] = addresses.length;
  addresses.forEach((address, i) => {
    bytes.set(knownBytes(address), configAt - 32 * (addresses.length - i));
  });
  writeV1Config(bytes, configAt, config);
  let headAt = configAt + configBytes;
  instructions.forEach(({ programIdIndex, accountKeyIndexes, data }, i) => {
    bytes[headAt] = programIdIndex;
    bytes[headAt + 1] = accountKeyIndexes.length;
    bytes[headAt + 2] = data.length & 0xff;
    bytes[headAt + 3] = data.length >> 8;
    headAt += HEAD_BYTES;
    bytes.set(accountKeyIndexes, dataAt[i]! - accountKeyIndexes.length);
    bytes.set(data, dataAt[i]!);
  });
  return { bytes, messageEnd, blockhashAt, configAt, dataAt };
}

/** Writes the mask, and the values at `configAt`. */
export function writeV1Config(bytes: Uint8Array, configAt: number, config: V1Config): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { priorityFeeLamports, computeUnitLimit, loadedDataLimit, heapBytes } = config;
  let at = configAt;
  let mask = 0;
  if (priorityFeeLamports !== undefined) {
    mask |= 0b11;
    view.setBigUint64(at, priorityFeeLamports, true);
    at += 8;
  }
  [computeUnitLimit, loadedDataLimit, heapBytes].forEach((value, i) => {
    if (value === undefined) return;
    mask |= 0b100 << i;
    view.setUint32(at, value, true);
    at += 4;
  });
  view.setUint32(HEADER_BYTES, mask, true);
}

function configLength({
  priorityFeeLamports,
  computeUnitLimit,
  loadedDataLimit,
  heapBytes,
}: V1Config): number {
  const words = [computeUnitLimit, loadedDataLimit, heapBytes].filter((value) => value !== undefined);
  return (priorityFeeLamports === undefined ? 0 : 8) + 4 * words.length;
}
