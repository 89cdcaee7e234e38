import { COMPUTE_BUDGET_PROGRAM } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';

/** Tags of the compute budget program's instructions. */
const UNIT_LIMIT = 2;
const UNIT_PRICE = 3;
const LOADED_DATA_LIMIT = 4;

const MICRO_LAMPORTS = 1_000_000n;
/** Loaded data is charged by pages of 32 KiB. */
const PAGE_BYTES = 32 * 1_024;
/** The runtime counts beside their data for each account, and for each look-up table (SIMD-0186). */
const ACCOUNT_BASE_BYTES = 64;
const LOOKUP_TABLE_BYTES = 8_248;

/** The most compute units that the transaction may use: it is charged for all of them. */
export function setUnitLimit(units: number): Instruction {
  return budgetInstruction(UNIT_LIMIT, 4, (view) => view.setUint32(1, units, true));
}

export function setUnitPrice(microLamportsPerUnit: bigint): Instruction {
  return budgetInstruction(UNIT_PRICE, 8, (view) => view.setBigUint64(1, microLamportsPerUnit, true));
}

export function setLoadedDataLimit(bytes: number): Instruction {
  return budgetInstruction(LOADED_DATA_LIMIT, 4, (view) => view.setUint32(1, bytes, true));
}

/** What the runtime charges for the units that are asked for: rounded up to a lamport. */
export function priorityFeeOf(units: number, microLamportsPerUnit: bigint): bigint {
  return (BigInt(units) * microLamportsPerUnit + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
}

/**
 * The limit of loaded data to ask for, in bytes: what `accounts` accounts with `dataBytes` between them (the program data
 * of every program among them) and `tables` look-up tables come to, rounded up to whole pages.
 */
export function loadedDataLimit(dataBytes: number, accounts: number, tables: number): number {
  const loaded = dataBytes + ACCOUNT_BASE_BYTES * accounts + LOOKUP_TABLE_BYTES * tables;
  return Math.ceil(loaded / PAGE_BYTES) * PAGE_BYTES;
}

function budgetInstruction(tag: number, bytes: number, write: (view: DataView) => void): Instruction {
  const data = new Uint8Array(1 + bytes);
  data[0] = tag;
  write(new DataView(data.buffer));
  return { programId: COMPUTE_BUDGET_PROGRAM, accounts: [], data };
}
