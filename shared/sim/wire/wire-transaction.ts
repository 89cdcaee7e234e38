import { createPublicKey, verify } from 'node:crypto';
import { type Message, type MessageV0, type MessageV1, VersionedTransaction } from '@solana/web3.js';
import bs58 from 'bs58';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { errorText } from '../../core/errors.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { encodeV1Message, V1_PREFIX } from '../../execution/build/encode-v1.ts';
import { decodeLookupTable, usableAddresses } from '../../execution/build/lookup-table.ts';
import type { ChainRules } from '../chain/chain-rules.ts';
import type { BankTransaction, TransactionBudget } from '../chain/transaction.ts';
import { configOfV1, isSaneV1, signedPartOfV1 } from './wire-v1.ts';

export const MAX_TRANSACTION_BYTES = ASSUMED_CHAIN.transactionBytes;
/** SubjectPublicKeyInfo of an ed25519 key without the key itself. */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A transaction as it stood on the wire; its look-up tables are not yet read. */
export interface WireTransaction {
  readonly bytes: Uint8Array;
  /** Base58; the first names the transaction. */
  readonly signatures: readonly string[];
  readonly recentBlockhash: string;
  readonly staticKeys: readonly Address[];
  readonly version: 'legacy' | 0 | 1;
  readonly message: Message | MessageV0 | MessageV1;
}

/** Decodes wire bytes; `malformed` for bytes that are no transaction, `unsanitary` for one that makes no sense. */
export function decodeWireTransaction(
  bytes: Uint8Array,
): Outcome<WireTransaction, 'malformed' | 'unsanitary'> {
  let decoded: VersionedTransaction;
  try {
    decoded = VersionedTransaction.deserialize(bytes);
    // The decoder stops where the message ends and reads loose lengths; the validator takes neither.
    const signed = bytes[0] === V1_PREFIX;
    const isExact = signed ? isExactV1(decoded.message as MessageV1, bytes) : isExactOld(decoded, bytes);
    if (!isExact) return refusal('malformed', 'trailing or loose bytes');
  } catch (thrown) {
    return refusal('malformed', errorText(thrown));
  }
  const { version } = decoded;
  if (version !== 'legacy' && version !== 0 && version !== 1)
    return refusal('malformed', `version ${version}`);
  const message = decoded.message as Message | MessageV0 | MessageV1;
  if (!isSane(decoded, message)) return refusal('unsanitary');
  if (version === 1 && !isSaneV1(message as MessageV1)) return refusal('unsanitary');
  return success({
    bytes,
    signatures: decoded.signatures.map((signature) => bs58.encode(signature)),
    recentBlockhash: message.recentBlockhash,
    staticKeys: message.staticAccountKeys.map((key) => key.toBase58() as Address),
    version,
    message,
  });
}

function isExactOld(decoded: VersionedTransaction, bytes: Uint8Array): boolean {
  return Buffer.compare(decoded.serialize(), bytes) === 0;
}

function isExactV1(message: MessageV1, bytes: Uint8Array): boolean {
  const again = encodeV1Message({
    header: message.header,
    config: configOfV1(message),
    blockhash: bs58.decode(message.recentBlockhash),
    addresses: message.staticAccountKeys.map((key) => key.toBase58() as Address),
    instructions: message.compiledInstructions,
  });
  return Buffer.compare(again.bytes, signedPartOfV1(bytes)) === 0;
}

function isSane(decoded: VersionedTransaction, message: WireTransaction['message']): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = message.header;
  const staticCount = message.staticAccountKeys.length;
  if (numRequiredSignatures + numReadonlyUnsignedAccounts > staticCount) return false;
  if (numReadonlySignedAccounts >= numRequiredSignatures) return false;
  if (decoded.signatures.length !== numRequiredSignatures) return false;
  const looked = message.addressTableLookups.reduce(
    (count, table) => count + table.writableIndexes.length + table.readonlyIndexes.length,
    0,
  );
  return message.compiledInstructions.every(
    ({ programIdIndex, accountKeyIndexes }) =>
      programIdIndex > 0 &&
      programIdIndex < staticCount &&
      accountKeyIndexes.every((index) => index < staticCount + looked),
  );
}

/** True when every required key signed the message bytes. */
export function signaturesValid(wire: WireTransaction): boolean {
  const signed = wire.version === 1 ? signedPartOfV1(wire.bytes) : wire.message.serialize();
  return wire.signatures.every((signature, index) => {
    const raw = bs58.decode(wire.staticKeys[index]!);
    const key = createPublicKey({
      key: Buffer.concat([ED25519_SPKI_PREFIX, raw]),
      format: 'der',
      type: 'spki',
    });
    return verify(null, signed, key, bs58.decode(signature));
  });
}

/** Addresses that a look-up table adds to a message. */
export interface LookedUp {
  readonly writable: readonly Address[];
  readonly readonly: readonly Address[];
}

/**
 * The transaction with its look-up tables read at `slot`. A refusal's reason is the validator's name for it, such
 * as `AddressLookupTableNotFound`.
 */
export function resolveTransaction(
  wire: WireTransaction,
  get: (address: Address) => AccountBytes | null,
  slot: number,
  rules: Pick<ChainRules, 'transactionVersion'>,
): Outcome<BankTransaction & { readonly lookedUp: LookedUp }> {
  if (wire.version === 1 && rules.transactionVersion < 1) return refusal('UnsupportedVersion');
  const writable: Address[] = [];
  const readonly: Address[] = [];
  for (const table of wire.message.addressTableLookups) {
    const decoded = decodeLookupTable(get(table.accountKey.toBase58() as Address));
    if (!decoded.ok) return decoded;
    const addresses = usableAddresses(decoded.value, slot);
    if (!addresses.ok) return addresses;
    for (const index of table.writableIndexes) writable.push(addresses.value[index] as Address);
    for (const index of table.readonlyIndexes) readonly.push(addresses.value[index] as Address);
  }
  if (writable.includes(undefined as never) || readonly.includes(undefined as never)) {
    return refusal('InvalidAddressLookupTableIndex');
  }
  const accountKeys = [...wire.staticKeys, ...writable, ...readonly];
  if (new Set(accountKeys).size !== accountKeys.length) return refusal('AccountLoadedTwice');
  return success({
    signature: wire.signatures[0]!,
    signatureCount: wire.signatures.length,
    feePayer: wire.staticKeys[0]!,
    recentBlockhash: wire.recentBlockhash,
    accountKeys,
    instructions: readInstructions(wire, accountKeys),
    ...(wire.version === 1 ? { budget: budgetOf(wire.message as MessageV1) } : {}),
    wire: wire.bytes,
    lookedUp: { writable, readonly },
  });
}

/** What is not asked for is 0: a message that sets no limit of units may use none. */
function budgetOf(message: MessageV1): TransactionBudget {
  const { computeUnitLimit = 0, priorityFeeLamports = 0n } = configOfV1(message);
  return { unitLimit: computeUnitLimit, priorityFeeLamports };
}

function readInstructions(wire: WireTransaction, accountKeys: readonly Address[]): readonly Instruction[] {
  const { message } = wire;
  const accounts = accountKeys.map(
    (address, index): InstructionAccount => ({
      address,
      isSigner: message.isAccountSigner(index),
      isWritable: message.isAccountWritable(index),
    }),
  );
  return message.compiledInstructions.map((compiled) => ({
    programId: accountKeys[compiled.programIdIndex]!,
    accounts: compiled.accountKeyIndexes.map((index) => accounts[index]!),
    data: Uint8Array.from(compiled.data),
  }));
}
