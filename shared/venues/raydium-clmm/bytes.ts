/** Comparing and viewing account bytes. */

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

export function startsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  return data.length >= prefix.length && sameBytes(data, prefix, 0, prefix.length);
}

/** True when both agree on the bytes from `from` up to `to`. */
export function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** True when the 32 bytes at `offset` are `key`. */
export function hasKeyAt(data: Uint8Array, offset: number, key: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (data[offset + i] !== key[i]) return false;
  return true;
}

export function isZero(data: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (data[i] !== 0) return false;
  return true;
}
