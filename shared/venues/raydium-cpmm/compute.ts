import { bothTransferUnits } from '../compute.ts';
import type { PoolState } from '../venue.ts';

/** Compute units of `swap_base_input` without the token programs': the proven binary was seen to use 33,232 at most. */
const BASE = 34_000;

/** Compute units of every swap on the pool. */
export function swapUnits(pool: Pick<PoolState, 'tokenProgramA' | 'tokenProgramB'>): number {
  return BASE + bothTransferUnits(pool);
}
