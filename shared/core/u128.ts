/** 128-bit little-endian integers, as Solana programs store liquidity, prices and fee growth. */

/** The unsigned 128-bit integer at `offset`. Throws RangeError when 16 bytes are not there. */
export function readU128(view: DataView, offset: number): bigint {
  const high = view.getBigUint64(offset + 8, true);
  const low = view.getBigUint64(offset, true);
  return high === 0n ? low : (high << 64n) | low;
}

/** The signed (two's complement) 128-bit integer at `offset`. Throws RangeError when 16 bytes are not there. */
export function readI128(view: DataView, offset: number): bigint {
  return (view.getBigInt64(offset + 8, true) << 64n) | view.getBigUint64(offset, true);
}

/** Writes `value` modulo 2^128, so that a signed or a wrapped value keeps its bits. */
export function writeU128(view: DataView, offset: number, value: bigint): void {
  view.setBigUint64(offset, BigInt.asUintN(64, value), true);
  view.setBigUint64(offset + 8, BigInt.asUintN(64, value >> 64n), true);
}
