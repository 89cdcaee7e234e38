import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { startsWith, viewOf, WHIRLPOOL_PROGRAM } from '../layout.ts';
import { SWAP, SWAP_BYTES, SWAP_V2, SWAP_V2_BYTES } from '../swap.ts';

/** Where each account that a swap is read back from stands. */
interface Positions {
  readonly count: number;
  readonly owner: number;
  readonly pool: number;
  readonly tokenA: number;
  readonly tokenB: number;
}

const SWAP_AT: Positions = { count: 11, owner: 1, pool: 2, tokenA: 3, tokenB: 5 };

const SWAP_V2_AT: Positions = { count: 15, owner: 3, pool: 4, tokenA: 7, tokenB: 9 };

/** The swap that `instruction` asks for; undefined unless it is an exact-input swap without a price limit. */
export function readSwap(instruction: Instruction): SwapCall | undefined {
  const { data, accounts } = instruction;
  if (instruction.programId !== WHIRLPOOL_PROGRAM) return undefined;
  const v2 = startsWith(data, SWAP_V2);
  if (!v2 && !startsWith(data, SWAP)) return undefined;
  if (data.length !== (v2 ? SWAP_V2_BYTES : SWAP_BYTES)) return undefined;
  const at = v2 ? SWAP_V2_AT : SWAP_AT;
  if (accounts.length < at.count) return undefined;
  const view = viewOf(data);
  const limited = view.getBigUint64(24, true) !== 0n || view.getBigUint64(32, true) !== 0n;
  if (limited || data[40] !== 1 || data[41]! > 1 || (v2 && data[42] !== 0)) return undefined;
  return {
    pool: accounts[at.pool]!.address,
    owner: accounts[at.owner]!.address,
    tokenA: accounts[at.tokenA]!.address,
    tokenB: accounts[at.tokenB]!.address,
    aToB: data[41] === 1,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}
