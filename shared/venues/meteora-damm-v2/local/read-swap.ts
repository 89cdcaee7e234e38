import type { AccountSource } from '../../../core/account.ts';
import { ADDRESS_BYTES, addressAt } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { DAMM_V2_PROGRAM } from '../program.ts';
import {
  EXACT_IN,
  SWAP_ACCOUNTS,
  SWAP_BYTES,
  SWAP_DISCRIMINATOR,
  SWAP2_BYTES,
  SWAP2_DISCRIMINATOR,
} from '../swap.ts';

/**
 * The swap read back from its bytes; undefined for a referral, another mode, or bytes that `swap` does not make. The
 * direction is the program's own wherever `source` knows the input account, and our convention otherwise.
 */
export function readSwap(instruction: Instruction, source?: AccountSource): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== DAMM_V2_PROGRAM || accounts.length < SWAP_ACCOUNTS) return;
  const isSwap = data.length === SWAP_BYTES;
  if (!isSwap && (data.length !== SWAP2_BYTES || data[SWAP_BYTES] !== EXACT_IN)) return;
  const discriminator = isSwap ? SWAP_DISCRIMINATOR : SWAP2_DISCRIMINATOR;
  if (discriminator.some((byte, i) => data[i] !== byte)) return;
  if (accounts[11]!.address !== DAMM_V2_PROGRAM) return;
  const input = source?.(accounts[2]!.address);
  const known = input !== null && input !== undefined && input.data.length >= ADDRESS_BYTES;
  const aToB = known ? addressAt(input.data) === accounts[6]!.address : isSwap;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    pool: accounts[1]!.address,
    owner: accounts[8]!.address,
    tokenA: accounts[aToB ? 2 : 3]!.address,
    tokenB: accounts[aToB ? 3 : 2]!.address,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}
