import type { HeldVaults } from '../token/vault.ts';
import type { PoolState } from '../venue.ts';
import type { BookSide } from './book.ts';
import type { MarketFacts } from './layout.ts';

/** One bit for each account whose newest bytes could not be used. */
export const UNUSABLE = { market: 1, baseVault: 2, quoteVault: 4 } as const;

/** A swap that has been settled but not yet written into bytes. */
export interface PendingSwap {
  readonly aToB: boolean;
  /** Base units, as asked for. */
  readonly amountIn: bigint;
  readonly slot: number;
  readonly unixTimestamp: number;
}

/** What all orders of a side together give, in base units, and the side that this was summed of. */
export interface Offered {
  asks: BookSide | undefined;
  base: bigint;
  bids: BookSide | undefined;
  quote: bigint;
}

/** A market: mint A is the base, mint B the quote. Only `load`, `apply`, `settle` and `write` make or change one. */
export interface PhoenixState extends PoolState, HeldVaults {
  facts: MarketFacts;
  bids: BookSide;
  asks: BookSide;
  /** The market's bytes, before the swaps in `pending`. */
  data: Uint8Array;
  pending: readonly PendingSwap[];
  unusable: number;
  /** For `apply` alone. A settled state shares it: sides never change once made. */
  readonly offered: Offered;
}
