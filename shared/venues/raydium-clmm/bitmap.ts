/**
 * Which tick arrays hold an initialized tick: one bit an array, counted from the one that begins at tick 0. The pool
 * account holds arrays -512 to 511, an extension account those beyond (only pools of a narrow tick spacing have any).
 * Source: raydium-io/raydium-clmm `states/tickarray_bitmap_extension.rs` and `libraries/tick_array_bit_map.rs`.
 */
import type { AccountBytes } from '../../core/account.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { floorDiv, MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import type { LoadRefusal } from '../venue.ts';
import { hasKeyAt, startsWith } from './bytes.ts';
import { CLMM_PROGRAM } from './layout.ts';

export const TICKS_PER_ARRAY = 60;
export const EXTENSION_BYTES = 1_832;
export const EXTENSION_DISCRIMINATOR = Uint8Array.of(0x3c, 0x96, 0x24, 0xdb, 0x61, 0x80, 0x8b, 0x99);
export const EXTENSION_POOL_OFFSET = 8;
const POSITIVE_OFFSET = 40;
const MAPS = 14;
const MAP_BYTES = 64;
const NEGATIVE_OFFSET = POSITIVE_OFFSET + MAPS * MAP_BYTES;
/** Arrays on each side of tick 0 that the pool's own bitmap holds, and one map of the extension. */
const HALF = 512;

/** The pool's bitmap and its extension account's bytes: null when there is none, undefined when unknown. */
export interface Bitmaps {
  readonly bitmap: Uint8Array;
  readonly extension: Uint8Array | null | undefined;
}

/** True when arrays of this spacing can lie beyond the pool's own bitmap. */
export function canExtend(tickSpacing: number): boolean {
  return HALF * TICKS_PER_ARRAY * tickSpacing < MAX_TICK;
}

/** The number of the array that holds `tick`, counted from the one that begins at tick 0. */
export function arrayOf(tick: number, tickSpacing: number): number {
  return floorDiv(tick, TICKS_PER_ARRAY * tickSpacing);
}

/** Checks an extension account of the pool whose key is `poolBytes`; gives its bytes. Never throws. */
export function checkExtension(
  account: AccountBytes,
  poolBytes: Uint8Array,
): Outcome<Uint8Array, LoadRefusal> {
  const { data } = account;
  if (account.owner !== CLMM_PROGRAM) return refusal('not-this-venue', `owned by ${account.owner}`);
  if (!startsWith(data, EXTENSION_DISCRIMINATOR))
    return refusal('wrong-discriminator', 'no bitmap extension');
  // The program tells its accounts apart by their length.
  if (data.length !== EXTENSION_BYTES) {
    return refusal('wrong-length', `bitmap extension of ${data.length} bytes`);
  }
  if (!hasKeyAt(data, EXTENSION_POOL_OFFSET, poolBytes)) {
    return refusal('inconsistent-accounts', 'bitmap extension of another pool');
  }
  return success(data);
}

export function isInPool(array: number): boolean {
  return array >= -HALF && array < HALF;
}

/** Where an array's bit stands in the extension's bytes, in bits from their beginning. */
function extensionBit(array: number): number {
  const map = array < 0 ? floorDiv(-array - 1, HALF) - 1 : floorDiv(array, HALF) - 1;
  const offset = (array < 0 ? NEGATIVE_OFFSET : POSITIVE_OFFSET) + map * MAP_BYTES;
  return offset * 8 + (array - floorDiv(array, HALF) * HALF);
}

/** Turns the bit of `array` over in a copy of the map it stands in. */
export function flipBit(bitmaps: Bitmaps, array: number): Bitmaps {
  const { bitmap, extension } = bitmaps;
  if (isInPool(array)) return { bitmap: flipped(bitmap, array + HALF), extension };
  if (extension === null || extension === undefined) return bitmaps;
  return { bitmap, extension: flipped(extension, extensionBit(array)) };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
  return copy;
}

/** What the program finds where it looks for the next array. */
export interface Found {
  /** undefined: none that way, or none to be known without the extension. */
  readonly array: number | undefined;
  /** True when the search went through the extension, or would have had to. */
  readonly extended: boolean;
}

/** The nearest array with its bit set from `from` on, `from` included, downwards or upwards. */
export function findArray(bitmaps: Bitmaps, from: number, down: boolean, tickSpacing: number): Found {
  const last = arrayOf(down ? MIN_TICK : MAX_TICK, tickSpacing);
  const { bitmap, extension } = bitmaps;
  const step = down ? -1 : 1;
  let extended = false;
  let array = from;
  while (down ? array >= last : array <= last) {
    const inPool = isInPool(array);
    if (!inPool) {
      extended = true;
      if (extension === null || extension === undefined) break;
    }
    const bytes = inPool ? bitmap : extension!;
    const bit = inPool ? array + HALF : extensionBit(array);
    const byte = bytes[bit >> 3]!;
    if (byte === 0) {
      // On to the first bit of the next byte that way; eight divides every map.
      array += down ? -((bit & 7) + 1) : 8 - (bit & 7);
      continue;
    }
    if (((byte >> (bit & 7)) & 1) === 1) return { array, extended };
    array += step;
  }
  return { array: undefined, extended };
}
