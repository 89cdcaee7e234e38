import bs58 from 'bs58';
import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import type { AnswerReader } from './rpc-answer.ts';
import { addressOf, arrayOf, eachReadable, integerOf, objectOf } from './rpc-answer.ts';
import { badAnswer } from './rpc-http.ts';

/** A transaction in an account's history. */
export interface SignatureEntry {
  readonly signature: string;
  readonly slot: number;
  readonly failed: boolean;
}

/** An account's history, newest first. */
export interface SignaturesRead {
  readonly entries: readonly SignatureEntry[];
  /** Members of the answer that are no entries, and were left out. */
  readonly unreadable: number;
}

/** A landed transaction: what its instructions invoked, in the order in which it ran. */
export interface TransactionRead {
  readonly slot: number;
  readonly failed: boolean;
  /** Signer and writable as the message has them: a program's own signature is not told. */
  readonly inner: readonly Instruction[];
}

/** True of a signature's text: base58 of 64 bytes. */
export function isSignature(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 88 && bs58.decodeUnsafe(value)?.length === 64;
}

/** The answer of getSignaturesForAddress. A member that cannot be read loses no neighbour. */
export function signaturesOf(reader: AnswerReader, result: unknown): SignaturesRead {
  const entries: SignatureEntry[] = [];
  const unreadable = eachReadable(arrayOf(reader, result, 'result'), (member, i) => {
    const field = `result[${i}]`;
    const { signature, slot, err } = objectOf(reader, member, field);
    if (!isSignature(signature)) {
      throw badAnswer(reader.method, reader.host, `${field}.signature`, 'is no signature');
    }
    entries.push({ signature, slot: integerOf(reader, slot, `${field}.slot`), failed: err !== null });
  });
  return { entries, unreadable: unreadable.size };
}

/** The answer of getTransaction with encoding json; null where the node does not know it yet, or any more. */
export function transactionOf(reader: AnswerReader, result: unknown): TransactionRead | null {
  if (result === null) return null;
  const body = objectOf(reader, result, 'result');
  const meta = objectOf(reader, body.meta, 'result.meta');
  const transaction = objectOf(reader, body.transaction, 'result.transaction');
  const keys = accountsOf(reader, transaction, meta);
  const inner: Instruction[] = [];
  // A node that records none says null.
  const groups = meta.innerInstructions ?? [];
  arrayOf(reader, groups, 'result.meta.innerInstructions').forEach((group, i) => {
    const field = `result.meta.innerInstructions[${i}].instructions`;
    const { instructions } = objectOf(reader, group, field);
    arrayOf(reader, instructions, field).forEach((member, j) => {
      inner.push(instructionOf(reader, member, `${field}[${j}]`, keys));
    });
  });
  return { slot: integerOf(reader, body.slot, 'result.slot'), failed: meta.err !== null, inner };
}

type Key = Instruction['accounts'][number];

/** Every account of the message in its order, those from look-up tables last. */
function accountsOf(
  reader: AnswerReader,
  transaction: Readonly<Record<string, unknown>>,
  meta: Readonly<Record<string, unknown>>,
): readonly Key[] {
  const at = 'result.transaction.message';
  const message = objectOf(reader, transaction.message, at);
  const header = objectOf(reader, message.header, `${at}.header`);
  const count = (name: string) => integerOf(reader, header[name], `${at}.header.${name}`);
  const signers = count('numRequiredSignatures');
  const writableSigners = signers - count('numReadonlySignedAccounts');
  const readonlyUnsigned = count('numReadonlyUnsignedAccounts');
  const read = (value: unknown, field: string): Address[] =>
    arrayOf(reader, value ?? [], field).map((key, i) => addressOf(reader, key, `${field}[${i}]`));
  const fixed = read(message.accountKeys, `${at}.accountKeys`);
  const keys = fixed.map((address, i) => ({
    address,
    isSigner: i < signers,
    isWritable: i < signers ? i < writableSigners : i < fixed.length - readonlyUnsigned,
  }));
  const loaded = objectOf(reader, meta.loadedAddresses ?? {}, 'result.meta.loadedAddresses');
  for (const kind of ['writable', 'readonly']) {
    for (const address of read(loaded[kind], `result.meta.loadedAddresses.${kind}`)) {
      keys.push({ address, isSigner: false, isWritable: kind === 'writable' });
    }
  }
  return keys;
}

function instructionOf(
  reader: AnswerReader,
  member: unknown,
  field: string,
  keys: readonly Key[],
): Instruction {
  const { programIdIndex, accounts, data } = objectOf(reader, member, field);
  const key = (value: unknown, of: string): Key => {
    const found = keys[integerOf(reader, value, of)];
    if (found === undefined) throw badAnswer(reader.method, reader.host, of, 'names no account');
    return found;
  };
  const bytes = typeof data === 'string' ? bs58.decodeUnsafe(data) : undefined;
  if (bytes === undefined) throw badAnswer(reader.method, reader.host, `${field}.data`, 'is not base58');
  return {
    programId: key(programIdIndex, `${field}.programIdIndex`).address,
    accounts: arrayOf(reader, accounts, `${field}.accounts`).map((value, i) =>
      key(value, `${field}.accounts[${i}]`),
    ),
    data: bytes,
  };
}
