import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import type { Instruction } from '../core/instruction.ts';
import type { PoolState } from './venue.ts';

/** All that rests at one price (L2). Prices are whole B per whole A: floats to show, never to decide. */
export interface BookLevel {
  readonly price: number;
  /** Base units of A; bids too are counted in A. */
  readonly amountA: bigint;
  readonly orders: number;
}

/** One resting order (L3). */
export interface BookOrder {
  /** The venue's own name of the order within its pool. */
  readonly id: string;
  readonly price: number;
  readonly amountA: bigint;
  readonly maker: Address;
  /** The last slot and unix second at which it can be filled; undefined: no such end. */
  readonly lastSlot: number | undefined;
  readonly lastUnixTimestamp: number | undefined;
}

/** Both sides of a book, best first. */
export interface BookSides<T> {
  readonly bids: readonly T[];
  readonly asks: readonly T[];
}

/** One resting order, taken from by one swap: base units of the two mints, before the taker's fee. */
export interface BookFill {
  readonly slot: number;
  readonly unixTimestamp: number;
  /** True when the taker sold A. */
  readonly aToB: boolean;
  readonly price: number;
  readonly amountA: bigint;
  readonly amountB: bigint;
  readonly taker: Address;
  readonly maker: Address;
}

/** What a venue whose liquidity is resting orders gives besides quotes. Off the hot line. */
export interface VenueBook<S extends PoolState = PoolState> {
  /** Price levels of orders that can be filled at `clock`, at most `depth` a side. */
  levels(state: S, clock: ChainClock, depth: number): BookSides<BookLevel>;
  /** Orders that can be filled at `clock`, in the order in which they are, at most `depth` a side. */
  orders(state: S, clock: ChainClock, depth: number): BookSides<BookOrder>;
  /** The fills of this pool that a transaction which succeeded has logged by its inner instructions, in order. */
  fills(state: S, inner: readonly Instruction[]): readonly BookFill[];
}
