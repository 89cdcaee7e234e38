import type { AccountBytes } from '../../../core/account.ts';
import { type Address, COMPUTE_BUDGET_PROGRAM } from '../../../core/address.ts';
import { ASSUMED_CHAIN } from '../../../core/chain-parameters.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { U64_MAX } from '../../../core/units.ts';
import { compileV0 } from '../../../execution/build/compile-v0.ts';
import { setUnitLimit } from '../../../execution/build/compute-budget.ts';
import { encodeLookupTable, LOOKUP_TABLE_MAX, lookupTable } from '../../../execution/build/lookup-table.ts';

/** What one packet carries: a transaction that is longer cannot be sent. */
export const MAX_TRANSACTION_BYTES = ASSUMED_CHAIN.transactionBytes;
/** Instructions that stand before the given ones. */
export const LEADING_INSTRUCTIONS = 1;

/** What is to be seen is what a program does, also with more accounts than a real transaction may lock. */
const LIMITS = { transactionAccounts: LOOKUP_TABLE_MAX, transactionBytes: MAX_TRANSACTION_BYTES };
const TABLE_LAMPORTS = 1_000_000_000n;

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
  const parts = { payer, instructions: [setUnitLimit(ASSUMED_CHAIN.transactionUnits), ...instructions] };
  const plain = compileV0(parts, [], LIMITS);
  if (plain.ok) return { bytes: plain.value.bytes, lookupTable: undefined };
  const looked = compileV0(parts, [lookupTable(tableAddress, addresses)], LIMITS);
  if (!looked.ok) return undefined;
  // Active, extended long ago and owned by nobody.
  const table = {
    deactivationSlot: U64_MAX,
    lastExtendedSlot: 0n,
    lastExtendedStart: 0,
    authority: undefined,
    addresses,
  };
  return { bytes: looked.value.bytes, lookupTable: encodeLookupTable(table, TABLE_LAMPORTS) };
}

/** Every address that may stand in a table: neither a signer nor a program that is called directly. */
function lookedUp(instructions: readonly Instruction[]): readonly Address[] {
  const addresses = new Set<Address>();
  const fixed = new Set<Address>([COMPUTE_BUDGET_PROGRAM]);
  for (const { programId, accounts } of instructions) {
    fixed.add(programId);
    for (const { address, isSigner } of accounts) (isSigner ? fixed : addresses).add(address);
  }
  return [...addresses].filter((address) => !fixed.has(address));
}
