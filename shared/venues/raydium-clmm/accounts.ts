import { type Address, addressBytes, findProgramAddress } from '../../core/address.ts';
import type { PoolAccount } from '../venue.ts';
import { arrayOf, type Bitmaps, canExtend, findArray, TICKS_PER_ARRAY } from './bitmap.ts';
import { CLMM_PROGRAM } from './layout.ts';

/** Tick arrays watched on each side of the price's own: one more than a swap is given. */
const WATCHED_EACH_SIDE = 5;
/**
 * Tick arrays that one swap instruction carries: the program takes as many as it is given. What a transaction's compute
 * units pay for ends after some sixty ticks, which stand in five arrays unless liquidity is thin.
 */
const ARRAYS_PER_SWAP = 5;

const encoder = new TextEncoder();

export function tickArrayAddress(poolBytes: Uint8Array, start: number): Address {
  const startBytes = new Uint8Array(4);
  new DataView(startBytes.buffer).setInt32(0, start, false);
  return findProgramAddress([encoder.encode('tick_array'), poolBytes, startBytes], CLMM_PROGRAM).address;
}

export function extensionAddress(poolBytes: Uint8Array): Address {
  const seeds = [encoder.encode('pool_tick_array_bitmap_extension'), poolBytes];
  return findProgramAddress(seeds, CLMM_PROGRAM).address;
}

/** The addresses that a pool's accounts live at; tick arrays are derived once each. */
export interface PoolAddresses {
  readonly pool: Address;
  readonly poolBytes: Uint8Array;
  /** undefined when the tick spacing leaves nothing beyond the pool's own bitmap. */
  readonly extension: Address | undefined;
  readonly config: Address;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  readonly arrayByStart: Map<number, Address>;
  readonly startByArray: Map<Address, number>;
}

export function createAddresses(
  pool: Address,
  facts: {
    readonly tickSpacing: number;
    readonly config: Address;
    readonly mintA: Address;
    readonly mintB: Address;
    readonly vaultA: Address;
    readonly vaultB: Address;
  },
): PoolAddresses {
  const poolBytes = addressBytes(pool);
  return {
    pool,
    poolBytes,
    extension: canExtend(facts.tickSpacing) ? extensionAddress(poolBytes) : undefined,
    config: facts.config,
    mintA: facts.mintA,
    mintB: facts.mintB,
    vaultA: facts.vaultA,
    vaultB: facts.vaultB,
    arrayByStart: new Map(),
    startByArray: new Map(),
  };
}

export function arrayAddressOf(addresses: PoolAddresses, start: number): Address {
  const known = addresses.arrayByStart.get(start);
  if (known !== undefined) return known;
  const derived = tickArrayAddress(addresses.poolBytes, start);
  addresses.arrayByStart.set(start, derived);
  addresses.startByArray.set(derived, start);
  return derived;
}

/** The arrays that the program finds going one way from the price. */
export interface Path {
  /** First ticks, in order; as many as a swap instruction carries. */
  readonly starts: readonly number[];
  /** True when the first one holds the pool's own tick. */
  readonly holdsPrice: boolean;
  /** True when finding these takes the bitmap extension. */
  readonly extended: boolean;
  /** How the list ends before it is full: nothing more that way, or the extension is not known. */
  readonly end: 'full' | 'nothing-more' | 'extension-unknown';
}

/** Where the program's search goes. Source: `first_tick_array_index_with_extension_info` in `states/pool.rs`. */
export function findPath(
  bitmaps: Bitmaps,
  tick: number,
  tickSpacing: number,
  aToB: boolean,
  most = ARRAYS_PER_SWAP,
): Path {
  const width = TICKS_PER_ARRAY * tickSpacing;
  const current = arrayOf(tick, tickSpacing);
  const starts: number[] = [];
  let extended = false;
  let holdsPrice = false;
  let from = current;
  while (starts.length < most) {
    const found = findArray(bitmaps, from, aToB, tickSpacing);
    if (found.array === undefined) {
      const unknown = found.extended && bitmaps.extension === undefined;
      return { starts, holdsPrice, extended, end: unknown ? 'extension-unknown' : 'nothing-more' };
    }
    extended ||= found.extended;
    if (starts.length === 0) holdsPrice = found.array === current;
    starts.push(found.array * width);
    from = found.array + (aToB ? -1 : 1);
  }
  return { starts, holdsPrice, extended, end: 'full' };
}

/** First ticks of the arrays to watch around `tick`, ascending. */
export function watchedArrayStarts(bitmaps: Bitmaps, tick: number, tickSpacing: number): readonly number[] {
  const most = WATCHED_EACH_SIDE + 1;
  const down = findPath(bitmaps, tick, tickSpacing, true, most);
  const up = findPath(bitmaps, tick, tickSpacing, false, most);
  const starts = new Set([
    ...down.starts.slice(0, down.holdsPrice ? most : WATCHED_EACH_SIDE),
    ...up.starts.slice(0, up.holdsPrice ? most : WATCHED_EACH_SIDE),
  ]);
  return [...starts].sort((a, b) => a - b);
}

/**
 * Every account whose bytes the quotes read. The vaults need not stand at the pool's slot: they are watched for being
 * frozen or emptied, and what a sound pool pays is always in them.
 */
export function poolAccounts(addresses: PoolAddresses, watched: readonly number[]): readonly PoolAccount[] {
  const accounts: PoolAccount[] = [{ address: addresses.pool, role: 'pool', everySwap: true }];
  accounts.push({ address: addresses.vaultA, role: 'vault', everySwap: false });
  accounts.push({ address: addresses.vaultB, role: 'vault', everySwap: false });
  accounts.push({ address: addresses.config, role: 'config', everySwap: false });
  if (addresses.extension !== undefined) {
    accounts.push({ address: addresses.extension, role: 'ticks', everySwap: false });
  }
  for (const start of watched) {
    accounts.push({ address: arrayAddressOf(addresses, start), role: 'ticks', everySwap: false });
  }
  accounts.push({ address: addresses.mintA, role: 'mint', everySwap: false });
  accounts.push({ address: addresses.mintB, role: 'mint', everySwap: false });
  return accounts;
}
