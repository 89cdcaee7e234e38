import { isDeepStrictEqual } from 'node:util';
import type { AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import {
  decodeMint,
  decodeTokenAccount,
  type MintFacts,
  preTransferFeeAmount,
  transferFee,
  withTokenAmount,
} from '../../venues/token.ts';
import type { PoolState, SettledPaid, SwapCall, Venue } from '../../venues/venue.ts';
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

/**
 * A venue's program, executed by the venue's own exact rules: the swap that its instruction asks for is settled on
 * the bank's bytes, tokens move, and the state it leaves is encoded back.
 */
export function swapProgram<S extends PoolState>(venue: Venue<S>): Program {
  return {
    programId: venue.programId,
    native: false,
    units: () => swapProfile(venue.id).units,
    run(call) {
      const swap = venue.readSwap(call.instruction);
      if (swap === undefined) return fail(call, FALLBACK_NOT_FOUND);
      call.log('Instruction: Swap');
      return runSwap(venue, call, swap);
    },
  };
}

function runSwap<S extends PoolState>(
  venue: Venue<S>,
  call: ProgramCall,
  swap: SwapCall,
): InstructionError | undefined {
  const signed = call.instruction.accounts.some((entry) => entry.address === swap.owner && entry.isSigner);
  if (!signed) return fail(call, NOT_SIGNER);
  const source: AccountSource = (address) => call.get(address);
  const loaded = venue.load(swap.pool, source);
  if (!loaded.ok) return fail(call, NOT_A_POOL);
  const { state } = loaded;
  const bad =
    checkTokenAccount(call, swap.tokenA, state.mintA) ?? checkTokenAccount(call, swap.tokenB, state.mintB);
  if (bad !== undefined) return fail(call, bad);
  const settled = venue.settle(state, swap.aToB, swap.amountIn, call.clock);
  if (!settled.ok) return fail(call, refusalError(venue.id, settled.reason));
  if (settled.amountOut < swap.minAmountOut) return fail(call, swapProfile(venue.id).slippage);
  return (
    moveIn(call, swap, state, settled.consumedIn) ??
    moveOut(venue, call, swap, state, settled) ??
    writeState(venue, call, settled)
  );
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
  amount: bigint,
): InstructionError | undefined {
  return call.invoke(
    transferCheckedInstruction({
      tokenProgram: swap.aToB ? state.tokenProgramA : state.tokenProgramB,
      source: swap.aToB ? swap.tokenA : swap.tokenB,
      mint: swap.aToB ? state.mintA : state.mintB,
      target: swap.aToB ? state.vaultA : state.vaultB,
      authority: swap.owner,
      amount,
      decimals: swap.aToB ? state.decimalsA : state.decimalsB,
    }),
  );
}

function moveOut<S extends PoolState>(
  venue: Venue<S>,
  call: ProgramCall,
  swap: SwapCall,
  state: S,
  settled: SettledPaid<S>,
): InstructionError | undefined {
  const vaultAddress = swap.aToB ? state.vaultB : state.vaultA;
  const vaultAccount = call.get(vaultAddress);
  const vault = vaultAccount === null ? undefined : decodeTokenAccount(vaultAccount);
  if (vault === undefined || !vault.ok) return fail(call, NOT_A_POOL);
  const mint = swap.aToB ? state.mintB : state.mintA;
  return call.invoke(
    transferCheckedInstruction({
      tokenProgram: swap.aToB ? state.tokenProgramB : state.tokenProgramA,
      source: vaultAddress,
      mint,
      target: swap.aToB ? swap.tokenB : swap.tokenA,
      authority: vault.value.owner,
      amount: sentAmount(venue, call, vaultAddress, mint, settled),
      decimals: swap.aToB ? state.decimalsB : state.decimalsA,
    }),
  );
}

/**
 * Base units that leave the vault so that `amountOut` reaches the user. Two amounts in a row can arrive as the same
 * one after a rounded-up transfer fee; the one that left is the one whose vault gives the settled state back.
 */
function sentAmount<S extends PoolState>(
  venue: Venue<S>,
  call: ProgramCall,
  vaultAddress: Address,
  mintAddress: Address,
  settled: SettledPaid<S>,
): bigint {
  const mint = mintFacts(call, mintAddress);
  if (mint?.transferFee === undefined) return settled.amountOut;
  const { epoch } = call.clock;
  const least = preTransferFeeAmount(mint, epoch, settled.amountOut);
  const candidates = [least - 1n, least, least + 1n].filter(
    (sent) => sent >= 0n && sent - transferFee(mint, epoch, sent) === settled.amountOut,
  );
  const exact = candidates.find((sent) => leavesSettledState(venue, call, vaultAddress, sent, settled));
  return exact ?? candidates[0] ?? least;
}

function leavesSettledState<S extends PoolState>(
  venue: Venue<S>,
  call: ProgramCall,
  vaultAddress: Address,
  sent: bigint,
  settled: SettledPaid<S>,
): boolean {
  const vault = call.get(vaultAddress);
  const held = vault === null ? undefined : decodeTokenAccount(vault);
  if (vault === null || held === undefined || !held.ok || held.value.amount < sent) return false;
  const written = new Map(
    venue.write(settled.state, (address) => call.get(address)).map((write) => [write.address, write.account]),
  );
  written.set(vaultAddress, withTokenAmount(vault, held.value.amount - sent));
  const reloaded = venue.load(settled.state.address, (address) => written.get(address) ?? call.get(address));
  return reloaded.ok && isDeepStrictEqual(reloaded.state, settled.state);
}

function mintFacts(call: ProgramCall, address: Address): MintFacts | undefined {
  const account = call.get(address);
  const mint = account === null ? undefined : decodeMint(address, account);
  return mint?.ok === true ? mint.value : undefined;
}

function writeState<S extends PoolState>(
  venue: Venue<S>,
  call: ProgramCall,
  settled: SettledPaid<S>,
): InstructionError | undefined {
  const writable = new Set<Address>();
  for (const entry of call.instruction.accounts) if (entry.isWritable) writable.add(entry.address);
  for (const { address, account } of venue.write(settled.state, (key) => call.get(key))) {
    const before = call.get(address);
    if (before !== null && isDeepStrictEqual(before.data, account.data)) continue;
    // A tick array or oracle that the swap changes but the instruction does not name.
    if (!writable.has(address)) return fail(call, NOT_WRITABLE);
    call.put(address, { ...account, lamports: before?.lamports ?? account.lamports });
  }
  return undefined;
}

function fail(call: ProgramCall, error: ProgramError): InstructionError {
  call.log(
    `AnchorError occurred. Error Code: ${error.name}. Error Number: ${error.code}. Error Message: ${error.message}.`,
  );
  return { Custom: error.code };
}

function anchor(code: number, name: string, message: string): ProgramError {
  return { code, name, message };
}
