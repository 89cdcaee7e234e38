import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import type { SwapArgs } from '../venue.ts';
import { CPMM_AUTHORITY, CPMM_PROGRAM } from './program.ts';
import type { CpmmState } from './state.ts';

/** `swap_base_input(amount_in: u64, minimum_amount_out: u64)`. */
export const SWAP_DISCRIMINATOR = Uint8Array.of(143, 190, 90, 218, 196, 30, 51, 222);
export const SWAP_BYTES = 24;
export const SWAP_ACCOUNTS = 13;

/** The instruction with its 13 accounts in the order of the program's `Swap`. */
export function swap(state: CpmmState, args: SwapArgs): Instruction {
  const { aToB } = args;
  const data = new Uint8Array(SWAP_BYTES);
  const view = new DataView(data.buffer);
  data.set(SWAP_DISCRIMINATOR, 0);
  view.setBigUint64(8, args.amountIn, true);
  view.setBigUint64(16, args.minAmountOut, true);
  return {
    programId: CPMM_PROGRAM,
    accounts: [
      { address: args.owner, isSigner: true, isWritable: false },
      readonly(CPMM_AUTHORITY),
      readonly(state.config),
      writable(state.address),
      writable(aToB ? args.tokenA : args.tokenB),
      writable(aToB ? args.tokenB : args.tokenA),
      writable(aToB ? state.vaultA : state.vaultB),
      writable(aToB ? state.vaultB : state.vaultA),
      readonly(aToB ? state.tokenProgramA : state.tokenProgramB),
      readonly(aToB ? state.tokenProgramB : state.tokenProgramA),
      readonly(aToB ? state.mintA : state.mintB),
      readonly(aToB ? state.mintB : state.mintA),
      writable(state.observation),
    ],
    data,
  };
}

function readonly(address: InstructionAccount['address']): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}

function writable(address: InstructionAccount['address']): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}
