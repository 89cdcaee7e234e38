import type { Address } from '../../core/address.ts';
import type { MintFacts } from '../token/token.ts';
import type { HeldVaults } from '../token/vault.ts';
import type { PoolAccount, PoolState } from '../venue.ts';
import { type PoolAddresses, poolAccounts, watchedArrayStarts } from './accounts.ts';
import type { Bitmaps } from './bitmap.ts';
import type { FeeConfig } from './config.ts';
import type { Ladder } from './ladder.ts';
import type { PoolNumbers } from './layout.ts';
import type { TickArray } from './tick-array.ts';
import { sqrtPriceAtTick } from './tick-price.ts';

/** A decoded pool and everything its quotes read. Changed in place by `apply` only. */
export interface ClmmState extends PoolState, HeldVaults, PoolNumbers, Bitmaps {
  readonly observation: Address;
  readonly tickSpacing: number;
  readonly addresses: PoolAddresses;
  /** The pool account's bytes as last decoded. */
  data: Uint8Array;
  bitmap: Uint8Array;
  /** null: there is none; undefined: unknown, quotes that need it refuse. */
  extension: Uint8Array | null | undefined;
  config: FeeConfig;
  mintFactsA: MintFacts;
  mintFactsB: MintFacts;
  /** By first tick. No entry: unknown, quotes that need it refuse. */
  tickArrays: Map<number, TickArray>;
  /** First ticks of the arrays in `accounts`. */
  watched: readonly number[];
  accounts: readonly PoolAccount[];
  /** Square-root price at each tick ever met here. */
  readonly prices: Map<number, bigint>;
  /** Ladders already built on these numbers, by direction and fee reference. */
  ladders: (Ladder | undefined)[];
  /**
   * What `settle` changed since these bytes were loaded: the bytes of tick arrays by first tick (also of those that
   * the bitmap no longer names), and the extension.
   */
  readonly touched: ReadonlyMap<number, Uint8Array>;
  readonly extensionTouched: boolean;
  /** Accounts whose last bytes were refused; while there is one nothing is quoted. */
  readonly refused: Set<Address>;
  /** The rule set that the deployed program follows; undefined where nobody knows. */
  readonly rules: string | undefined;
  /** Settled by a program that nobody knows, and left by one set of rules otherwise than by the other. */
  readonly isAmbiguous: boolean;
  /** Worked out when it is first asked for; undefined after any number changed. */
  staticParts: StaticParts | undefined;
}

/** What a program without dynamic fees sees otherwise (`static-view.ts`). */
export interface StaticParts {
  /** False: it sees the same pool. */
  readonly differs: boolean;
  readonly tickArrays: Map<number, TickArray>;
  readonly ladders: (Ladder | undefined)[];
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
 * Moves the watched window when price or bitmaps ask for other arrays: those outside become unknown again, since
 * nobody tells their changes any more. True when it moved.
 */
export function followPrice(state: ClmmState): boolean {
  const watched = watchedArrayStarts(state, state.tickIndex, state.tickSpacing);
  if (sameNumbers(watched, state.watched)) return false;
  state.watched = watched;
  state.accounts = poolAccounts(state.addresses, watched);
  for (const start of state.tickArrays.keys()) {
    if (!watched.includes(start)) state.tickArrays.delete(start);
  }
  for (const address of state.refused) {
    if (!state.accounts.some((account) => account.address === address)) state.refused.delete(address);
  }
  return true;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The most base units of the mint out that a quote on the present numbers can have come to, in one direction. */
export function mostOut(state: ClmmState, aToB: boolean): bigint {
  let most = 0n;
  for (const ladder of [...state.ladders, ...(state.staticParts?.ladders ?? [])]) {
    if (ladder === undefined || ladder.aToB !== aToB) continue;
    const out = ladder.totalOut.at(-1);
    if (out !== undefined && out > most) most = out;
  }
  return most;
}

/** Drops every ladder: some number under them changed. */
export function forgetLadders(state: ClmmState): void {
  state.ladders = [];
  state.staticParts = undefined;
}
