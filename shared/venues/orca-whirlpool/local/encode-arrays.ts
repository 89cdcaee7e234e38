import { writeU128 } from '../../../core/u128.ts';
import { viewOf } from '../layout.ts';
import {
  BITMAP_OFFSET,
  DYNAMIC_DISCRIMINATOR,
  DYNAMIC_POOL_OFFSET,
  DYNAMIC_TICKS_OFFSET,
  FIXED_BYTES,
  FIXED_DISCRIMINATOR,
  FIXED_POOL_OFFSET,
  FIXED_TICKS_OFFSET,
  GROSS_AT,
  NET_AT,
  START_OFFSET,
  TICK_BYTES,
  TICKS_PER_ARRAY,
} from '../tick-array.ts';

/** Liquidity of one initialized tick; its growths start at zero. */
export interface TickLiquidity {
  /** Joins when the price crosses upwards. */
  readonly net: bigint;
  /** All liquidity that begins or ends here. */
  readonly gross: bigint;
}

/** The bytes of a tick array in the layout of 113 bytes a tick. `ticks` by tick; those outside the array are left out. */
export function encodeFixedTickArray(
  poolBytes: Uint8Array,
  start: number,
  tickSpacing: number,
  ticks: ReadonlyMap<number, TickLiquidity>,
): Uint8Array {
  const data = new Uint8Array(FIXED_BYTES);
  const view = viewOf(data);
  data.set(FIXED_DISCRIMINATOR, 0);
  view.setInt32(START_OFFSET, start, true);
  data.set(poolBytes, FIXED_POOL_OFFSET);
  for (let i = 0; i < TICKS_PER_ARRAY; i++) {
    const tick = ticks.get(start + i * tickSpacing);
    if (tick !== undefined) encodeTick(view, FIXED_TICKS_OFFSET + i * TICK_BYTES, tick);
  }
  return data;
}

/** The same array in the layout that gives an uninitialized tick one byte. */
export function encodeDynamicTickArray(
  poolBytes: Uint8Array,
  start: number,
  tickSpacing: number,
  ticks: ReadonlyMap<number, TickLiquidity>,
): Uint8Array {
  const own = Array.from({ length: TICKS_PER_ARRAY }, (_, i) => ticks.get(start + i * tickSpacing));
  const initialized = own.filter((tick) => tick !== undefined).length;
  const data = new Uint8Array(DYNAMIC_TICKS_OFFSET + TICKS_PER_ARRAY + initialized * (TICK_BYTES - 1));
  const view = viewOf(data);
  data.set(DYNAMIC_DISCRIMINATOR, 0);
  view.setInt32(START_OFFSET, start, true);
  data.set(poolBytes, DYNAMIC_POOL_OFFSET);
  let bitmap = 0n;
  let at = DYNAMIC_TICKS_OFFSET;
  for (const [i, tick] of own.entries()) {
    if (tick === undefined) {
      at += 1;
      continue;
    }
    bitmap |= 1n << BigInt(i);
    encodeTick(view, at, tick);
    at += TICK_BYTES;
  }
  writeU128(view, BITMAP_OFFSET, bitmap);
  return data;
}

function encodeTick(view: DataView, at: number, tick: TickLiquidity): void {
  view.setUint8(at, 1);
  writeU128(view, at + NET_AT, tick.net);
  writeU128(view, at + GROSS_AT, tick.gross);
}
