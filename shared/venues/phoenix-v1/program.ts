import type { Address } from '../../core/address.ts';

/** Phoenix v1, a limit order book on chain. Source: Ellipsis-Labs/phoenix-v1 and the trees of Ellipsis-Labs/sokoban. */
export const PHOENIX_PROGRAM = 'PhoeNiXZ8ByJGLkxNfZRnkUfjvmuYqLR89jjFHGqdXY' as Address;
/** The program's own address that signs its event log. */
export const PHOENIX_LOG_AUTHORITY = '7aDTsspkQNGKmrexAN7FLx9oxU3iPczSSvHNggyuqYkR' as Address;

/** First byte of an instruction (`PhoenixInstruction`). */
export const SWAP_TAG = 0;
export const LOG_TAG = 15;

/** `MarketStatus` in order; only an active market lets an order take from the book. */
export const MARKET_STATUS = [
  'uninitialized',
  'active',
  'post-only',
  'paused',
  'closed',
  'tombstoned',
] as const;
export const ACTIVE = 1;

/** Bids (as many asks) and seats of the markets that the program knows (`dispatch_market.rs`). */
export const MARKET_SIZES: readonly (readonly [orders: number, seats: number])[] = [
  [512, 128],
  [512, 1025],
  [512, 1153],
  [1024, 128],
  [1024, 2049],
  [1024, 2177],
  [2048, 128],
  [2048, 4097],
  [2048, 4225],
  [4096, 128],
  [4096, 8193],
  [4096, 8321],
];
