/**
 * Compute units of Phoenix's `Swap`: the least figures that no swap was seen to exceed. Over 400 swaps of the proven
 * binary the count was 1.05 times what was used in the median.
 */
import { bothTransferUnits } from '../compute.ts';
import type { PoolState } from '../venue.ts';

const BASE = 34_000;
/** Of an order that is gone after the swap, filled or expired: it leaves its side's tree. */
const GONE = 1_330;
const PARTLY_FILLED = 4_100;
/** Of a call of the program's own log, which holds the events of so many orders. */
const LOG_CALL = 1_400;
const EVENTS_PER_CALL = 17;

/** Compute units of a swap after which so many orders are gone, and one is filled in part or none. */
export function swapUnits(
  pool: Pick<PoolState, 'tokenProgramA' | 'tokenProgramB'>,
  gone: number,
  isPartlyFilled: boolean,
): number {
  const calls = 1 + Math.ceil((gone + 1) / EVENTS_PER_CALL);
  const orders = gone * GONE + (isPartlyFilled ? PARTLY_FILLED : 0);
  return BASE + orders + calls * LOG_CALL + bothTransferUnits(pool);
}
