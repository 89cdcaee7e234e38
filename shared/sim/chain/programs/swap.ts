import { isDeepStrictEqual } from 'node:util';
import type { AccountSource } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { bothTransferUnits } from '../../../venues/compute.ts';
import type { LocalVenue, SwapCall } from '../../../venues/local/local-venue.ts';
import { localHalf } from '../../../venues/local-registry.ts';
import { decodeTokenAccount } from '../../../venues/token/token.ts';
import type { PoolState, SettledPaid, Venue } from '../../../venues/venue.ts';
import { loadLocally } from '../local-rules.ts';
import type { InstructionError } from '../transaction.ts';
import type { Program, ProgramCall } from './program.ts';
import { type ProgramError, refusalError, swapProfile } from './swap-profile.ts';
import { transferCheckedInstruction } from './token.ts';

/** Anchor's own numbers for instructions and accounts that do not fit. */
const FALLBACK_NOT_FOUND = anchor(101, 'InstructionFallbackNotFound', 'Fallback functions are not supported');
const NOT_WRITABLE = anchor(3006, 'AccountNotMutable', 'The given account is not mutable');
const NOT_SIGNER = anchor(3010, 'AccountNotSigner', 'The given account did not sign');
const NOT_A_POOL = anchor(
  3012,
  'AccountNotInitialized',
  'The program expected this account to be already initialized',
);
const WRONG_TOKEN_MINT = anchor(2014, 'ConstraintTokenMint', 'A token mint constraint was violated');

/** Compute units of a program's call of itself that only logs. */
const FILL_LOG_UNITS = 400;
/** What is used before the swap is known to be one. */
const ENTRY_UNITS = 5_000;

/**
 * A venue's program, executed by the venue's own exact rules: the swap that its instruction asks for is settled on
 * the bank's bytes, tokens move, and the state it leaves is encoded back.
 */
export function swapProgram<S extends PoolState>(venue: Venue<S>): Program {
  const local = localHalf(venue);
  return {
    programId: venue.programId,
    native: false,
    units: (instruction) => (local.book?.isFillLog(instruction) ? FILL_LOG_UNITS : ENTRY_UNITS),
    run(call) {
      if (local.book?.isFillLog(call.instruction)) return undefined;
      const swap = local.readSwap(call.instruction, (address) => call.get(address));
      if (swap === undefined) return fail(call, FALLBACK_NOT_FOUND);
      call.log('Instruction: Swap');
      return runSwap(local, call, swap);
    },
  };
}

function runSwap<S extends PoolState>(
  local: LocalVenue<S>,
  call: ProgramCall,
  swap: SwapCall,
): InstructionError | undefined {
  const { venue } = local;
  const signed = call.instruction.accounts.some((entry) => entry.address === swap.owner && entry.isSigner);
  if (!signed) return fail(call, NOT_SIGNER);
  const source: AccountSource = (address) => call.get(address);
  const loaded = loadLocally(venue, swap.pool, source);
  if (!loaded.ok) return fail(call, NOT_A_POOL);
  const { state } = loaded;
  const bad =
    checkTokenAccount(call, swap.tokenA, state.mintA) ?? checkTokenAccount(call, swap.tokenB, state.mintB);
  if (bad !== undefined) return fail(call, bad);
  const settled = venue.settle(state, swap.aToB, swap.amountIn, call.clock);
  // What the quote counts, less what the token programs and the entry have of it.
  const units = settled.ok ? settled.computeUnits - ENTRY_UNITS - bothTransferUnits(state) : 0;
  if (settled.ok ? !call.consume(Math.max(units, 0)) : settled.reason === 'compute') {
    return 'ComputationalBudgetExceeded';
  }
  if (!settled.ok) return fail(call, refusalError(venue.id, settled.reason));
  if ((settled.comparedOut ?? settled.amountOut) < swap.minAmountOut)
    return fail(call, swapProfile(venue.id).slippage);
  // Before the state is written: it may be written into what the venue still holds.
  const logged = local.book?.fillLog(state, swap, call.clock) ?? [];
  const { divertedIn } = settled;
  const vaultIn = swap.aToB ? state.vaultA : state.vaultB;
  return (
    (divertedIn && moveIn(call, swap, state, divertedIn.account, divertedIn.amount)) ??
    moveIn(call, swap, state, vaultIn, settled.consumedIn - (divertedIn?.amount ?? 0n)) ??
    moveOut(call, swap, state, settled) ??
    writeState(local, call, settled) ??
    invokeAll(call, logged)
  );
}

function invokeAll(call: ProgramCall, instructions: readonly Instruction[]): InstructionError | undefined {
  for (const instruction of instructions) {
    const failed = call.invoke(instruction);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

function checkTokenAccount(call: ProgramCall, address: Address, mint: Address): ProgramError | undefined {
  const account = call.get(address);
  const token = account === null ? undefined : decodeTokenAccount(account);
  if (token === undefined || !token.ok) return NOT_A_POOL;
  return token.value.mint === mint ? undefined : WRONG_TOKEN_MINT;
}

function moveIn(
  call: ProgramCall,
  swap: SwapCall,
  state: PoolState,
  target: Address,
  amount: bigint,
): InstructionError | undefined {
  return call.invoke(
    transferCheckedInstruction({
      tokenProgram: swap.aToB ? state.tokenProgramA : state.tokenProgramB,
      source: swap.aToB ? swap.tokenA : swap.tokenB,
      mint: swap.aToB ? state.mintA : state.mintB,
      target,
      authority: swap.owner,
      amount,
      decimals: swap.aToB ? state.decimalsA : state.decimalsB,
    }),
  );
}

function moveOut(
  call: ProgramCall,
  swap: SwapCall,
  state: PoolState,
  settled: SettledPaid<PoolState>,
): InstructionError | undefined {
  const vaultAddress = swap.aToB ? state.vaultB : state.vaultA;
  const vaultAccount = call.get(vaultAddress);
  const vault = vaultAccount === null ? undefined : decodeTokenAccount(vaultAccount);
  if (vault === undefined || !vault.ok) return fail(call, NOT_A_POOL);
  return call.invoke(
    transferCheckedInstruction({
      tokenProgram: swap.aToB ? state.tokenProgramB : state.tokenProgramA,
      source: vaultAddress,
      mint: swap.aToB ? state.mintB : state.mintA,
      target: swap.aToB ? swap.tokenB : swap.tokenA,
      authority: vault.value.owner,
      amount: settled.amountOut + (settled.withheldOut ?? 0n),
      decimals: swap.aToB ? state.decimalsB : state.decimalsA,
    }),
  );
}

function writeState<S extends PoolState>(
  local: LocalVenue<S>,
  call: ProgramCall,
  settled: SettledPaid<S>,
): InstructionError | undefined {
  const writable = new Set<Address>();
  for (const entry of call.instruction.accounts) if (entry.isWritable) writable.add(entry.address);
  for (const { address, account } of local.write(settled.state, (key) => call.get(key))) {
    const before = call.get(address);
    if (before !== null && isDeepStrictEqual(before.data, account.data)) continue;
    // A tick array or oracle that the swap changes but the instruction does not name.
    if (!writable.has(address)) return fail(call, NOT_WRITABLE);
    call.put(address, { ...account, lamports: before?.lamports ?? account.lamports });
  }
  return undefined;
}

function fail(call: ProgramCall, error: ProgramError): InstructionError {
  const { code, name, message } = error;
  if (name !== '') {
    call.log(`AnchorError occurred. Error Code: ${name}. Error Number: ${code}. Error Message: ${message}.`);
  } else if (message !== '') {
    call.log(`Error: ${message}`);
  }
  return { Custom: code };
}

function anchor(code: number, name: string, message: string): ProgramError {
  return { code, name, message };
}
