import type { Address } from '../../core/address.ts';
import { sqrtPriceAtTick } from '../../math/tick.ts';
import type { MintFacts } from '../token/token.ts';
import type { HeldVaults } from '../token/vault.ts';
import type { PoolAccount, PoolState } from '../venue.ts';
import { arrayStart, type PoolAddresses, poolAccounts, watchedArrayStarts } from './accounts.ts';
import type { Ladder } from './ladder.ts';
import type { PoolNumbers } from './layout.ts';
import type { Oracle } from './oracle.ts';
import type { TickArray } from './tick-array.ts';

/** A decoded Whirlpool and everything its quotes read. Changed in place by `apply` only. */
export interface WhirlpoolState extends PoolState, HeldVaults, PoolNumbers {
  readonly tickSpacing: number;
  readonly addresses: PoolAddresses;
  /** The 32 bytes of the pool's address, which its tick arrays and oracle carry. */
  readonly poolBytes: Uint8Array;
  /** The pool account's bytes as last decoded. */
  data: Uint8Array;
  mintFactsA: MintFacts;
  mintFactsB: MintFacts;
  /** null: the pool has none, so its fee is static. */
  oracle: Oracle | null;
  /** By first tick. null: no such account, 88 uninitialized ticks; no entry: unknown, quotes that need it refuse. */
  tickArrays: Map<number, TickArray | null>;
  /** First tick of the array that holds the price; `accounts` is built around it. */
  base: number;
  accounts: readonly PoolAccount[];
  /** Square-root price at each tick ever met here. */
  readonly prices: Map<number, bigint>;
  /** Ladders already built on these numbers, by direction and fee reference. */
  ladders: (Ladder | undefined)[];
  /** Tick arrays that `settle` changed since these bytes were loaded. */
  readonly touched: ReadonlySet<number>;
  /** Accounts whose last bytes were refused; while there is one nothing is quoted. */
  readonly refused: Set<Address>;
}

const MAX_PRICES = 16_384;

export function priceAtTick(prices: Map<number, bigint>, tick: number): bigint {
  const known = prices.get(tick);
  if (known !== undefined) return known;
  if (prices.size >= MAX_PRICES) prices.clear();
  const price = sqrtPriceAtTick(tick);
  prices.set(tick, price);
  return price;
}

/**
 * Moves the watched window when the price has left its array: arrays outside become unknown again, since nobody
 * tells their changes any more.
 */
export function followPrice(state: WhirlpoolState): void {
  const base = arrayStart(state.tickIndex, state.tickSpacing);
  if (base === state.base) return;
  state.base = base;
  state.accounts = poolAccounts(state.addresses, base, state.tickSpacing);
  const watched = watchedArrayStarts(base, state.tickSpacing);
  for (const start of state.tickArrays.keys()) {
    if (!watched.includes(start)) state.tickArrays.delete(start);
  }
}

/** The most base units of the mint out that a quote on the present numbers can have come to, in one direction. */
export function mostOut(state: WhirlpoolState, aToB: boolean): bigint {
  let most = 0n;
  for (const ladder of state.ladders) {
    if (ladder === undefined || ladder.aToB !== aToB) continue;
    const out = ladder.totalOut.at(-1);
    if (out !== undefined && out > most) most = out;
  }
  return most;
}

/** Drops every ladder: some number under them changed. */
export function forgetLadders(state: WhirlpoolState): void {
  state.ladders = [];
}
