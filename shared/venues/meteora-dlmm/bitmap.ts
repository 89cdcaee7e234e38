/**
 * Which bin arrays hold liquidity: a bitmap in the pool for the arrays -512 to 511 and, for those beyond, one in an
 * extension account of its own. Source: MeteoraAg/dlmm-sdk `commons/src/extensions/bin_array_bitmap.rs` and
 * `lb_pair.rs`; the extension's layout from `idls/dlmm.json`.
 */
import type { AccountBytes } from '../../core/account.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal } from '../venue.ts';
import { BITMAP_BYTES, BITMAP_OFFSET, DLMM_PROGRAM, sameBytes, startsWith } from './layout.ts';

/** Arrays from -512 to 511 have their bit in the pool. */
export const INNER_MIN = -512;
export const INNER_MAX = 511;
/** Beyond these there is no array. */
export const ARRAY_MIN = -6_656;
export const ARRAY_MAX = 6_655;

export const EXTENSION_BYTES = 1_576;
export const EXTENSION_DISCRIMINATOR = Uint8Array.of(80, 111, 124, 113, 55, 237, 18, 5);
export const POSITIVE_OFFSET = 40;
export const NEGATIVE_OFFSET = 808;
const SIDE_BITS = 6_144;
const INNER_BITS = 1_024;

/** Indexes of the arrays whose bit is set, ascending. */
export type ArrayIndexes = readonly number[];

/** The bits of a pool account. */
export function decodeInnerBitmap(poolData: Uint8Array): ArrayIndexes {
  const found: number[] = [];
  readBits(poolData, BITMAP_OFFSET, INNER_BITS, (bit) => found.push(bit + INNER_MIN));
  return found;
}

export function sameInnerBitmap(a: Uint8Array, b: Uint8Array): boolean {
  return sameBytes(a, b, BITMAP_OFFSET, BITMAP_OFFSET + BITMAP_BYTES);
}

/** The bits of an extension account of the pool with these address bytes. Never throws. */
export function decodeExtension(
  account: AccountBytes,
  poolBytes: Uint8Array,
): Outcome<ArrayIndexes, LoadRefusal> {
  const { data } = account;
  if (account.owner !== DLMM_PROGRAM) return refusal('not-this-venue', `owned by ${account.owner}`);
  if (!startsWith(data, EXTENSION_DISCRIMINATOR))
    return refusal('wrong-discriminator', 'no bitmap extension');
  if (data.length !== EXTENSION_BYTES) return refusal('wrong-length', `extension of ${data.length} bytes`);
  for (let i = 0; i < 32; i++) {
    if (data[8 + i] !== poolBytes[i])
      return refusal('inconsistent-accounts', 'bitmap extension of another pool');
  }
  const found: number[] = [];
  readBits(data, NEGATIVE_OFFSET, SIDE_BITS, (bit) => found.push(INNER_MIN - 1 - bit));
  found.reverse();
  readBits(data, POSITIVE_OFFSET, SIDE_BITS, (bit) => found.push(INNER_MAX + 1 + bit));
  return success(found);
}

function readBits(data: Uint8Array, offset: number, bits: number, found: (bit: number) => void): void {
  for (let byte = 0; byte < bits / 8; byte++) {
    const value = data[offset + byte]!;
    if (value === 0) continue;
    for (let bit = 0; bit < 8; bit++) if ((value >> bit) & 1) found(byte * 8 + bit);
  }
}

/** Why the arrays of a direction end where they do. */
export type ReachEnd = 'more' | 'nothing' | 'extension-absent' | 'extension-unknown';

/** The arrays that a swap in one direction goes through, in its order. */
export interface Reach {
  readonly indexes: readonly number[];
  readonly end: ReachEnd;
  /** True when the search left the pool's own bitmap. */
  readonly usesExtension: boolean;
}

/**
 * The first `most` arrays with liquidity from array `from` on (itself among them). `outer`: the extension's bits,
 * null when the pool has none, undefined when it is not known.
 */
export function reachFrom(
  inner: ArrayIndexes,
  outer: ArrayIndexes | null | undefined,
  from: number,
  down: boolean,
  most: number,
): Reach {
  const indexes: number[] = [];
  let usesExtension = false;
  let at = from;
  while (indexes.length < most) {
    let found: number | undefined;
    if (at >= INNER_MIN && at <= INNER_MAX) {
      found = next(inner, at, down);
      if (found === undefined) {
        at = down ? INNER_MIN - 1 : INNER_MAX + 1;
        continue;
      }
    } else {
      usesExtension = true;
      if (outer === undefined) return { indexes, end: 'extension-unknown', usesExtension };
      if (outer === null) return { indexes, end: 'extension-absent', usesExtension };
      found = next(outer, at, down);
      // Towards the middle the pool's own bits come before those of the other side.
      if (at > INNER_MAX && down && (found === undefined || found <= INNER_MAX)) {
        at = INNER_MAX;
        continue;
      }
      if (at < INNER_MIN && !down && (found === undefined || found >= INNER_MIN)) {
        at = INNER_MIN;
        continue;
      }
      if (found === undefined) return { indexes, end: 'nothing', usesExtension };
    }
    indexes.push(found);
    at = down ? found - 1 : found + 1;
  }
  return { indexes, end: 'more', usesExtension };
}

/** The first of ascending `indexes` at or beyond `from` in the direction. */
function next(indexes: ArrayIndexes, from: number, down: boolean): number | undefined {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indexes[middle]! < from) low = middle + 1;
    else high = middle;
  }
  if (!down || indexes[low] === from) return indexes[low];
  return low === 0 ? undefined : indexes[low - 1];
}
