import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { addressesAscend } from '../address-order.ts';
import { CPMM_PROGRAM } from '../program.ts';
import { SWAP_ACCOUNTS, SWAP_BYTES, SWAP_DISCRIMINATOR } from '../swap.ts';

/** The swap read back from its bytes. The direction is told by the mints: a pool's mint A stands before mint B. */
export function readSwap(instruction: Instruction): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== CPMM_PROGRAM || data.length !== SWAP_BYTES || accounts.length < SWAP_ACCOUNTS) return;
  if (SWAP_DISCRIMINATOR.some((byte, i) => data[i] !== byte)) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const aToB = addressesAscend(accounts[10]!.address, accounts[11]!.address);
  return {
    pool: accounts[3]!.address,
    owner: accounts[0]!.address,
    tokenA: accounts[aToB ? 4 : 5]!.address,
    tokenB: accounts[aToB ? 5 : 4]!.address,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}
