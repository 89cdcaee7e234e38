import { type Address, SYSTEM_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';

/** What a relay is paid for landing a transaction: nothing where the transaction reverts, as it stands inside it. */
export interface Tip {
  readonly account: Address;
  readonly lamports: bigint;
  /** The accounts that the relay counts tips to: any other earns nothing. */
  readonly known: ReadonlySet<Address>;
}

const TRANSFER = 2;
/** An address that begins so, named read-only by any instruction, keeps other transactions from standing in front of it. */
const DONT_FRONT_PREFIX = 'jitodontfront';

export function isDontFront(address: Address): boolean {
  return address.startsWith(DONT_FRONT_PREFIX);
}

/** A transfer of lamports, with further accounts that it does not read. */
export function transferLamports(
  from: Address,
  to: Address,
  lamports: bigint,
  named: readonly Address[] = [],
): Instruction {
  const data = new Uint8Array(12);
  const view = new DataView(data.buffer);
  view.setUint32(0, TRANSFER, true);
  view.setBigUint64(4, lamports, true);
  const accounts: InstructionAccount[] = [
    { address: from, isSigner: true, isWritable: true },
    { address: to, isSigner: false, isWritable: true },
  ];
  for (const address of named) accounts.push({ address, isSigner: false, isWritable: false });
  return { programId: SYSTEM_PROGRAM, accounts, data };
}
