import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';

/** What a message needs of one address, over all of its instructions. */
export interface MessageKey {
  readonly address: Address;
  isSigner: boolean;
  isWritable: boolean;
  /** A program that an instruction calls: never looked up in a table. */
  isInvoked: boolean;
}

/** How many keys stand in each class; the classes stand in this order. */
export interface KeyHeader {
  readonly signers: number;
  readonly readonlySigners: number;
  readonly readonlyOthers: number;
}

/** Every address that the instructions name, once, in the order in which they first do; the payer first. */
export function keysOf(payer: Address, instructions: readonly Instruction[]): MessageKey[] {
  const keys = new Map<Address, MessageKey>();
  const keyOf = (address: Address): MessageKey => {
    const known = keys.get(address);
    if (known !== undefined) return known;
    const key = { address, isSigner: false, isWritable: false, isInvoked: false };
    keys.set(address, key);
    return key;
  };
  const first = keyOf(payer);
  first.isSigner = true;
  first.isWritable = true;
  for (const { programId, accounts } of instructions) {
    keyOf(programId).isInvoked = true;
    for (const { address, isSigner, isWritable } of accounts) {
      const key = keyOf(address);
      if (isSigner) key.isSigner = true;
      if (isWritable) key.isWritable = true;
    }
  }
  return [...keys.values()];
}

/** Writable signers, read-only signers, writable others, read-only others; within a class as given. */
export function byClass(keys: readonly MessageKey[]): {
  readonly keys: MessageKey[];
  readonly header: KeyHeader;
} {
  const classes: MessageKey[][] = [[], [], [], []];
  for (const key of keys) classes[(key.isSigner ? 0 : 2) + (key.isWritable ? 0 : 1)]!.push(key);
  const [writableSigners, readonlySigners, , readonlyOthers] = classes as [
    MessageKey[],
    MessageKey[],
    MessageKey[],
    MessageKey[],
  ];
  return {
    keys: classes.flat(),
    header: {
      signers: writableSigners.length + readonlySigners.length,
      readonlySigners: readonlySigners.length,
      readonlyOthers: readonlyOthers.length,
    },
  };
}
