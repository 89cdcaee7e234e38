import { type Address, addressBytes, findProgramAddress, SYSTEM_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { LOOKUP_TABLE_PROGRAM } from './lookup-table.ts';

const CREATE = 0;
const EXTEND = 2;
const DEACTIVATE = 3;
const CLOSE = 4;

/** Whose a table is, and who pays its rent. */
export interface TableOwner {
  readonly authority: Address;
  readonly payer: Address;
}

/** Makes an empty table. Its address follows from the authority and `recentSlot`, which the chain must still know. */
export function createTable(
  { authority, payer }: TableOwner,
  recentSlot: number,
): { readonly table: Address; readonly instruction: Instruction } {
  const slot = new Uint8Array(8);
  new DataView(slot.buffer).setBigUint64(0, BigInt(recentSlot), true);
  const { address, bump } = findProgramAddress([addressBytes(authority), slot], LOOKUP_TABLE_PROGRAM);
  const data = new Uint8Array(13);
  new DataView(data.buffer).setUint32(0, CREATE, true);
  data.set(slot, 4);
  data[12] = bump;
  return {
    table: address,
    instruction: call(data, [written(address), signing(authority), paying(payer), SYSTEM]),
  };
}

/** Adds addresses at the table's end. They may be looked up from the next slot on. */
export function extendTable(
  { authority, payer }: TableOwner,
  table: Address,
  addresses: readonly Address[],
): Instruction {
  const data = new Uint8Array(12 + 32 * addresses.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, EXTEND, true);
  view.setBigUint64(4, BigInt(addresses.length), true);
  addresses.forEach((address, i) => {
    data.set(addressBytes(address), 12 + 32 * i);
  });
  return call(data, [written(table), signing(authority), paying(payer), SYSTEM]);
}

/** Asks for the table's end: it can be closed once the chain has forgotten the slot of this. */
export function deactivateTable({ authority }: TableOwner, table: Address): Instruction {
  return call(tag(DEACTIVATE), [written(table), signing(authority)]);
}

/** Closes a table that was deactivated long enough ago; its rent goes to the payer. */
export function closeTable({ authority, payer }: TableOwner, table: Address): Instruction {
  const recipient = { address: payer, isSigner: false, isWritable: true };
  return call(tag(CLOSE), [written(table), signing(authority), recipient]);
}

const SYSTEM: InstructionAccount = { address: SYSTEM_PROGRAM, isSigner: false, isWritable: false };

function call(data: Uint8Array, accounts: readonly InstructionAccount[]): Instruction {
  return { programId: LOOKUP_TABLE_PROGRAM, accounts, data };
}

function tag(value: number): Uint8Array {
  return Uint8Array.of(value, 0, 0, 0);
}

function written(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}

function signing(address: Address): InstructionAccount {
  return { address, isSigner: true, isWritable: false };
}

function paying(address: Address): InstructionAccount {
  return { address, isSigner: true, isWritable: true };
}
