import {
  BIN,
  BIN_ARRAY_BYTES,
  BIN_ARRAY_DISCRIMINATOR,
  BINS_PER_ARRAY,
  binOffset,
  firstBinOf,
  POOL_OFFSET,
} from '../bin-array.ts';
import {
  EXTENSION_BYTES,
  EXTENSION_DISCRIMINATOR,
  INNER_MAX,
  INNER_MIN,
  NEGATIVE_OFFSET,
  POSITIVE_OFFSET,
} from '../bitmap.ts';
import { BITMAP_OFFSET, viewOf } from '../layout.ts';

/** One bin to encode. Amounts in base units, price in Q64.64, liquidity in Q64.64 of B. */
export interface BinMaking {
  readonly amountA: bigint;
  readonly amountB: bigint;
  readonly price: bigint;
  readonly liquidity: bigint;
  /** Base units of open limit orders: of A when they ask, of B when they bid. */
  readonly openOrders: bigint;
  readonly ordersAsk: boolean;
}

/** A bin array with these bins by id; the others have never been used. */
export function encodeBinArray(
  poolBytes: Uint8Array,
  index: number,
  bins: ReadonlyMap<number, BinMaking>,
): Uint8Array {
  const data = new Uint8Array(BIN_ARRAY_BYTES);
  const view = viewOf(data);
  data.set(BIN_ARRAY_DISCRIMINATOR, 0);
  view.setBigInt64(8, BigInt(index), true);
  data[16] = 2;
  data.set(poolBytes, POOL_OFFSET);
  const first = firstBinOf(index);
  for (let id = first; id < first + BINS_PER_ARRAY; id++) {
    const bin = bins.get(id);
    if (bin === undefined) continue;
    const at = binOffset(index, id);
    view.setBigUint64(at + BIN.amountA, bin.amountA, true);
    view.setBigUint64(at + BIN.amountB, bin.amountB, true);
    setU128(view, at + BIN.price, bin.price);
    setU128(view, at + BIN.liquidity, bin.liquidity);
    view.setBigUint64(at + BIN.openOrders, bin.openOrders, true);
    data[at + BIN.orderSide] = bin.openOrders > 0n && bin.ordersAsk ? 1 : 0;
  }
  return data;
}

function setU128(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, value >> 64n, true);
}

/** Sets the bits of these arrays in a pool account, in place; those beyond its range are left out. */
export function setInnerBits(poolData: Uint8Array, indexes: Iterable<number>): void {
  for (const index of indexes) {
    if (index >= INNER_MIN && index <= INNER_MAX) setBit(poolData, BITMAP_OFFSET, index - INNER_MIN);
  }
}

/** An extension account with the bits of those arrays that lie beyond the pool's own range. */
export function encodeExtension(poolBytes: Uint8Array, indexes: Iterable<number>): Uint8Array {
  const data = new Uint8Array(EXTENSION_BYTES);
  data.set(EXTENSION_DISCRIMINATOR, 0);
  data.set(poolBytes, 8);
  for (const index of indexes) {
    if (index > INNER_MAX) setBit(data, POSITIVE_OFFSET, index - INNER_MAX - 1);
    else if (index < INNER_MIN) setBit(data, NEGATIVE_OFFSET, INNER_MIN - 1 - index);
  }
  return data;
}

function setBit(data: Uint8Array, offset: number, bit: number): void {
  const view = viewOf(data);
  const at = offset + (bit >> 3);
  view.setUint8(at, view.getUint8(at) | (1 << (bit & 7)));
}
