import { writeU128 } from '../../../core/u128.ts';
import {
  EXTENSION_BYTES,
  EXTENSION_DISCRIMINATOR,
  EXTENSION_POOL_OFFSET,
  TICKS_PER_ARRAY,
} from '../bitmap.ts';
import { viewOf } from '../bytes.ts';
import {
  COUNT_OFFSET,
  DISCRIMINATOR,
  GROSS_AT,
  NET_AT,
  ORDERS_AT,
  POOL_OFFSET,
  START_OFFSET,
  TICK_ARRAY_BYTES,
  TICK_BYTES,
  TICKS_OFFSET,
} from '../tick-array.ts';

/** A bitmap extension without a bit set. */
export function emptyExtension(poolBytes: Uint8Array): Uint8Array {
  const data = new Uint8Array(EXTENSION_BYTES);
  data.set(EXTENSION_DISCRIMINATOR, 0);
  data.set(poolBytes, EXTENSION_POOL_OFFSET);
  return data;
}

/** Liquidity and orders of one tick; its growths start at zero. */
export interface TickContent {
  /** Joins when the price crosses upwards. */
  readonly net: bigint;
  /** All liquidity that begins or ends here. */
  readonly gross: bigint;
  /** Base units that limit orders offer here, none of them filled yet. */
  readonly orders: bigint;
}

/** The bytes of a tick array. `ticks` by tick; those outside the array are left out. */
export function encodeTickArray(
  poolBytes: Uint8Array,
  start: number,
  tickSpacing: number,
  ticks: ReadonlyMap<number, TickContent>,
): Uint8Array {
  const data = new Uint8Array(TICK_ARRAY_BYTES);
  const view = viewOf(data);
  data.set(DISCRIMINATOR, 0);
  data.set(poolBytes, POOL_OFFSET);
  view.setInt32(START_OFFSET, start, true);
  let count = 0;
  for (let i = 0; i < TICKS_PER_ARRAY; i++) {
    const tick = ticks.get(start + i * tickSpacing);
    if (tick === undefined) continue;
    const at = TICKS_OFFSET + i * TICK_BYTES;
    view.setInt32(at, start + i * tickSpacing, true);
    writeU128(view, at + NET_AT, tick.net);
    writeU128(view, at + GROSS_AT, tick.gross);
    view.setBigUint64(at + ORDERS_AT, tick.orders, true);
    count++;
  }
  data[COUNT_OFFSET] = count;
  return data;
}
