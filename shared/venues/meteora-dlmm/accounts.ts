import { type Address, addressBytes, findProgramAddress } from '../../core/address.ts';
import type { PoolAccount } from '../venue.ts';
import { type ArrayIndexes, type Reach, reachFrom } from './bitmap.ts';
import { DLMM_PROGRAM } from './layout.ts';

/**
 * Bin arrays that our swap instruction carries, and so the most that one of our swaps goes through. The program takes as
 * many as it is given; two full ones and a half cost all the compute units of a transaction, and four legs of so many
 * accounts still fit one.
 */
export const ARRAYS_PER_SWAP = 5;
/** Bin arrays watched in each direction: one more, so that a settled swap still has its five. */
const WATCHED_ARRAYS = ARRAYS_PER_SWAP + 1;

const encoder = new TextEncoder();

export function binArrayAddress(pool: Address, index: number): Address {
  const seed = new Uint8Array(8);
  new DataView(seed.buffer).setBigInt64(0, BigInt(index), true);
  return findProgramAddress([encoder.encode('bin_array'), addressBytes(pool), seed], DLMM_PROGRAM).address;
}

export function extensionAddress(pool: Address): Address {
  return findProgramAddress([encoder.encode('bitmap'), addressBytes(pool)], DLMM_PROGRAM).address;
}

/** The addresses that a pool's accounts live at; bin arrays and the extension are derived once each. */
export interface PoolAddresses {
  readonly pool: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly arrayByIndex: Map<number, Address>;
  readonly indexByArray: Map<Address, number>;
  extension: Address | undefined;
}

export function arrayAddressOf(addresses: PoolAddresses, index: number): Address {
  const known = addresses.arrayByIndex.get(index);
  if (known !== undefined) return known;
  const derived = binArrayAddress(addresses.pool, index);
  addresses.arrayByIndex.set(index, derived);
  addresses.indexByArray.set(derived, index);
  return derived;
}

export function extensionAddressOf(addresses: PoolAddresses): Address {
  addresses.extension ??= extensionAddress(addresses.pool);
  return addresses.extension;
}

/** What a pool's quotes can reach from where its price stands. */
export interface Window {
  /** Index of the array that holds the active bin. */
  readonly base: number;
  /** The arrays that swaps taking A (down) and B (up) go through, at most five each. */
  readonly down: Reach;
  readonly up: Reach;
  /** Every array to watch, ascending. */
  readonly watched: readonly number[];
  /** True when some search left the pool's own bitmap. */
  readonly usesExtension: boolean;
}

/** Works out the window around array `base`. */
export function windowAround(
  base: number,
  inner: ArrayIndexes,
  outer: ArrayIndexes | null | undefined,
): Window {
  const down = reachFrom(inner, outer, base, true, WATCHED_ARRAYS);
  const up = reachFrom(inner, outer, base, false, WATCHED_ARRAYS);
  const watched = [...new Set([...down.indexes, ...up.indexes])].sort((a, b) => a - b);
  const usesExtension = down.usesExtension || up.usesExtension;
  return { base, down: firstOf(down), up: firstOf(up), watched, usesExtension };
}

function firstOf(reach: Reach): Reach {
  if (reach.indexes.length <= ARRAYS_PER_SWAP) return reach;
  return { ...reach, indexes: reach.indexes.slice(0, ARRAYS_PER_SWAP), end: 'more' };
}

/**
 * Every account whose bytes the quotes read. The vaults are among them: the program fails a swap that takes more
 * than the vault holds, and limit-order amounts left over from an older layout can promise more. They need not stand at
 * the pool's slot: what a sound pool pays is always in them.
 */
export function poolAccounts(addresses: PoolAddresses, window: Window): readonly PoolAccount[] {
  const accounts: PoolAccount[] = [
    { address: addresses.pool, role: 'pool', everySwap: true },
    { address: addresses.vaultA, role: 'vault', everySwap: false },
    { address: addresses.vaultB, role: 'vault', everySwap: false },
  ];
  for (const index of window.watched) {
    const everySwap = index === window.base;
    accounts.push({ address: arrayAddressOf(addresses, index), role: 'ticks', everySwap });
  }
  if (window.usesExtension) {
    accounts.push({ address: extensionAddressOf(addresses), role: 'ticks', everySwap: false });
  }
  accounts.push({ address: addresses.mintA, role: 'mint', everySwap: false });
  accounts.push({ address: addresses.mintB, role: 'mint', everySwap: false });
  return accounts;
}
