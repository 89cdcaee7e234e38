import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import type { Instruction } from '../../core/instruction.ts';
import type { Program, ProgramCall } from './programs/program.ts';
import { PROGRAMS } from './programs/registry.ts';
import type { InnerInstruction, InstructionError } from './transaction.ts';
import { instructionErrorText } from './transaction-error.ts';

/** What the instructions of one transaction share. */
export interface InstructionScope {
  readonly get: (address: Address) => AccountBytes | null;
  readonly changed: Map<Address, AccountBytes>;
  readonly writable: ReadonlySet<Address>;
  readonly clock: ChainClock;
  readonly rent: (dataBytes: number) => bigint;
  readonly logs: string[];
  /** Index of the transaction's instruction, and where what it invokes is noted. */
  readonly index: number;
  readonly inner: InnerInstruction[];
  readonly meter: { used: number; readonly limit: number };
}

/** Runs one instruction and what it invokes, logging as the validator does. undefined: it succeeded. */
export function runInstruction(
  instruction: Instruction,
  scope: InstructionScope,
  depth = 1,
): InstructionError | undefined {
  const { programId } = instruction;
  const program = PROGRAMS.get(programId);
  scope.logs.push(`Program ${programId} invoke [${depth}]`);
  const failed =
    program === undefined ? 'UnsupportedProgramId' : runProgram(program, instruction, scope, depth);
  scope.logs.push(
    failed === undefined
      ? `Program ${programId} success`
      : `Program ${programId} failed: ${instructionErrorText(failed)}`,
  );
  return failed;
}

function runProgram(
  program: Program,
  instruction: Instruction,
  scope: InstructionScope,
  depth: number,
): InstructionError | undefined {
  const { meter, logs } = scope;
  const available = meter.limit - meter.used;
  const consume = (units: number): boolean => {
    const isLeft = units <= meter.limit - meter.used;
    meter.used = isLeft ? meter.used + units : meter.limit;
    return isLeft;
  };
  if (!consume(program.units(instruction))) {
    if (!program.native)
      logs.push(`Program ${program.programId} consumed ${available} of ${available} compute units`);
    return 'ComputationalBudgetExceeded';
  }
  let readOnlyTouched = false;
  const call: ProgramCall = {
    instruction,
    clock: scope.clock,
    rent: scope.rent,
    get: scope.get,
    put(address, account) {
      if (!scope.writable.has(address)) readOnlyTouched = true;
      scope.changed.set(address, account);
    },
    consume,
    log: (text) => logs.push(`Program log: ${text}`),
    invoke(inner) {
      scope.inner.push({ index: scope.index, stackHeight: depth + 1, instruction: inner });
      return runInstruction(inner, scope, depth + 1);
    },
  };
  const failed = program.run(call) ?? (readOnlyTouched ? 'ReadonlyDataModified' : undefined);
  if (!program.native) {
    const used = available - (meter.limit - meter.used);
    logs.push(`Program ${program.programId} consumed ${used} of ${available} compute units`);
  }
  return failed;
}
