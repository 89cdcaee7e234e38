import { type Refusal, refusal } from '../core/outcome.ts';
import type { LoadRefusal } from './venue.ts';

/**
 * Refuses bytes that the proven program keeps zero for later versions and that something has written: a layout that
 * nobody has proven. From `from` up to `to`, a multiple of four bytes long.
 */
export function reservedBytesSet(
  data: Uint8Array,
  from: number,
  to: number,
): Refusal<LoadRefusal> | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = from; at < to; at += 4) {
    if (view.getUint32(at, true) !== 0) {
      return refusal('unsupported-version', `bytes that the proven program reserves are set at ${at}`);
    }
  }
  return undefined;
}
