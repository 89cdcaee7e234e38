import type { ByteReader } from './byte-reader.ts';
import { damaged } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Bytes compared at once before a difference is looked for byte by byte. */
const STRIDE = 512;
/** Bytes behind a difference in which the next one is looked for first. */
const NEAR = 64;
/** Equal bytes between two differences that are cheaper to repeat than to leave out. */
const JOIN = 8;
/** Bytes that are copied one by one sooner than a view of them is made. */
const SMALL_RUN = 64;
/** Most bytes that a run needs beside its own: two varints. */
const RUN_OVERHEAD = 16;

/**
 * Writes `after` as the runs in which it differs from `before`, which must have the same length: count of runs, then
 * for each the equal bytes before it, its length and its bytes. @hot
 */
export function writeDelta(writer: ByteWriter, before: Uint8Array, after: Uint8Array): void {
  const { length } = after;
  writer.reserve(4);
  const countAt = writer.length;
  writer.length += 4;
  // Made once: a Buffer for each run would cost more than what it compares.
  const left = Buffer.from(before.buffer, before.byteOffset, length);
  const right = Buffer.from(after.buffer, after.byteOffset, length);
  let runs = 0;
  let written = 0;
  for (let at = differs(left, right, 0); at < length; at = differs(left, right, at)) {
    const start = at;
    let end = at + 1;
    for (at = end; at < length && at - end < JOIN; at++) if (before[at] !== after[at]) end = at + 1;
    writer.reserve(end - start + RUN_OVERHEAD);
    writer.varint(start - written);
    writer.varint(end - start);
    for (let i = start; i < end; i++) writer.bytes[writer.length++] = after[i]!;
    written = end;
    runs += 1;
  }
  writer.u32At(countAt, runs);
}

/** The first index from `from` on where the two differ; their length when there is none. */
function differs(left: Buffer, right: Buffer, from: number): number {
  const { length } = right;
  // Differences stand close together: memcmp only where the next few bytes are equal.
  const near = Math.min(from + NEAR, length);
  let at = from;
  while (at < near && left[at] === right[at]) at += 1;
  if (at < near) return at;
  if (length - at > STRIDE) {
    // Whole strides by memcmp: most of a large account stays as it was.
    let stride = STRIDE;
    while (
      at < length &&
      left.compare(right, at, Math.min(at + stride, length), at, Math.min(at + stride, length)) === 0
    ) {
      at += stride;
      stride *= 2;
    }
    // The difference is within this stride: narrow it down by halves before looking at single bytes.
    while (at < length && stride > STRIDE) {
      stride /= 2;
      const end = Math.min(at + stride, length);
      if (left.compare(right, at, end, at, end) === 0) at += stride;
    }
    if (at > length) at = length;
  }
  while (at < length && left[at] === right[at]) at += 1;
  return at;
}

/** Writes over `account` the runs that `writeDelta` wrote. Throws `recording-damaged`. @hot */
export function applyDelta(reader: ByteReader, account: Uint8Array): void {
  const runs = reader.u32();
  const { bytes } = reader;
  let at = 0;
  for (let run = 0; run < runs; run++) {
    at += reader.varint();
    const length = reader.varint();
    if (at + length > account.length) throw damaged(`a change beyond the end of its account`);
    const from = reader.skip(length);
    if (length < SMALL_RUN) for (let i = 0; i < length; i++) account[at + i] = bytes[from + i]!;
    else account.set(bytes.subarray(from, from + length), at);
    at += length;
  }
}
