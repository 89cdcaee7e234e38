/**
 * Compute units of the DLMM program's `swap2`: the least figures that no swap was seen to exceed. Over 1,100 swaps of
 * the proven binary the count was 1.05 times what was used in the median, 1.08 times where that was more than 300,000.
 */
import { bothTransferUnits } from '../compute.ts';
import type { PoolState } from '../venue.ts';

const BASE = 31_000;
const ARRAY = 1_900;
const EXTENSION = 3_300;
const BIN_LOOKED_AT = 310;
const BIN_WITH_LIQUIDITY = 5_800;
const OPEN_ORDERS = 1_950;
/** Of a price that the bin does not hold yet. */
const PRICE = 3_000;

/** Of every swap before its first bin, for so many bin arrays in its account list; the token programs' included. */
export function startUnits(
  pool: Pick<PoolState, 'tokenProgramA' | 'tokenProgramB'>,
  arrays: number,
  usesExtension: boolean,
): number {
  return BASE + arrays * ARRAY + (usesExtension ? EXTENSION : 0) + bothTransferUnits(pool);
}

/** Of a bin that the swap passes, with liquidity or without. */
export const PASSED_BIN_UNITS = BIN_LOOKED_AT;

/** What it costs more when the bin pays. */
export function payingBinUnits(hasOpenOrders: boolean, isPriced: boolean): number {
  return BIN_WITH_LIQUIDITY + (hasOpenOrders ? OPEN_ORDERS : 0) + (isPriced ? 0 : PRICE);
}
