import type { Market } from '../../../shared/market/market.ts';
import type { StreamStatus } from '../../../shared/platform/feed/account-stream.ts';
import type { Metrics } from '../../../shared/platform/process/metrics.ts';
import type { MarketFeed } from '../inputs/market-feed.ts';
import { isFresh } from '../inputs/pool-freshness.ts';

const COUNTED = [
  'frames',
  'bytes',
  'badFrames',
  'lateFrames',
  'strayFrames',
  'reconnects',
  'snapshots',
  'snapshotFailures',
  'timesBehind',
  'timesDown',
  'losses',
  'lostAccounts',
  'duplicates',
  'olderFrames',
  'heldFrames',
  'forks',
  'contradictions',
  'missed',
  'lies',
  'overruled',
  'refusals',
  'conflated',
  'overflows',
  'recoveries',
] as const satisfies readonly (keyof StreamStatus)[];

/** What the feed tells an alert: per connection, per venue, and over all. */
export function addFeedMetrics(
  metrics: Metrics,
  { stream, blockhash, wallet }: MarketFeed,
  market: Market,
): void {
  const venues = [...new Set(market.pools.map((pool) => pool.venue.id))];
  metrics.counters({
    name: 'arb_feed_total',
    help: 'What the account stream has counted, over all its connections.',
    label: 'what',
    read: () => {
      const status = stream.status();
      return COUNTED.map((what) => [what, status[what]]);
    },
  });
  const perConnection = (
    name: string,
    help: string,
    of: (at: StreamStatus['connections'][number]) => number,
  ) =>
    metrics.gauges({
      name,
      help,
      label: 'connection',
      read: () => stream.status().connections.map((connection) => [connection.name, of(connection)]),
    });
  perConnection(
    'arb_feed_connection_live',
    '1 while all that the connection carries may be relied on.',
    (at) => (at.state === 'live' ? 1 : 0),
  );
  perConnection('arb_feed_connection_accounts', 'Accounts that the connection carries.', (at) => at.accounts);
  perConnection('arb_feed_connection_lag_seconds', 'How late its last clock came.', (at) => at.lagMs / 1_000);
  perConnection('arb_feed_connection_reconnects', 'Connections after the first.', (at) => at.reconnects);
  metrics.gauges({
    name: 'arb_feed_accounts',
    help: 'Accounts wanted, and those of them that may be relied on.',
    label: 'state',
    read: () => {
      const { accounts, confirmed, failed } = stream.status();
      return Object.entries({ wanted: accounts, confirmed, failed: failed.length });
    },
  });
  metrics.gauges({
    name: 'arb_feed_fresh_pools',
    help: 'Pools whose every account may be relied on, by venue.',
    label: 'venue',
    read: () =>
      venues.map((venue) => [
        venue,
        market.pools.filter((pool) => pool.venue.id === venue && isFresh(pool, stream)).length,
      ]),
  });
  metrics.gauge({
    name: 'arb_feed_quarantined_endpoints',
    help: 'Endpoints left alone because they told what is not so.',
    read: () => stream.status().quarantined.length,
  });
  metrics.gauge({
    name: 'arb_feed_recovery_seconds',
    help: 'From the first account lost to all confirmed, the last time.',
    read: () => stream.status().lastRecoveryMs / 1_000,
  });
  metrics.gauge({
    name: 'arb_feed_waiting_events',
    help: 'Events that wait for the engine.',
    read: () => stream.status().waiting,
  });
  metrics.gauge({
    name: 'arb_blockhash_age_slots',
    help: 'Slots since the held blockhash was read; -1 without one.',
    read: () => blockhash.status().ageSlots,
  });
  metrics.gauges({
    name: 'arb_wallet_base_units',
    help: 'What the configured wallets hold on chain, by account.',
    label: 'account',
    read: () => wallet.balances().map(({ account, amount }) => [account, Number(amount)]),
  });
}
