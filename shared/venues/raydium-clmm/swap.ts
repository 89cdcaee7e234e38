import { type Address, MEMO_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { U64_MAX } from '../../core/units.ts';
import type { SwapArgs } from '../venue.ts';
import { arrayAddressOf, findPath } from './accounts.ts';
import { viewOf } from './bytes.ts';
import { CLMM_PROGRAM } from './layout.ts';
import type { ClmmState } from './state.ts';

/**
 * The program's `swap_v2`, which takes either token program on both sides. Account order and arguments:
 * raydium-io/raydium-clmm `instructions/swap_v2.rs`.
 */
export const SWAP_V2 = Uint8Array.of(0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62);
/** Discriminator, amount u64, least amount out u64, price limit u128 (0: none), exact input. */
export const SWAP_BYTES = 41;
export const OWNER_AT = 0;
export const POOL_AT = 2;
export const TOKEN_IN_AT = 3;
export const TOKEN_OUT_AT = 4;
export const MINT_IN_AT = 11;
export const MINT_OUT_AT = 12;
export const FIXED_ACCOUNTS = 13;

/**
 * The swap of an exact input without a price limit, with the tick arrays that the quote reads; the bitmap extension
 * goes in where finding them takes it. Throws `amount-out-of-range` when an amount is no u64.
 */
export function swap(state: ClmmState, args: SwapArgs): Instruction {
  const { aToB } = args;
  const path = findPath(state, state.tickIndex, state.tickSpacing, aToB);
  const { extension } = state.addresses;
  const accounts = [
    { address: args.owner, isSigner: true, isWritable: false },
    readonly(state.addresses.config),
    writable(state.address),
    writable(aToB ? args.tokenA : args.tokenB),
    writable(aToB ? args.tokenB : args.tokenA),
    writable(aToB ? state.vaultA : state.vaultB),
    writable(aToB ? state.vaultB : state.vaultA),
    writable(state.observation),
    readonly(TOKEN_PROGRAM),
    readonly(TOKEN_2022_PROGRAM),
    readonly(MEMO_PROGRAM),
    readonly(aToB ? state.mintA : state.mintB),
    readonly(aToB ? state.mintB : state.mintA),
  ];
  if (path.extended && extension !== undefined) accounts.push(writable(extension));
  for (const start of path.starts) accounts.push(writable(arrayAddressOf(state.addresses, start)));
  return { programId: CLMM_PROGRAM, accounts, data: encodeArgs(args) };
}

function encodeArgs(args: SwapArgs): Uint8Array {
  for (const amount of [args.amountIn, args.minAmountOut]) {
    if (amount < 0n || amount > U64_MAX) {
      throw new ArbError('amount-out-of-range', `${amount} is no unsigned 64-bit amount`, { amount });
    }
  }
  const data = new Uint8Array(SWAP_BYTES);
  const view = viewOf(data);
  data.set(SWAP_V2, 0);
  view.setBigUint64(8, args.amountIn, true);
  view.setBigUint64(16, args.minAmountOut, true);
  data[40] = 1;
  return data;
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}
