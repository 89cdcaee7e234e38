/**
 * Compute units of the Whirlpool program's `swap` and `swap_v2`, without the token programs': the least figures that no
 * swap was seen to exceed. Over 16,000 swaps of the proven binary the count was 1.1 times what was used in the median,
 * 1.05 times where that was more than 300,000.
 *
 * What moves them: the price at a tick is a product over the tick's bits, of 256 bits each above tick 0; a search for the
 * next tick looks at every tick of the array on its way; an adaptive fee makes a step of every tick group.
 */
import { TOKEN_PROGRAM } from '../../core/address.ts';
import { bothTransferUnits } from '../compute.ts';
import type { PoolState } from '../venue.ts';

const BASE = 27_000;
const BASE_V2 = 4_000;
const ADAPTIVE = 2_000;
/** Of a reward that grows. */
const REWARD = 3_600;
/** Of an array that does not exist, and of each address that the program tries until it has the array's own. */
const ABSENT_ARRAY = 2_400;
const ADDRESS_TRY = 2_100;
/** Of a step that moves the price through liquidity; one without costs no more than what leads to it. */
const LIQUID_STEP = 5_700;
const SKIPPED_STEP = 2_100;
const CROSSED_TICK = 1_450;
/** Of a tick looked at, in an array of either layout. */
const FIXED_TICK = 117;
const DYNAMIC_TICK = 209;
/** Of each bit but the lowest of a tick whose price is worked out: where a search heads for, */
const BIT_ABOVE = 1_660;
const BIT_BELOW = 140;
/** and where a tick group ends. */
const GROUP_BIT_ABOVE = 700;
const GROUP_BELOW = 3_700;

/** What every swap on the pool costs before its first step, the token programs' units included. */
export function startUnits(
  pool: Pick<PoolState, 'tokenProgramA' | 'tokenProgramB'>,
  isAdaptive: boolean,
  rewards: number,
): number {
  const v2 = pool.tokenProgramA !== TOKEN_PROGRAM || pool.tokenProgramB !== TOKEN_PROGRAM;
  const base = BASE + (v2 ? BASE_V2 : 0) + (isAdaptive ? ADAPTIVE : 0) + rewards * REWARD;
  return base + bothTransferUnits(pool);
}

/** Of an array that the program has to find out to be none, its address having taken so many tries. */
export function absentArrayUnits(tries: number): number {
  return ABSENT_ARRAY + tries * ADDRESS_TRY;
}

/** Of a search that looked at so many ticks of an array. */
export function searchUnits(ticks: number, isDynamic: boolean): number {
  return ticks * (isDynamic ? DYNAMIC_TICK : FIXED_TICK);
}

/** Of the price at the tick that a search has found. */
export function stopUnits(tick: number): number {
  return bitsOf(tick) * (tick >= 0 ? BIT_ABOVE : BIT_BELOW);
}

/** Of a search that goes on in arrays that are not known, at most: through two whole ones to a tick of many bits. */
export const UNKNOWN_SEARCH_UNITS = 2 * 88 * DYNAMIC_TICK + 18 * BIT_ABOVE;

/** Of the price at the end of a tick group. */
export function groupUnits(tick: number): number {
  return tick >= 0 ? bitsOf(tick) * GROUP_BIT_ABOVE : GROUP_BELOW;
}

/** Of one step, without the prices that bound it. */
export function stepUnits(isLiquid: boolean, isSkipped: boolean, isCrossed: boolean): number {
  return (isLiquid ? LIQUID_STEP : 0) + (isSkipped ? SKIPPED_STEP : 0) + (isCrossed ? CROSSED_TICK : 0);
}

/** Bits set in the tick's distance from 0, but the lowest. */
function bitsOf(tick: number): number {
  let bits = 0;
  for (let left = Math.abs(tick) >>> 1; left !== 0; left >>>= 1) bits += left & 1;
  return bits;
}
