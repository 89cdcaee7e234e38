import type { Address } from '../../core/address.ts';
import type { MintFacts } from '../token/token.ts';
import type { HeldVaults } from '../token/vault.ts';
import type { PoolAccount, PoolState } from '../venue.ts';
import { type PoolAddresses, poolAccounts, type Window, windowAround } from './accounts.ts';
import { arrayOfBin, type BinArray } from './bin-array.ts';
import type { ArrayIndexes } from './bitmap.ts';
import type { Ladder } from './ladder.ts';
import type { PoolNumbers } from './layout.ts';

/** A decoded DLMM pool and everything its quotes read. X is mint A, Y is mint B. Changed in place by `apply` only. */
export interface DlmmState extends PoolState, HeldVaults, PoolNumbers {
  readonly binStep: number;
  readonly oracle: Address;
  readonly addresses: PoolAddresses;
  /** The 32 bytes of the pool's address, which its bin arrays and extension carry. */
  readonly poolBytes: Uint8Array;
  /** The pool account's bytes as last decoded. */
  data: Uint8Array;
  mintFactsA: MintFacts;
  mintFactsB: MintFacts;
  /** Arrays with liquidity by the pool's own bitmap and by its extension (null: it has none; undefined: unknown). */
  inner: ArrayIndexes;
  outer: ArrayIndexes | null | undefined;
  /** By index. null: the account does not exist; no entry: unknown. */
  arrays: Map<number, BinArray | null>;
  window: Window;
  accounts: readonly PoolAccount[];
  /** Ladders already built on these numbers, by direction and fee reference. */
  ladders: (Ladder | undefined)[];
  /** Bin arrays that `settle` changed since these bytes were loaded. */
  readonly touched: ReadonlySet<number>;
  /** Accounts whose last bytes were refused; while there is one nothing is quoted. */
  readonly refused: Set<Address>;
}

/**
 * Works the window out again after the active bin or a bitmap moved: arrays outside become unknown, since nobody
 * tells their changes any more. `accounts` is a new array only when the set or the active array is another.
 */
export function followPrice(state: DlmmState, bitmapMoved: boolean): void {
  const base = arrayOfBin(state.activeId);
  if (base === state.window.base && !bitmapMoved) return;
  const before = state.window;
  state.window = windowAround(base, state.inner, state.outer);
  if (!sameWatch(before, state.window)) state.accounts = poolAccounts(state.addresses, state.window);
  for (const index of state.arrays.keys()) {
    if (!state.window.watched.includes(index)) state.arrays.delete(index);
  }
  if (!state.window.usesExtension) state.outer = undefined;
}

function sameWatch(a: Window, b: Window): boolean {
  return (
    a.base === b.base &&
    a.usesExtension === b.usesExtension &&
    a.watched.length === b.watched.length &&
    a.watched.every((index, i) => index === b.watched[i])
  );
}

/** The most base units of the mint out that a quote on the present numbers can have come to, in one direction. */
export function mostOut(state: DlmmState, aToB: boolean): bigint {
  let most = 0n;
  for (const ladder of state.ladders) {
    if (ladder === undefined || ladder.aToB !== aToB) continue;
    const out = ladder.totalOut.at(-1);
    if (out !== undefined && out > most) most = out;
  }
  return most;
}

/** Drops every ladder: some number under them changed. */
export function forgetLadders(state: DlmmState): void {
  state.ladders = [];
}
