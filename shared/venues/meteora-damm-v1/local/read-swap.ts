import type { AccountSource } from '../../../core/account.ts';
import { type Address, addressBytes } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { PROTOCOL_FEE_A_OFFSET, PROTOCOL_FEE_B_OFFSET } from '../layout.ts';
import { DAMM_V1_PROGRAM } from '../program.ts';
import { PROTOCOL_FEE_AT, SWAP_ACCOUNTS, SWAP_BYTES, SWAP_DISCRIMINATOR } from '../swap.ts';

/**
 * The swap read back from its bytes. The direction is told by the protocol's fee account, of which the pool in
 * `source` names one for each token: undefined without the pool, or with neither.
 */
export function readSwap(instruction: Instruction, source?: AccountSource): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== DAMM_V1_PROGRAM || data.length !== SWAP_BYTES || accounts.length < SWAP_ACCOUNTS) return;
  if (SWAP_DISCRIMINATOR.some((byte, i) => data[i] !== byte)) return;
  const pool = accounts[0]!.address;
  const aToB = directionOf(source?.(pool)?.data, accounts[PROTOCOL_FEE_AT]!.address);
  if (aToB === undefined) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    pool,
    owner: accounts[12]!.address,
    tokenA: accounts[aToB ? 1 : 2]!.address,
    tokenB: accounts[aToB ? 2 : 1]!.address,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}

export function directionOf(pool: Uint8Array | undefined, feeAccount: Address): boolean | undefined {
  if (pool === undefined) return undefined;
  const fee = addressBytes(feeAccount);
  const standsAt = (offset: number): boolean => fee.every((byte, i) => byte === pool[offset + i]);
  if (standsAt(PROTOCOL_FEE_A_OFFSET)) return true;
  return standsAt(PROTOCOL_FEE_B_OFFSET) ? false : undefined;
}
