import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { ChainClock } from '../../../core/clock.ts';
import type { Instruction } from '../../../core/instruction.ts';
import type { InstructionError } from '../transaction.ts';

/** What a program sees of the transaction it runs in. */
export interface ProgramCall {
  readonly instruction: Instruction;
  readonly clock: ChainClock;
  /** The least lamports of an account of so many bytes, as the Rent sysvar says. */
  rent(dataBytes: number): bigint;
  /** An account as the transaction has left it so far; null when it does not exist. */
  get(address: Address): AccountBytes | null;
  /** Writes an account. One that the message calls read-only fails the instruction when the program returns. */
  put(address: Address, account: AccountBytes): void;
  /** Uses up compute units beside those of `units`; false when so many are not left. */
  consume(units: number): boolean;
  /** Adds a "Program log:" line. */
  log(text: string): void;
  /** Runs an inner instruction; its signer flags are taken as the caller's word. */
  invoke(instruction: Instruction): InstructionError | undefined;
}

/** A program of the local node, written by hand: no byte code runs here. */
export interface Program {
  readonly programId: Address;
  /** Native programs print no "consumed" line. */
  readonly native: boolean;
  /** Compute units that one such instruction takes before it runs: a fixed figure near what mainnet shows. */
  units(instruction: Instruction): number;
  /** undefined: done. What it wrote before an error is dropped with the whole transaction. */
  run(call: ProgramCall): InstructionError | undefined;
}

/** The address of an instruction's account by position, undefined when the list is shorter. */
export function accountAt(instruction: Instruction, index: number): Address | undefined {
  return instruction.accounts[index]?.address;
}

/** True when the account at `index` signed. */
export function signedAt(instruction: Instruction, index: number): boolean {
  return instruction.accounts[index]?.isSigner === true;
}

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
