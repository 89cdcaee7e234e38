import type { Address } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import type { SwapArgs } from '../venue.ts';
import { DAMM_V2_PROGRAM, EVENT_AUTHORITY, INSTRUCTIONS_SYSVAR, POOL_AUTHORITY } from './program.ts';
import type { DammV2State } from './state.ts';

/** `swap(amount_in: u64, minimum_amount_out: u64)`. */
export const SWAP_DISCRIMINATOR = Uint8Array.of(248, 198, 158, 145, 225, 117, 135, 200);
/** `swap2(amount_0: u64, amount_1: u64, swap_mode: u8)`; mode 0 is the same exact-in swap. */
export const SWAP2_DISCRIMINATOR = Uint8Array.of(65, 75, 63, 76, 235, 91, 91, 136);
export const SWAP_BYTES = 24;
export const SWAP2_BYTES = 25;
export const EXACT_IN = 0;
export const SWAP_ACCOUNTS = 14;

/**
 * The instruction with its 14 accounts in the order of the program's `SwapCtx`, no referral. The program tells the
 * direction by the mint of the input account, which no instruction names: A to B goes by `swap` and B to A by
 * `swap2` in its exact-in mode, which the program executes alike, so that `readSwap` can tell. A pool with a rate
 * limiter is handed the instructions sysvar too.
 */
export function swap(state: DammV2State, args: SwapArgs): Instruction {
  const { aToB } = args;
  const data = new Uint8Array(aToB ? SWAP_BYTES : SWAP2_BYTES);
  const view = new DataView(data.buffer);
  data.set(aToB ? SWAP_DISCRIMINATOR : SWAP2_DISCRIMINATOR, 0);
  view.setBigUint64(8, args.amountIn, true);
  view.setBigUint64(16, args.minAmountOut, true);
  const accounts = [
    readonly(POOL_AUTHORITY),
    writable(state.address),
    writable(aToB ? args.tokenA : args.tokenB),
    writable(aToB ? args.tokenB : args.tokenA),
    writable(state.vaultA),
    writable(state.vaultB),
    readonly(state.mintA),
    readonly(state.mintB),
    { address: args.owner, isSigner: true, isWritable: false },
    readonly(state.tokenProgramA),
    readonly(state.tokenProgramB),
    readonly(DAMM_V2_PROGRAM),
    readonly(EVENT_AUTHORITY),
    readonly(DAMM_V2_PROGRAM),
  ];
  const { baseFee } = state.figures;
  if (baseFee.kind === 'rate-limiter' && baseFee.active) accounts.push(readonly(INSTRUCTIONS_SYSVAR));
  return { programId: DAMM_V2_PROGRAM, accounts, data };
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}
