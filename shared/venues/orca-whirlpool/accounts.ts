import { type Address, addressBytes, findProgramAddress } from '../../core/address.ts';
import { floorDiv, MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import type { PoolAccount } from '../venue.ts';
import { WHIRLPOOL_PROGRAM } from './layout.ts';
import { TICKS_PER_ARRAY } from './tick-array.ts';

/** Tick arrays watched on each side of the one that holds the price: one more than a swap can reach. */
const WATCHED_EACH_SIDE = 3;
/** Tick arrays one swap may cross. */
const ARRAYS_PER_SWAP = 3;

const encoder = new TextEncoder();

export function tickArrayAddress(pool: Address, start: number): Address {
  return findTickArray(pool, start).address;
}

function findTickArray(pool: Address, start: number): { readonly address: Address; readonly bump: number } {
  const seeds = [encoder.encode('tick_array'), addressBytes(pool), encoder.encode(String(start))];
  return findProgramAddress(seeds, WHIRLPOOL_PROGRAM);
}

export function oracleAddress(pool: Address): Address {
  return findProgramAddress([encoder.encode('oracle'), addressBytes(pool)], WHIRLPOOL_PROGRAM).address;
}

/** First tick of the array that holds `tick`. */
export function arrayStart(tick: number, tickSpacing: number): number {
  const width = TICKS_PER_ARRAY * tickSpacing;
  return floorDiv(tick, width) * width;
}

/** True when the program lets a tick array begin at `start`, itself a multiple of the array's width. */
function isArrayStart(start: number, tickSpacing: number): boolean {
  return start + TICKS_PER_ARRAY * tickSpacing > MIN_TICK && start <= MAX_TICK;
}

/**
 * First ticks of the arrays that a swap from `tick` crosses, in order; at most three, fewer at the ends of all
 * prices. Going up from within the last spacing of an array the search begins in the next one. Source:
 * `util/sparse_swap.rs`.
 */
export function swapArrayStarts(tick: number, tickSpacing: number, aToB: boolean): readonly number[] {
  const width = TICKS_PER_ARRAY * tickSpacing;
  const base = arrayStart(tick, tickSpacing);
  const first = !aToB && tick + tickSpacing >= base + width ? base + width : base;
  const starts: number[] = [];
  for (let i = 0; i < ARRAYS_PER_SWAP; i++) {
    const start = aToB ? first - i * width : first + i * width;
    if (isArrayStart(start, tickSpacing)) starts.push(start);
  }
  return starts;
}

/** First ticks of the arrays to watch around the one that begins at `base`, ascending. */
export function watchedArrayStarts(base: number, tickSpacing: number): readonly number[] {
  const width = TICKS_PER_ARRAY * tickSpacing;
  const starts: number[] = [];
  for (let i = -WATCHED_EACH_SIDE; i <= WATCHED_EACH_SIDE; i++) {
    const start = base + i * width;
    if (isArrayStart(start, tickSpacing)) starts.push(start);
  }
  return starts;
}

/** The addresses that a pool's accounts live at; tick arrays are derived once each. */
export interface PoolAddresses {
  readonly pool: Address;
  /** undefined for a pool made without an adaptive fee: the program knows no oracle for it. */
  readonly oracle: Address | undefined;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  readonly arrayByStart: Map<number, Address>;
  readonly startByArray: Map<Address, number>;
  /** By first tick: how many addresses are tried until the array's own is found. */
  readonly triesByStart: Map<number, number>;
}

export function arrayAddressOf(addresses: PoolAddresses, start: number): Address {
  const known = addresses.arrayByStart.get(start);
  if (known !== undefined) return known;
  const { address, bump } = findTickArray(addresses.pool, start);
  addresses.arrayByStart.set(start, address);
  addresses.startByArray.set(address, start);
  addresses.triesByStart.set(start, 256 - bump);
  return address;
}

/** How many addresses the program tries until it has that of the array which begins at `start`. */
export function addressTriesOf(addresses: PoolAddresses, start: number): number {
  const known = addresses.triesByStart.get(start);
  if (known !== undefined) return known;
  arrayAddressOf(addresses, start);
  return addresses.triesByStart.get(start)!;
}

/**
 * Every account whose bytes the quotes read. The vaults need not stand at the pool's slot: they are watched for being
 * frozen or emptied, and what a sound pool pays is always in them.
 */
export function poolAccounts(
  addresses: PoolAddresses,
  base: number,
  tickSpacing: number,
): readonly PoolAccount[] {
  const accounts: PoolAccount[] = [{ address: addresses.pool, role: 'pool', everySwap: true }];
  if (addresses.oracle !== undefined) {
    accounts.push({ address: addresses.oracle, role: 'oracle', everySwap: true });
  }
  accounts.push({ address: addresses.vaultA, role: 'vault', everySwap: false });
  accounts.push({ address: addresses.vaultB, role: 'vault', everySwap: false });
  for (const start of watchedArrayStarts(base, tickSpacing)) {
    accounts.push({ address: arrayAddressOf(addresses, start), role: 'ticks', everySwap: false });
  }
  accounts.push({ address: addresses.mintA, role: 'mint', everySwap: false });
  accounts.push({ address: addresses.mintB, role: 'mint', everySwap: false });
  return accounts;
}
