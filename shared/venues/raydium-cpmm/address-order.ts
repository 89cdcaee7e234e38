import { type Address, addressBytes } from '../../core/address.ts';

/** True when `a` stands before `b` in byte order, as the program asks of a pool's two mints. */
export function addressesAscend(a: Address, b: Address): boolean {
  const left = addressBytes(a);
  const right = addressBytes(b);
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]!;
  }
  return false;
}
