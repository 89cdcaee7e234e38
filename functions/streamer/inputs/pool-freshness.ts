import type { PoolEntry } from '../../../shared/market/pool-entry.ts';
import type { AccountStream } from '../../../shared/platform/feed/account-stream.ts';

/** True while the feed vouches for every account that the pool's quotes read. */
export function isFresh(pool: PoolEntry, stream: Pick<AccountStream, 'isConfirmed'>): boolean {
  if (pool.status !== 'live' || !stream.isConfirmed(pool.address)) return false;
  return pool.subscribed.every(({ address }) => stream.isConfirmed(address));
}
