import type { Address } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { AMM_V4_PROGRAM } from '../program.ts';
import {
  MARK_SLOT,
  SWAP_ACCOUNTS,
  SWAP_BASE_IN,
  SWAP_BASE_IN_V2,
  SWAP_BYTES,
  SWAP_V2_ACCOUNTS,
} from '../swap.ts';

/** Reads both generations back. One without the mark that tells the direction is none that we build. */
export function readSwap(instruction: Instruction): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== AMM_V4_PROGRAM || data.length !== SWAP_BYTES) return;
  if (data[0] === SWAP_BASE_IN && accounts.length === SWAP_ACCOUNTS)
    return read(instruction, MARK_SLOT, 5, 15);
  if (data[0] === SWAP_BASE_IN_V2 && accounts.length === SWAP_V2_ACCOUNTS + 1) {
    return read(instruction, SWAP_V2_ACCOUNTS, 3, 5);
  }
  return undefined;
}

export function read(
  instruction: Instruction,
  mark: number,
  vaults: number,
  tokens: number,
): SwapCall | undefined {
  const { accounts, data } = instruction;
  const at = (index: number): Address => accounts[index]!.address;
  const aToB = at(mark) === at(vaults);
  if (!aToB && at(mark) !== at(vaults + 1)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    pool: at(1),
    owner: at(tokens + 2),
    tokenA: at(aToB ? tokens : tokens + 1),
    tokenB: at(aToB ? tokens + 1 : tokens),
    aToB,
    amountIn: view.getBigUint64(1, true),
    minAmountOut: view.getBigUint64(9, true),
  };
}
