import type { AccountBytes, AccountSource } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import type { Instruction } from '../core/instruction.ts';
import type { Outcome, Refusal } from '../core/outcome.ts';
import type { Holds } from './holds.ts';
import type { VenueBook } from './order-book.ts';
import type { ProgramRules } from './program-rules.ts';

/** Why a pool will not be quoted. A quote that lacks data refuses; it never guesses. */
export type QuoteRefusal =
  | 'zero-amount'
  | 'amount-overflow'
  | 'amount-too-small'
  | 'no-liquidity'
  | 'missing-account'
  | 'pool-disabled'
  | 'not-open'
  /** It would run out of the compute units that one transaction may use. */
  | 'compute'
  /** The versions of the program differ on it, and which one runs is not proven. */
  | 'program-unproven';

/** What the program pays now: base units. `consumedIn` < the amount asked where the program takes less. */
export interface QuotePaid {
  readonly ok: true;
  readonly amountOut: bigint;
  readonly consumedIn: bigint;
  /**
   * Compute units that the swap's instruction costs, the token programs' included: never less than the program uses,
   * by a model of the steps it takes that was proven on its binary. See `compute.ts`.
   */
  readonly computeUnits: number;
}

export type Quote = QuotePaid | Refusal<QuoteRefusal>;

/** Why an account set is no pool we trade. */
export type LoadRefusal =
  | 'not-this-venue'
  | 'wrong-length'
  | 'wrong-discriminator'
  | 'unsupported-version'
  | 'unsupported-mint'
  | 'vault-unusable'
  | 'inconsistent-accounts';

/** `missing` names accounts to fetch before trying again; everything else is final for these bytes. */
export type Loaded<S> =
  | { readonly ok: true; readonly state: S }
  | { readonly ok: false; readonly reason: 'missing-account'; readonly missing: readonly Address[] }
  | Refusal<LoadRefusal>;

/** An account whose bytes a pool's quotes read. */
export interface PoolAccount {
  readonly address: Address;
  /** `book`: an account of an order book that quotes read. */
  readonly role: 'pool' | 'vault' | 'ticks' | 'oracle' | 'config' | 'mint' | 'book';
  /**
   * True when every swap writes it. The market quotes a pool only while all of these stand at one slot, or the newest
   * slot of theirs is over: between two frames of one swap the state never existed on chain.
   */
  readonly everySwap: boolean;
}

/** What every venue's decoded pool has; a venue adds its own fields. Owned and changed by the market only. */
export interface PoolState {
  readonly address: Address;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly decimalsA: number;
  readonly decimalsB: number;
  readonly tokenProgramA: Address;
  readonly tokenProgramB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  /** What to subscribe to. A new array (another identity) when the set moves with the price. */
  readonly accounts: readonly PoolAccount[];
}

/** The state after a swap: `quote` on `state` is what a second swap in the same slot gets. */
export interface SettledPaid<S> extends QuotePaid {
  readonly state: S;
  /** What mint out's transfer fee withheld on top of `amountOut`: both left the vault. 0 when absent. */
  readonly withheldOut?: bigint;
  /** What the program compares with the least output accepted, where that is not `amountOut`. */
  readonly comparedOut?: bigint;
  /** The part of `consumedIn` that goes to another account than the pool's vault (a protocol fee). */
  readonly divertedIn?: { readonly account: Address; readonly amount: bigint };
}

export type Settled<S> = SettledPaid<S> | Refusal<QuoteRefusal>;

export interface SwapArgs {
  readonly owner: Address;
  /** The owner's token accounts for mint A and mint B. */
  readonly tokenA: Address;
  readonly tokenB: Address;
  readonly aToB: boolean;
  readonly amountIn: bigint;
  /** The program fails the whole transaction when it would pay less; see `minimumFor` where it pays by other figures. */
  readonly minAmountOut: bigint;
}

/**
 * One DEX program. Every function is synchronous and pure except `apply`, which changes the state it is given.
 * Heavy work (decoding, tick prices, sorting) belongs in `load` and `apply`, never in `quote`.
 */
export interface Venue<S extends PoolState = PoolState> {
  readonly id: string;
  readonly programId: Address;
  /** Present where versions of the program pay differently. */
  readonly programRules?: ProgramRules;
  /** True when the program moves SPL Token only: none of its pools holds a Token-2022 mint. */
  readonly splTokenOnly?: boolean;
  /**
   * How the program's pool accounts are found by getProgramAccounts. Not by their length: one of a layout that is not
   * proven is found too, and `load` says that it is.
   */
  readonly poolAccounts: {
    readonly discriminator: Uint8Array;
    readonly mintAOffset: number;
    readonly mintBOffset: number;
  };
  /**
   * Decodes a pool from account bytes. Never throws on foreign or truncated bytes. Accounts of another length than those
   * that were proven are refused: what a program appends may change what it pays. `rules` names the set of `programRules`
   * that the deployed program is known to follow; without one it is not known.
   */
  load(pool: Address, source: AccountSource, rules?: string): Loaded<S>;
  /**
   * Takes new bytes of one of `state.accounts` (`null`: the account is gone). False when no quote that the state gave
   * can have become another: nobody needs to ask again. On a refusal the state must not be quoted again until a later
   * `apply` or `load` succeeds. Otherwise it reads nothing of the account's earlier bytes from then on: their memory may
   * be written anew.
   */
  apply(state: S, account: Address, bytes: AccountBytes | null): Outcome<boolean, LoadRefusal>;
  /** Exact: what the program would pay for `amountIn` base units (before any transfer fee on the way in). */
  quote(state: S, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote;
  /** As `quote`, with the state that the swap leaves. `state` itself is not changed. */
  settle(state: S, aToB: boolean, amountIn: bigint, clock: ChainClock): Settled<S>;
  /**
   * Where pools share accounts that swaps write (a vault of several pools): `other`, another pool of the venue, as it
   * stands once the swap that left `settled` has written them, or `other` itself where the two share none. Absent where
   * everything that a swap writes is its pool's own. Neither state is changed.
   */
  carry?(settled: S, other: S): S;
  /** Marginal base units out per base unit in, after all fees, at the current state. A float: it may prune, never decide. 0 when it cannot trade. */
  marginalPrice(state: S, aToB: boolean, clock: ChainClock): number;
  /**
   * No amount is paid more on average than this, base units out per base unit in, at the current state: what a search
   * may prune by. A float. Of a mint that the pool holds 10^9 base units of, what one of them buys is nothing here.
   * Absent where this is `marginalPrice`: where no larger amount is paid better than a small one.
   */
  bestPrice?(state: S, aToB: boolean, clock: ChainClock): number;
  /**
   * Writes into `holds` from when on the clock alone may have changed what this state quotes, `marginalPrice` and
   * `bestPrice` included: for every later clock that comes before, they are what they are at `clock`.
   */
  holdsUntil(state: S, clock: ChainClock, holds: Holds): void;
  /** The swap instruction with every account in the program's order. */
  swap(state: S, args: SwapArgs): Instruction;
  /**
   * The `minAmountOut` to ask for so that a swap that lands pays no less than `least` base units. Absent where the
   * program compares what it pays, so that it is `least` itself.
   */
  minimumFor?(state: S, aToB: boolean, least: bigint): bigint;
  /** Where the liquidity is resting orders: views of the book, and the fills that the program logs. */
  readonly book?: VenueBook<S>;
}
