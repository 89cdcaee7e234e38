import { type Address, addressBytes } from '../../../core/address.ts';

/** True when `a` stands before `b` in byte order, as the program asks of a pool's two mints. */
export function standsBefore(a: Address, b: Address): boolean {
  return Buffer.compare(addressBytes(a), addressBytes(b)) < 0;
}
