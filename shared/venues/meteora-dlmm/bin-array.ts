import type { AccountBytes } from '../../core/account.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { floorDiv } from '../../math/tick.ts';
import type { LoadRefusal } from '../venue.ts';
import { DLMM_PROGRAM, startsWith, viewOf } from './layout.ts';
/**
 * @hot Bin array accounts: 70 bins in a row, decoded a bin at a time as a quote comes to it. Layout:
 * MeteoraAg/dlmm-sdk `idls/dlmm.json`. Each bin has up to three layers that a swap takes in this order: the market
 * makers' liquidity, the rest of the limit orders being filled, the open limit orders.
 */

export const BINS_PER_ARRAY = 70;
export const BIN_ARRAY_BYTES = 10_136;
export const BIN_ARRAY_DISCRIMINATOR = Uint8Array.of(92, 142, 92, 220, 5, 148, 70, 181);
export const POOL_OFFSET = 24;
const BINS_OFFSET = 56;
const BIN_BYTES = 144;

/** From a bin's first byte to its fields. */
export const BIN = {
  amountA: 0,
  amountB: 8,
  price: 16,
  liquidity: 32,
  fulfilledA: 48,
  fulfilledB: 56,
  askFee: 64,
  bidFee: 72,
  feeGrowthA: 80,
  feeGrowthB: 96,
  openOrders: 112,
  processingTotal: 120,
  processingRest: 128,
  orderAge: 136,
  orderSide: 140,
} as const;

export interface BinArray {
  readonly index: number;
  readonly data: Uint8Array;
  readonly view: DataView;
}

/** Index of the array that holds bin `id`. */
export function arrayOfBin(id: number): number {
  return floorDiv(id, BINS_PER_ARRAY);
}

export function firstBinOf(index: number): number {
  return index * BINS_PER_ARRAY;
}

/** Where the bytes of bin `id` begin in its array. */
export function binOffset(index: number, id: number): number {
  return BINS_OFFSET + (id - firstBinOf(index)) * BIN_BYTES;
}

/** Checks that an account is array `index` of the pool with these address bytes. Never throws. */
export function decodeBinArray(
  account: AccountBytes,
  poolBytes: Uint8Array,
  index: number,
): Outcome<BinArray, LoadRefusal> {
  const { data } = account;
  if (account.owner !== DLMM_PROGRAM) return refusal('not-this-venue', `owned by ${account.owner}`);
  if (!startsWith(data, BIN_ARRAY_DISCRIMINATOR)) return refusal('wrong-discriminator', 'no bin array');
  if (data.length !== BIN_ARRAY_BYTES) return refusal('wrong-length', `bin array of ${data.length} bytes`);
  const view = viewOf(data);
  if (view.getBigInt64(8, true) !== BigInt(index)) {
    return refusal('inconsistent-accounts', `bin array ${view.getBigInt64(8, true)} where ${index} belongs`);
  }
  for (let i = 0; i < 32; i++) {
    if (data[POOL_OFFSET + i] !== poolBytes[i]) {
      return refusal('inconsistent-accounts', `bin array ${index} of another pool`);
    }
  }
  return success({ index, data, view });
}

/** A copy whose bytes may be written. */
export function copyOfArray(array: BinArray): BinArray {
  const data = array.data.slice();
  return { index: array.index, data, view: viewOf(data) };
}
