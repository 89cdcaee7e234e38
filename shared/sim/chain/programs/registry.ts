import type { Address } from '../../../core/address.ts';
import { VENUES } from '../../../venues/registry.ts';
import { associatedTokenProgram } from './associated-token.ts';
import { computeBudgetProgram } from './compute-budget.ts';
import { jupiterProgram } from './jupiter.ts';
import { memoProgram } from './memo.ts';
import type { Program } from './program.ts';
import { swapProgram } from './swap.ts';
import { systemProgram } from './system.ts';
import { token2022Program, tokenProgram } from './token.ts';

/** Every program that transactions of the local node may call. */
export const PROGRAMS: ReadonlyMap<Address, Program> = new Map(
  [
    computeBudgetProgram,
    systemProgram,
    tokenProgram,
    token2022Program,
    associatedTokenProgram,
    memoProgram,
    jupiterProgram,
    ...VENUES.map((venue) => swapProgram(venue)),
  ].map((program) => [program.programId, program]),
);
