import type { Address } from '../../core/address.ts';
import type { ChainValues } from '../../core/chain-parameters.ts';
import type { Instruction } from '../../core/instruction.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import {
  BLOCKHASH_BYTES,
  type CompiledMessage,
  type CompileRefusal,
  type MessageParts,
  SIGNATURE_BYTES,
} from './compiled-message.ts';
import { knownBytes } from './known-bytes.ts';
import type { LookupTable } from './lookup-table.ts';
import { byClass, keysOf, type MessageKey } from './message-keys.ts';

/** The first byte of a message of version 0. */
const V0_PREFIX = 0x80;
const HEADER_BYTES = 3;
/** An index is one byte. */
const MAX_INDEXED = 256;

type Limits = Pick<ChainValues, 'transactionAccounts' | 'transactionBytes'>;

/** What a message takes from one table. */
interface Lookup {
  readonly table: Address;
  readonly writable: readonly number[];
  readonly readonly: readonly number[];
}

/**
 * The instructions as one transaction of version 0 over the given tables, in their order: what stands in several is
 * taken from the first. Keys stand as @solana/web3.js has them, so that its bytes are ours.
 */
export function compileV0(
  { payer, instructions, tipAccount }: MessageParts,
  tables: readonly LookupTable[],
  limits: Limits,
): Outcome<CompiledMessage, CompileRefusal> {
  const holder = tipAccount === undefined ? undefined : tables.find(({ indexes }) => indexes.has(tipAccount));
  if (holder !== undefined) {
    return refusal(
      'tip-account-in-table',
      `the tip account ${tipAccount} stands in the table ${holder.address}`,
    );
  }
  const named = keysOf(payer, instructions);
  const mostAccounts = Math.min(limits.transactionAccounts, MAX_INDEXED);
  if (named.length > mostAccounts) {
    return refusal('too-many-accounts', `${named.length} accounts; a transaction takes ${mostAccounts}`);
  }
  const lookups: Lookup[] = [];
  const writable: MessageKey[] = [];
  const readonly: MessageKey[] = [];
  let left = named;
  for (const { address, indexes } of tables) {
    const found = left.filter((key) => mayBeLookedUp(key) && indexes.has(key.address));
    if (found.length === 0) continue;
    left = left.filter((key) => !found.includes(key));
    const here = {
      writable: found.filter((key) => key.isWritable),
      readonly: found.filter((key) => !key.isWritable),
    };
    writable.push(...here.writable);
    readonly.push(...here.readonly);
    const indexOf = (key: MessageKey): number => indexes.get(key.address)!;
    lookups.push({
      table: address,
      writable: here.writable.map(indexOf),
      readonly: here.readonly.map(indexOf),
    });
  }
  const { keys, header } = byClass(left);
  if (header.signers > 0x7f) return refusal('too-many-signers', `${header.signers} signers`);
  const indexes = new Map([...keys, ...writable, ...readonly].map(({ address }, i) => [address, i]));

  const signaturesAt = compactBytes(header.signers);
  const messageStart = signaturesAt + header.signers * SIGNATURE_BYTES;
  const size = messageStart + messageBytes(keys.length, instructions, lookups);
  if (size > limits.transactionBytes) {
    return refusal('too-many-bytes', `${size} bytes; version 0 takes ${limits.transactionBytes}`);
  }
  const bytes = new Uint8Array(size);
  writeCompact(bytes, 0, header.signers);
  let at = messageStart;
  bytes[at] = V0_PREFIX;
  bytes[at + 1] = header.signers;
  bytes[at + 2] = header.readonlySigners;
  bytes[at + 3] = header.readonlyOthers;
  at = writeCompact(bytes, at + 1 + HEADER_BYTES, keys.length);
  for (const { address } of keys) {
    bytes.set(knownBytes(address), at);
    at += 32;
  }
  const blockhashAt = at;
  at = writeCompact(bytes, at + BLOCKHASH_BYTES, instructions.length);
  const dataAt: number[] = [];
  for (const { programId, accounts, data } of instructions) {
    bytes[at] = indexes.get(programId)!;
    at = writeCompact(bytes, at + 1, accounts.length);
    for (const { address } of accounts) {
      bytes[at] = indexes.get(address)!;
      at += 1;
    }
    at = writeCompact(bytes, at, data.length);
    dataAt.push(at);
    bytes.set(data, at);
    at += data.length;
  }
  at = writeCompact(bytes, at, lookups.length);
  for (const { table, writable: ours, readonly: others } of lookups) {
    bytes.set(knownBytes(table), at);
    at = writeCompact(bytes, at + 32, ours.length);
    bytes.set(ours, at);
    at = writeCompact(bytes, at + ours.length, others.length);
    bytes.set(others, at);
    at += others.length;
  }
  return success({
    version: 0,
    bytes,
    messageStart,
    messageEnd: size,
    signatureAt: signaturesAt,
    blockhashAt,
    dataAt,
    signers: keys.slice(0, header.signers).map(({ address }) => address),
    accounts: named.length,
    tables: lookups.map(({ table }) => table),
  });
}

/** False for signers and for programs that the message calls: those stand in it. */
export function mayBeLookedUp({ isSigner, isInvoked }: MessageKey): boolean {
  return !isSigner && !isInvoked;
}

function messageBytes(
  keys: number,
  instructions: readonly Instruction[],
  lookups: readonly Lookup[],
): number {
  let size = 1 + HEADER_BYTES + compactBytes(keys) + 32 * keys + BLOCKHASH_BYTES;
  size += compactBytes(instructions.length) + compactBytes(lookups.length);
  for (const { accounts, data } of instructions) {
    size += 1 + compactBytes(accounts.length) + accounts.length + compactBytes(data.length) + data.length;
  }
  for (const { writable, readonly } of lookups) {
    size += 32 + compactBytes(writable.length) + writable.length;
    size += compactBytes(readonly.length) + readonly.length;
  }
  return size;
}

/** Bytes of a length in the compact form: seven bits each. */
function compactBytes(length: number): number {
  if (length < 0x80) return 1;
  return length < 0x4000 ? 2 : 3;
}

/** Writes a length at `at`, and gives where what follows begins. */
function writeCompact(bytes: Uint8Array, at: number, length: number): number {
  let rest = length;
  let position = at;
  while (rest >= 0x80) {
    bytes[position] = (rest & 0x7f) | 0x80;
    rest >>= 7;
    position += 1;
  }
  bytes[position] = rest;
  return position + 1;
}
