import type { Address } from './address.ts';

export interface InstructionAccount {
  readonly address: Address;
  readonly isSigner: boolean;
  readonly isWritable: boolean;
}

/** One instruction of a transaction, in no SDK's types. */
export interface Instruction {
  readonly programId: Address;
  readonly accounts: readonly InstructionAccount[];
  readonly data: Uint8Array;
}
