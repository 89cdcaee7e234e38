import type { Random } from '../../../../shared/core/random.ts';
import type { BookFillView, BookView } from '../view/book-view.ts';
import type { TokenView } from '../view/view.ts';

const MAKERS = [
  'MakeRkT9cC1xqWqVg5yVJqPbG9aWgE6cF7sHk2nLrDmQ',
  'BooK7pYdK3mHc8RzF6uVxT2sN4qEwA9jLgP5vCbXnM1Z',
];
const LEVELS = 8;

/** A made-up order book for the page's tests; `fills` newest first. */
export function sampleBook(parts: {
  readonly random: Random;
  readonly base: TokenView;
  readonly quote: TokenView;
  readonly price: number;
  readonly fills: readonly BookFillView[];
}): BookView {
  const { random, base, quote, price, fills } = parts;
  const orders = (sign: number) =>
    Array.from({ length: LEVELS }, (_, i) => ({
      id: `${Math.round(price * 100) + sign * (i >> 1)}/${i}`,
      price: Math.round(price * 100 + sign * (1 + (i >> 1))) / 100,
      amount: String(1_000_000_000 + random.below(90_000) * 1_000_000),
      maker: MAKERS[i % 2]!,
      lastSlot: i % 3 === 0 ? 312_009_000 : null,
      lastUnixTimestamp: null,
    }));
  const [bidOrders, askOrders] = [orders(-1), orders(1)];
  return {
    pool: '4DoNfFBfF7UokCC2FQzriy7yHK6DY6NVdYpuekQ5pRgg',
    venue: 'phoenix-v1',
    base,
    quote,
    note: '',
    bids: levelsOf(bidOrders),
    asks: levelsOf(askOrders),
    bidOrders,
    askOrders,
    fills,
  };
}

function levelsOf(orders: BookView['bidOrders']): BookView['bids'] {
  const levels: { price: number; amount: string; orders: number }[] = [];
  for (const { price, amount } of orders) {
    const last = levels[levels.length - 1];
    if (last?.price !== price) {
      levels.push({ price, amount, orders: 1 });
      continue;
    }
    last.amount = String(BigInt(last.amount) + BigInt(amount));
    last.orders += 1;
  }
  return levels;
}

export function sampleFill(random: Random, id: string, atMs: number, slot: number): BookFillView {
  const price = Math.round(14_235 + random.normal() * 6) / 100;
  const amount = BigInt(50 + random.below(4_000)) * 10_000_000n;
  return {
    id,
    atMs,
    slot,
    side: random.next() < 0.5 ? 'buy' : 'sell',
    price,
    amount: String(amount),
    quoteAmount: String((amount * BigInt(Math.round(price * 100))) / 100_000n),
    taker: MAKERS[1]!,
    maker: MAKERS[0]!,
  };
}
