/** Larger arrays get memory of their own. */
export const MAX_SHARED_BYTES = 2_048;
/** What one small array that is kept can keep alive beside itself. */
const SLAB_BYTES = 16_384;
/** Arrays begin at multiples of this, so that words can be read of them. */
const ALIGNMENT = 8;

/** Gives out memory for account bytes: small arrays lie side by side in one buffer, none over another. */
export interface ByteSlabs {
  /** An array of this length with whatever is there: to be written in full by the caller. @hot */
  allocate(length: number): Uint8Array;
}

/**
 * A buffer for each small array costs 300 ns and the collector as much again; a view into a shared one costs 50 ns
 * (`bench feed.replay-apply`).
 */
export function createByteSlabs(): ByteSlabs {
  let slab = new ArrayBuffer(SLAB_BYTES);
  let at = 0;
  return {
    allocate(length) {
      if (length > MAX_SHARED_BYTES) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      if (at + length > SLAB_BYTES) {
        slab = new ArrayBuffer(SLAB_BYTES);
        at = 0;
      }
      const bytes = new Uint8Array(slab, at, length);
      at += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
      return bytes;
    },
  };
}
