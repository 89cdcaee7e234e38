import type { Address } from '../../core/address.ts';
import type { ChainValues } from '../../core/chain-parameters.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import {
  BLOCKHASH_BYTES,
  type CompiledMessage,
  type CompileRefusal,
  type MessageParts,
  SIGNATURE_BYTES,
} from './compiled-message.ts';
import {
  encodeV1Message,
  V1_MAX_ADDRESSES,
  V1_MAX_INSTRUCTIONS,
  V1_MAX_SIGNATURES,
  type V1Config,
} from './encode-v1.ts';
import { byClass, keysOf } from './message-keys.ts';

const NO_BLOCKHASH = new Uint8Array(BLOCKHASH_BYTES);

/** As a compiled message, with where what it asks of the runtime stands. */
export interface CompiledV1 extends CompiledMessage {
  readonly configAt: number;
}

type Limits = Pick<ChainValues, 'transactionAccounts' | 'transactionBytesV1' | 'transactionVersion'>;

/**
 * The instructions as one transaction of version 1: no tables, limits and fee in the message, signatures at its end.
 * Within a class addresses stand as @solana/kit sorts them, so that its bytes are ours.
 */
export function compileV1(
  { payer, instructions }: MessageParts,
  config: V1Config,
  limits: Limits,
): Outcome<CompiledV1, CompileRefusal> {
  if (limits.transactionVersion < 1) {
    return refusal('version-unsupported', `the chain takes versions up to ${limits.transactionVersion}`);
  }
  const [first, ...others] = keysOf(payer, instructions);
  others.sort((a, b) => compareAddresses(a.address, b.address));
  const { keys, header } = byClass([first!, ...others]);
  const mostAccounts = Math.min(V1_MAX_ADDRESSES, limits.transactionAccounts);
  if (keys.length > mostAccounts) {
    return refusal('too-many-accounts', `${keys.length} accounts; version 1 takes ${mostAccounts}`);
  }
  if (header.signers > V1_MAX_SIGNATURES) {
    return refusal('too-many-signers', `${header.signers} signers; version 1 takes ${V1_MAX_SIGNATURES}`);
  }
  if (instructions.length > V1_MAX_INSTRUCTIONS) {
    const detail = `${instructions.length} instructions; version 1 takes ${V1_MAX_INSTRUCTIONS}`;
    return refusal('too-many-instructions', detail);
  }
  if (instructions.some(({ accounts, data }) => accounts.length > 0xff || data.length > 0xffff)) {
    return refusal('too-many-bytes', 'an instruction names over 255 accounts or has over 65,535 bytes');
  }
  const indexes = new Map(keys.map(({ address }, i) => [address, i]));
  const encoded = encodeV1Message(
    {
      header: {
        numRequiredSignatures: header.signers,
        numReadonlySignedAccounts: header.readonlySigners,
        numReadonlyUnsignedAccounts: header.readonlyOthers,
      },
      config,
      blockhash: NO_BLOCKHASH,
      addresses: keys.map(({ address }) => address),
      instructions: instructions.map(({ programId, accounts, data }) => ({
        programIdIndex: indexes.get(programId)!,
        accountKeyIndexes: accounts.map(({ address }) => indexes.get(address)!),
        data,
      })),
    },
    header.signers * SIGNATURE_BYTES,
  );
  const { bytes, messageEnd, blockhashAt, configAt, dataAt } = encoded;
  if (bytes.length > limits.transactionBytesV1) {
    const detail = `${bytes.length} bytes; version 1 takes ${limits.transactionBytesV1}`;
    return refusal('too-many-bytes', detail);
  }
  return success({
    version: 1,
    bytes,
    messageStart: 0,
    messageEnd,
    signatureAt: messageEnd,
    blockhashAt,
    configAt,
    dataAt,
    signers: keys.slice(0, header.signers).map(({ address }) => address),
    accounts: keys.length,
    tables: [],
  });
}

/**
 * The order in which @solana/kit sorts addresses: as an English dictionary does, digits before letters, upper case
 * counting only between addresses that are equal without it, and lower case before it there.
 */
export function compareAddresses(a: Address, b: Address): number {
  const [lowerA, lowerB] = [a.toLowerCase(), b.toLowerCase()];
  if (lowerA !== lowerB) return lowerA < lowerB ? -1 : 1;
  // In ASCII upper case stands before lower.
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
