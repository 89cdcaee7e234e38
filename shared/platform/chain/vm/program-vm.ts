import type { AccountBytes, AccountWrite } from '../../../core/account.ts';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../../core/address.ts';
import type { ChainClock } from '../../../core/clock.ts';
import { ArbError, errorText } from '../../../core/errors.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { LAMPORTS_PER_SOL } from '../../../core/units.ts';
import type { ProgramBinary } from '../program-binary.ts';
import { loadLiteSvm, type SvmSimulated } from './module.ts';
import { type ProgramFailure, readFailure } from './program-failure.ts';
import { encodeTransaction, LEADING_INSTRUCTIONS } from './wire.ts';

/** What a transaction did. `instruction` of a failure counts the given instructions from 0. */
export type Execution =
  | {
      readonly ok: true;
      /** Every account that the transaction may write, as it left it. */
      readonly accounts: ReadonlyMap<Address, AccountBytes>;
      readonly computeUnits: number;
      readonly bytes: number;
      readonly usesLookupTable: boolean;
    }
  | ({ readonly ok: false } & ProgramFailure);

/** A chain that stands still and executes real programs. */
export interface ProgramVm {
  setAccount(address: Address, account: AccountBytes): void;
  /** Executes the instructions in one v0 transaction of `payer`, on the accounts as set; what it wrote is not kept. */
  execute(instructions: readonly Instruction[]): Execution;
  /** Executes a whole transaction as it is, on the accounts as set; what it wrote is not kept. */
  run(transaction: Uint8Array): Execution;
  /** Pays for every transaction: the owner that instructions should name. */
  readonly payer: Address;
  /** What it holds before each. */
  readonly payerLamports: bigint;
}

export interface ProgramVmParams {
  readonly clock: ChainClock;
  readonly accounts: readonly AccountWrite[];
  readonly programs: readonly ProgramBinary[];
  /**
   * Who pays. Then signatures are checked, and a transaction gets the units that it asks for, as on a chain. Without one
   * an address that nobody can sign for pays, and every transaction gets far more units than a real one may use.
   */
  readonly payer?: Address;
}

/**
 * Far more than the 1,400,000 of a real transaction: what a program computes is to be seen also where it takes too
 * long, and `computeUnits` tells how long that is.
 */
const COMPUTE_UNITS = 50_000_000n;
const PAYER_LAMPORTS = 1_000n * LAMPORTS_PER_SOL;
const PAYER = addressAt(new Uint8Array(32).fill(7));
const LOOKUP_TABLE = addressAt(new Uint8Array(32).fill(9));

/**
 * A LiteSVM with the token programs of its own, the given programs and accounts, and the chain's clock. Blockhashes are
 * not checked. Throws `file-litesvm-…`, and `file-program-invalid` naming a binary that does not load.
 */
export function createProgramVm({ clock, accounts, programs, payer }: ProgramVmParams): ProgramVm {
  const litesvm = loadLiteSvm();
  const checked = litesvm
    .createSvm()
    .withSigverify(payer !== undefined)
    .withBlockhashCheck(false)
    // Without a history the same transaction may run twice.
    .withTransactionHistory(0n);
  const svm =
    payer === undefined ? checked.withComputeBudget(litesvm.createComputeBudget(COMPUTE_UNITS)) : checked;
  const paying = payer ?? PAYER;
  const setAccount = (address: Address, { owner, lamports, data }: AccountBytes): void => {
    const space = BigInt(data.length);
    svm.setAccount({ address, executable: false, lamports, programAddress: owner, space, data });
  };

  for (const { programId, elf, source } of programs) {
    try {
      svm.addProgram(programId, elf);
    } catch (error) {
      const message = `the program ${programId} from ${source} does not load: ${errorText(error)}`;
      throw new ArbError('file-program-invalid', message, { programId, source }, error);
    }
  }
  for (const { address, account } of accounts) setAccount(address, account);
  setAccount(paying, { owner: SYSTEM_PROGRAM, lamports: PAYER_LAMPORTS, data: new Uint8Array(0) });
  // Last: a snapshot may hold a clock sysvar of another slot.
  const { slot, epoch, unixTimestamp } = clock;
  const time = BigInt(unixTimestamp);
  svm.setClock(litesvm.createClock(BigInt(slot), time, BigInt(epoch), BigInt(epoch + 1), time));

  const run = (bytes: Uint8Array, usesLookupTable: boolean, leading: number): Execution => {
    const simulated = svm.simulateTransaction(litesvm.decodeTransaction(bytes));
    if (simulated.postAccounts === undefined) return failureOf(simulated, leading);
    const written = simulated.postAccounts().map(({ address, programAddress, lamports, data }) => {
      return [address as Address, { owner: programAddress as Address, lamports, data }] as const;
    });
    return {
      ok: true,
      accounts: new Map(written),
      computeUnits: Number(simulated.meta().computeUnitsConsumed()),
      bytes: bytes.length,
      usesLookupTable,
    };
  };

  return {
    payer: paying,
    payerLamports: PAYER_LAMPORTS,
    setAccount,
    run: (transaction) => run(transaction, true, 0),
    execute(instructions) {
      const wire = encodeTransaction(instructions, paying, LOOKUP_TABLE);
      if (wire === undefined) {
        return {
          ok: false,
          error: 'the transaction fits no packet',
          program: undefined,
          instruction: undefined,
        };
      }
      if (wire.lookupTable !== undefined) setAccount(LOOKUP_TABLE, wire.lookupTable);
      return run(wire.bytes, wire.lookupTable !== undefined, LEADING_INSTRUCTIONS);
    },
  };
}

function failureOf(simulated: SvmSimulated, leading: number): Execution {
  const failure = readFailure(simulated.toString(), simulated.meta().logs());
  const { instruction } = failure;
  return {
    ok: false,
    ...failure,
    instruction: instruction === undefined ? undefined : instruction - leading,
  };
}
