import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { DLMM_PROGRAM, startsWith, viewOf } from '../layout.ts';
import { HOOK_A, HOOK_B, NAMED_ACCOUNTS, SWAP2, SWAP2_BYTES } from '../swap.ts';

/** The swap of an instruction built by `swap`; undefined for any other. */
export function readSwap(instruction: Instruction): SwapCall | undefined {
  const { accounts, data } = instruction;
  if (instruction.programId !== DLMM_PROGRAM || data.length !== SWAP2_BYTES) return undefined;
  if (!startsWith(data, SWAP2) || accounts.length < NAMED_ACCOUNTS) return undefined;
  const view = viewOf(data);
  if (view.getUint32(24, true) !== 1 || data[28]! > HOOK_B || data[29] !== 0) return undefined;
  const aToB = data[28] === HOOK_A;
  const tokenIn = accounts[4]!.address;
  const tokenOut = accounts[5]!.address;
  return {
    pool: accounts[0]!.address,
    owner: accounts[10]!.address,
    tokenA: aToB ? tokenIn : tokenOut,
    tokenB: aToB ? tokenOut : tokenIn,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}
