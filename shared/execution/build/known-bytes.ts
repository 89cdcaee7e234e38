import { type Address, addressBytes } from '../../core/address.ts';

/** Addresses of one generation; there are two, so that at most twice as many are remembered. */
const MAX_KNOWN = 20_000;

let known = new Map<Address, Uint8Array>();
let knownBefore = new Map<Address, Uint8Array>();

/** The 32 bytes of an address, shared: never write into them. Remembered, as base58 costs more than the rest of a message. */
export function knownBytes(address: Address): Uint8Array {
  const found = known.get(address);
  if (found !== undefined) return found;
  const bytes = knownBefore.get(address) ?? addressBytes(address);
  if (known.size >= MAX_KNOWN) {
    knownBefore = known;
    known = new Map();
  }
  known.set(address, bytes);
  return bytes;
}
