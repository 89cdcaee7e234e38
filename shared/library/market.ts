/** Many pools kept from account updates in slot order, or standing still as a snapshot has them. */
export {
  type Applied,
  createMarket,
  type Market,
  type MarketOptions,
  type Universe,
} from '../market/market.ts';
export { isQuotable, type PoolEntry, type PoolStatus } from '../market/pool-entry.ts';
export { createStillMarket, type StillMarketParams } from '../market/still-market.ts';
export type { AccountUpdate } from '../market/update.ts';
export {
  type MarketSnapshot,
  parseMarketSnapshot,
  readMarketSnapshot,
} from '../platform/files/snapshot-file.ts';
export { type SkippedPool, selectPools, type UniversePool } from '../run/universe.ts';
