import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';

export const SIGNATURE_BYTES = 64;
export const BLOCKHASH_BYTES = 32;

/** Why instructions make no transaction that the chain takes. */
export type CompileRefusal =
  | 'too-many-bytes'
  | 'too-many-accounts'
  | 'too-many-instructions'
  | 'too-many-signers'
  /** A relay counts a tip only to an account that stands in the message itself. */
  | 'tip-account-in-table'
  /** Version 1 takes an address once. */
  | 'duplicate-address'
  | 'version-unsupported';

/** What a message is made of. Its blockhash is written later. */
export interface MessageParts {
  readonly payer: Address;
  readonly instructions: readonly Instruction[];
  /** Must stand in the message itself, never in a table. */
  readonly tipAccount?: Address | undefined;
}

/** A transaction without its signatures and blockhash, and where in it stands what changes from one to the next. */
export interface CompiledMessage {
  readonly version: 0 | 1;
  /** The whole transaction: zeros where signatures and blockhash go. */
  readonly bytes: Uint8Array;
  /** What is signed: from `messageStart` up to `messageEnd`. */
  readonly messageStart: number;
  readonly messageEnd: number;
  /** Where the first signature goes. */
  readonly signatureAt: number;
  readonly blockhashAt: number;
  /** Where the data of each instruction begins. */
  readonly dataAt: readonly number[];
  /** In the order of their signatures; the payer first. */
  readonly signers: readonly Address[];
  /** Accounts that it locks, those from tables included. */
  readonly accounts: number;
  /** The tables that it reads. */
  readonly tables: readonly Address[];
}
