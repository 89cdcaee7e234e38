import type { TokenView } from './view.ts';

/**
 * One order book as it stands. Amounts are base units of `base` unless said; prices are whole quote for one whole base,
 * as floats: to show.
 */
export interface BookView {
  readonly pool: string;
  readonly venue: string;
  readonly base: TokenView;
  readonly quote: TokenView;
  /** Why it cannot be traded on now; '' when it can. */
  readonly note: string;
  /** Best first (L2). */
  readonly bids: readonly BookLevelView[];
  readonly asks: readonly BookLevelView[];
  /** Best first (L3). */
  readonly bidOrders: readonly BookOrderView[];
  readonly askOrders: readonly BookOrderView[];
  /** Newest first. */
  readonly fills: readonly BookFillView[];
}

export interface BookLevelView {
  readonly price: number;
  readonly amount: string;
  readonly orders: number;
}

export interface BookOrderView {
  readonly id: string;
  readonly price: number;
  readonly amount: string;
  readonly maker: string;
  /** The last slot and Unix second at which it can be filled; null: no such end. */
  readonly lastSlot: number | null;
  readonly lastUnixTimestamp: number | null;
}

/** One resting order taken from by one swap. */
export interface BookFillView {
  /** The transaction, and which of its fills. */
  readonly id: string;
  readonly atMs: number;
  readonly slot: number;
  /** What the taker did. */
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly amount: string;
  /** Base units of `quote`, before the taker's fee. */
  readonly quoteAmount: string;
  readonly taker: string;
  readonly maker: string;
}

/** How the fills come. */
export interface BookFeedView {
  /** `off` when the configuration follows none. */
  readonly state: 'live' | 'down' | 'off';
  readonly transactions: number;
  /** Transactions that could not be read, or were too many to wait. */
  readonly lost: number;
}
