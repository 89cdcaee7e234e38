import { COMPUTE_BUDGET_PROGRAM } from '../../../core/address.ts';
import { ASSUMED_CHAIN } from '../../../core/chain-parameters.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { divUp } from '../../../math/mul-div.ts';
import type { TransactionBudget, TransactionError } from '../transaction.ts';
import { type Program, viewOf } from './program.ts';

const DEFAULT_UNITS_PER_INSTRUCTION = 200_000;
const LAMPORTS_PER_SIGNATURE = 5_000n;
const MICRO_LAMPORTS = 1_000_000n;

const REQUEST_HEAP_FRAME = 1;
const SET_UNIT_LIMIT = 2;
const SET_UNIT_PRICE = 3;
const SET_LOADED_DATA_LIMIT = 4;
const DATA_BYTES: Readonly<Record<number, number>> = {
  [REQUEST_HEAP_FRAME]: 5,
  [SET_UNIT_LIMIT]: 5,
  [SET_UNIT_PRICE]: 9,
  [SET_LOADED_DATA_LIMIT]: 5,
};

export interface ComputeBudget {
  readonly unitLimit: number;
  readonly unitPriceMicroLamports: bigint;
  /** Where the message says it as a whole (version 1), whatever price a unit that makes. */
  readonly priorityFeeLamports?: bigint;
}

/** The budget that a message of version 1 says itself. */
export function statedBudget({ unitLimit, priorityFeeLamports }: TransactionBudget): ComputeBudget {
  const most = Math.min(unitLimit, ASSUMED_CHAIN.transactionUnits);
  const perUnit = most === 0 ? 0n : (priorityFeeLamports * MICRO_LAMPORTS) / BigInt(most);
  return { unitLimit: most, unitPriceMicroLamports: perUnit, priorityFeeLamports };
}

/** What a transaction asks of the budget, or the error that keeps it from landing at all. */
export function readComputeBudget(instructions: readonly Instruction[]): ComputeBudget | TransactionError {
  let unitLimit: number | undefined;
  let unitPriceMicroLamports = 0n;
  let others = 0;
  const seen = new Set<number>();
  for (let i = 0; i < instructions.length; i++) {
    const { programId, data } = instructions[i]!;
    if (programId !== COMPUTE_BUDGET_PROGRAM) {
      others += 1;
      continue;
    }
    const kind = data[0] ?? 0;
    const bytes = DATA_BYTES[kind];
    if (bytes === undefined || data.length < bytes)
      return { InstructionError: [i, 'InvalidInstructionData'] };
    if (seen.has(kind)) return { DuplicateInstruction: i };
    seen.add(kind);
    if (kind === SET_UNIT_LIMIT) unitLimit = viewOf(data).getUint32(1, true);
    if (kind === SET_UNIT_PRICE) unitPriceMicroLamports = viewOf(data).getBigUint64(1, true);
  }
  const wanted = unitLimit ?? others * DEFAULT_UNITS_PER_INSTRUCTION;
  return { unitLimit: Math.min(wanted, ASSUMED_CHAIN.transactionUnits), unitPriceMicroLamports };
}

/**
 * Lamports a transaction pays whether or not it succeeds: 5,000 a signature and the priority fee, which is the
 * price times the unit limit asked for (not the units used), rounded up as in Agave's `get_prioritization_fee`.
 */
export function transactionFee(signatureCount: number, budget: ComputeBudget): bigint {
  const microLamports = budget.unitPriceMicroLamports * BigInt(budget.unitLimit);
  const priority = budget.priorityFeeLamports ?? divUp(microLamports, MICRO_LAMPORTS);
  return LAMPORTS_PER_SIGNATURE * BigInt(signatureCount) + priority;
}

/** The instructions are read before the transaction runs; running them does nothing. */
export const computeBudgetProgram: Program = {
  programId: COMPUTE_BUDGET_PROGRAM,
  native: true,
  units: () => 150,
  run: () => undefined,
};
