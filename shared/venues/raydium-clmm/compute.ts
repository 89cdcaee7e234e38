/**
 * Compute units of the CLMM program's `swap_v2`: the least figures that no swap was seen to exceed. Over 1,000 swaps of
 * the proven binary the count was 1.2 times what was used in the median. That binary is older than dynamic fees and limit
 * orders: a step that they add is taken to cost what is left of a step to a tick without the search for the tick, the
 * array's change and the crossing, rounded up.
 */
import { bothTransferUnits } from '../compute.ts';
import type { PoolState } from '../venue.ts';

const BASE = 49_500;
const ARRAY = 300;
const REWARD = 1_400;

/** Of a step to a tick and over it; the last one too, which may end on the way. */
const TICK_STEP = 21_200;
/** Of a step to the end of a tick spacing, or through the limit orders of a tick. */
const SHORT_STEP = 15_000;

export function stepUnits(isShort: boolean): number {
  return isShort ? SHORT_STEP : TICK_STEP;
}

/** Of every swap before its first step, for so many tick arrays in its account list; the token programs' included. */
export function startUnits(
  pool: Pick<PoolState, 'tokenProgramA' | 'tokenProgramB'>,
  arrays: number,
  rewards: number,
): number {
  return BASE + arrays * ARRAY + rewards * REWARD + bothTransferUnits(pool);
}
