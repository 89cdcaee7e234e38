import type { Address } from '../../../../shared/core/address.ts';
import type { Market } from '../../../../shared/market/market.ts';
import type { PoolEntry } from '../../../../shared/market/pool-entry.ts';
import type { StreamedTransaction } from '../../../../shared/platform/chain/transactions/transaction-stream.ts';
import type { TokenNames } from '../../../../shared/run/token-names.ts';
import type { BookFill, BookLevel, BookOrder } from '../../../../shared/venues/order-book.ts';
import type { BookFillView, BookLevelView, BookOrderView, BookView } from '../view/book-view.ts';

export interface BooksParams {
  readonly market: Market;
  readonly names: TokenNames;
}

/** The order books of the market, for the page and its JSON: what rests in them, and what was taken from them last. */
export interface Books {
  /** Pools with a book that are loaded, in the market's order. */
  pools(): readonly Address[];
  /** The fills of a transaction that named the pool. */
  take(pool: Address, transaction: StreamedTransaction): void;
  /** Every book, its best levels and orders only. */
  views(): readonly BookView[];
  /** One book with all that rests in it and every fill kept; undefined when there is none. */
  whole(pool: string): BookView | undefined;
}

/** Levels, orders and fills of each book in `views`, which goes to every open page about twice a second. */
const SHOWN = 8;
const SHOWN_FILLS = 12;
const KEPT_FILLS = 200;

export function createBooks({ market, names }: BooksParams): Books {
  const fills = new Map<Address, BookFillView[]>();

  const withBooks = () =>
    market.pools.filter(
      (pool) => pool.venue.book !== undefined && pool.state !== undefined && pool.status !== 'removed',
    );

  function view(pool: PoolEntry, depth: number, fillCount: number): BookView | undefined {
    const { state, venue, address } = pool;
    const { clock } = market;
    if (state === undefined || venue.book === undefined) return undefined;
    const none = { bids: [], asks: [] };
    const levels = clock === undefined ? none : venue.book.levels(state, clock, depth);
    const orders = clock === undefined ? none : venue.book.orders(state, clock, depth);
    return {
      pool: address,
      venue: venue.id,
      base: names.of(state.mintA),
      quote: names.of(state.mintB),
      note: pool.quarantine !== '' ? pool.quarantine : pool.status === 'live' ? '' : pool.reason,
      bids: levels.bids.map(levelView),
      asks: levels.asks.map(levelView),
      bidOrders: orders.bids.map(orderView),
      askOrders: orders.asks.map(orderView),
      fills: (fills.get(address) ?? []).slice(0, fillCount),
    };
  }

  return {
    pools: () => withBooks().map(({ address }) => address),
    take(address, { signature, inner }) {
      const pool = market.pools.find((one) => one.address === address && one.status !== 'removed');
      if (pool?.state === undefined || pool.venue.book === undefined) return;
      const taken = pool.venue.book.fills(pool.state, inner);
      if (taken.length === 0) return;
      const kept = fills.get(address) ?? [];
      kept.unshift(...taken.map((fill, i) => fillView(fill, `${signature}/${i}`)).reverse());
      kept.length = Math.min(kept.length, KEPT_FILLS);
      fills.set(address, kept);
    },
    views: () => withBooks().flatMap((pool) => view(pool, SHOWN, SHOWN_FILLS) ?? []),
    whole(address) {
      const pool = withBooks().find((one) => one.address === address);
      return pool === undefined ? undefined : view(pool, Number.POSITIVE_INFINITY, KEPT_FILLS);
    },
  };
}

function levelView({ price, amountA, orders }: BookLevel): BookLevelView {
  return { price, amount: String(amountA), orders };
}

function orderView({ id, price, amountA, maker, lastSlot, lastUnixTimestamp }: BookOrder): BookOrderView {
  const amount = String(amountA);
  return {
    id,
    price,
    amount,
    maker,
    lastSlot: lastSlot ?? null,
    lastUnixTimestamp: lastUnixTimestamp ?? null,
  };
}

function fillView(fill: BookFill, id: string): BookFillView {
  const { slot, unixTimestamp, aToB, price, amountA, amountB, taker, maker } = fill;
  return {
    id,
    atMs: unixTimestamp * 1_000,
    slot,
    side: aToB ? 'sell' : 'buy',
    price,
    amount: String(amountA),
    quoteAmount: String(amountB),
    taker,
    maker,
  };
}
