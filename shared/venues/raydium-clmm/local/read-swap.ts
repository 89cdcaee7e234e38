import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { startsWith, viewOf } from '../bytes.ts';
import { CLMM_PROGRAM } from '../layout.ts';
import {
  FIXED_ACCOUNTS,
  MINT_IN_AT,
  MINT_OUT_AT,
  OWNER_AT,
  POOL_AT,
  SWAP_BYTES,
  SWAP_V2,
  TOKEN_IN_AT,
  TOKEN_OUT_AT,
} from '../swap.ts';
import { standsBefore } from './address-order.ts';

/** The swap that `instruction` asks for; undefined unless it is an exact-input swap without a price limit. */
export function readSwap(instruction: Instruction): SwapCall | undefined {
  const { data, accounts } = instruction;
  if (instruction.programId !== CLMM_PROGRAM || !startsWith(data, SWAP_V2)) return undefined;
  if (data.length !== SWAP_BYTES || accounts.length < FIXED_ACCOUNTS) return undefined;
  const view = viewOf(data);
  const limited = view.getBigUint64(24, true) !== 0n || view.getBigUint64(32, true) !== 0n;
  if (limited || data[40] !== 1) return undefined;
  // A pool's mint A stands before its mint B in byte order, so that the mints tell the direction.
  const aToB = standsBefore(accounts[MINT_IN_AT]!.address, accounts[MINT_OUT_AT]!.address);
  const tokenIn = accounts[TOKEN_IN_AT]!.address;
  const tokenOut = accounts[TOKEN_OUT_AT]!.address;
  return {
    pool: accounts[POOL_AT]!.address,
    owner: accounts[OWNER_AT]!.address,
    tokenA: aToB ? tokenIn : tokenOut,
    tokenB: aToB ? tokenOut : tokenIn,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}
