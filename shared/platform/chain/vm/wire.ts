import {
  AddressLookupTableAccount,
  ComputeBudgetProgram,
  PublicKey,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import type { AccountBytes } from '../../../core/account.ts';
import { type Address, addressBytes } from '../../../core/address.ts';
import { ASSUMED_CHAIN } from '../../../core/chain-parameters.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { U64_MAX } from '../../../core/units.ts';

/** What one packet carries: a transaction that is longer cannot be sent. */
export const MAX_TRANSACTION_BYTES = ASSUMED_CHAIN.transactionBytes;
/** The most that one transaction may ask for. */
const COMPUTE_UNIT_LIMIT = ASSUMED_CHAIN.transactionUnits;
/** Instructions that stand before the given ones. */
export const LEADING_INSTRUCTIONS = 1;

const ANY_BLOCKHASH = '11111111111111111111111111111111';
const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111' as Address;
const LOOKUP_TABLE_HEADER_BYTES = 56;
const LOOKUP_TABLE_MAX = 256;

/** A v0 transaction with its signatures left empty. */
export interface WireTransaction {
  readonly bytes: Uint8Array;
  /** The look-up table's account as the transaction reads it; undefined where it needs none. */
  readonly lookupTable: AccountBytes | undefined;
}

/**
 * The instructions as one v0 transaction with the highest compute limit; undefined when it fits no packet. Where its
 * addresses alone would not fit, all that need not be static are looked up in a table at `tableAddress`.
 */
export function encodeTransaction(
  instructions: readonly Instruction[],
  payer: Address,
  tableAddress: Address,
): WireTransaction | undefined {
  const addresses = lookedUp(instructions);
  if (addresses.length > LOOKUP_TABLE_MAX) return undefined;
  const message = new TransactionMessage({
    payerKey: new PublicKey(payer),
    recentBlockhash: ANY_BLOCKHASH,
    instructions: [
      ComputeBudgetProgram.setComputeUnitLimit({ units: COMPUTE_UNIT_LIMIT }),
      ...instructions.map(toWeb3),
    ],
  });
  const plain = serialize(message, []);
  if (plain !== undefined) return { bytes: plain, lookupTable: undefined };
  const table = new AddressLookupTableAccount({
    key: new PublicKey(tableAddress),
    state: {
      deactivationSlot: U64_MAX,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
      addresses: addresses.map((address) => new PublicKey(address)),
    },
  });
  const bytes = serialize(message, [table]);
  return bytes === undefined ? undefined : { bytes, lookupTable: encodeLookupTable(addresses) };
}

/** The bytes, or undefined when they fit no packet. web3.js tells by a RangeError of its packet-sized buffer. */
function serialize(message: TransactionMessage, tables: AddressLookupTableAccount[]): Uint8Array | undefined {
  try {
    const bytes = new VersionedTransaction(message.compileToV0Message(tables)).serialize();
    return bytes.length > MAX_TRANSACTION_BYTES ? undefined : bytes;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function toWeb3({ programId, accounts, data }: Instruction): TransactionInstruction {
  return new TransactionInstruction({
    programId: new PublicKey(programId),
    keys: accounts.map(({ address, isSigner, isWritable }) => ({
      pubkey: new PublicKey(address),
      isSigner,
      isWritable,
    })),
    data: Buffer.from(data),
  });
}

/** Every address that may stand in a table: neither a signer nor a program that is called directly. */
function lookedUp(instructions: readonly Instruction[]): readonly Address[] {
  const addresses = new Set<Address>();
  const fixed = new Set<Address>();
  for (const { programId, accounts } of instructions) {
    fixed.add(programId);
    for (const { address, isSigner } of accounts) (isSigner ? fixed : addresses).add(address);
  }
  return [...addresses].filter((address) => !fixed.has(address));
}

/** A table that is active, extended long ago and owned by nobody. */
function encodeLookupTable(addresses: readonly Address[]): AccountBytes {
  const data = new Uint8Array(LOOKUP_TABLE_HEADER_BYTES + 32 * addresses.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, 1, true);
  view.setBigUint64(4, U64_MAX, true);
  addresses.forEach((address, i) => {
    data.set(addressBytes(address), LOOKUP_TABLE_HEADER_BYTES + 32 * i);
  });
  return { owner: LOOKUP_TABLE_PROGRAM, lamports: 1_000_000_000n, data };
}
