import type { ApiAccess } from '../../../shared/platform/outside/api-access.ts';
import { createMetrics, type Metrics } from '../../../shared/platform/process/metrics.ts';
import type { StoreWriter } from '../../../shared/platform/store/writer.ts';
import type { Run } from '../../../shared/run/create-run.ts';
import type { RunRecorder } from '../../../shared/run/run-recorder.ts';
import { STAGES } from '../../../shared/run/stage-latency.ts';
import { refusedByReason } from '../../../shared/run/summary.ts';
import type { BookFeed } from '../dashboard/state/book-feed.ts';
import type { UnknownOrders } from '../health/unknown-orders.ts';
import type { MarketFeed } from '../inputs/market-feed.ts';
import { addApiMetrics } from './api-metrics.ts';
import { addFeedMetrics } from './feed-metrics.ts';
import { addRecorderMetrics } from './recorder-metrics.ts';

export interface ServiceMetricsParams {
  readonly run: Run;
  readonly feed: MarketFeed;
  readonly writer: StoreWriter;
  /** Undefined: the run is not recorded. */
  readonly recorder: RunRecorder | undefined;
  readonly access: ApiAccess;
  readonly books: Pick<BookFeed, 'outcomes'>;
  readonly isReady: () => boolean;
  readonly unknown: () => UnknownOrders;
}

/** Everything a dashboard or an alert may want of the service; read when asked for, from counters kept anyway. */
export function createServiceMetrics({
  run,
  feed,
  writer,
  recorder,
  access,
  books,
  isReady,
  unknown,
}: ServiceMetricsParams): Metrics {
  const { engine, activity, latency } = run;
  const { ledger, market } = engine;
  const metrics = createMetrics();
  const venues = () => [...new Set(market.pools.map((pool) => pool.venue.id))];

  metrics.gauge({
    name: 'arb_trading',
    help: '1 while opportunities may be approved: fed, with pools, not paused, not halted.',
    read: () => (engine.status === 'running' && isReady() ? 1 : 0),
  });
  metrics.gauge({ name: 'arb_slot', help: 'Newest slot begun.', read: () => market.slot });
  metrics.gauge({
    name: 'arb_feed_slot_lag',
    help: 'Slots that the account feed lags behind the slot stream.',
    read: () => (market.clock === undefined ? 0 : Math.max(0, market.slot - market.clock.slot - 1)),
  });
  metrics.gauges({
    name: 'arb_pools',
    help: 'Pools by state.',
    label: 'state',
    read: () =>
      (['live', 'loading', 'excluded'] as const).map((status) => [
        status,
        market.pools.filter((pool) => pool.status === status).length,
      ]),
  });
  metrics.counters({
    name: 'arb_book_transactions_total',
    help: 'Transactions on order books, by what became of them; one that cannot be read costs no other.',
    label: 'outcome',
    read: books.outcomes,
  });
  metrics.counters({
    name: 'arb_updates_total',
    help: 'Account updates taken, by venue.',
    label: 'venue',
    read: () => venues().map((venue) => [venue, activity.of(venue).updates]),
  });
  metrics.counter({
    name: 'arb_opportunities_total',
    help: 'Sized candidates that pay after costs.',
    read: run.opportunities,
  });
  metrics.counters({
    name: 'arb_refused_total',
    help: 'Candidates refused, by reason.',
    label: 'reason',
    read: () => Object.entries(refusedByReason(engine)),
  });
  metrics.counters({
    name: 'arb_trades_total',
    help: 'Attempts by how they were told to have ended; some of them were corrected.',
    label: 'outcome',
    read: () => [
      ['filled', ledger.filled + ledger.corrected.filled],
      ['reverted', ledger.reverted + ledger.corrected.reverted],
      ['not-landed', ledger.notLanded + ledger.corrected['not-landed']],
    ],
  });
  metrics.counters({
    name: 'arb_trades_corrected_total',
    help: 'Ends of attempts that the chain proved wrong, by what they were told to be.',
    label: 'outcome',
    read: () => Object.entries(ledger.corrected),
  });
  metrics.gauges({
    name: 'arb_open_orders',
    help: 'Orders without an end, by what was last told of them; earlier: of runs before this one, unknown too.',
    label: 'state',
    read: () => [
      ...(['approved', 'journaled', 'submitted', 'unknown'] as const).map(
        (state) => [state, engine.pending.filter((order) => order.state === state).length] as const,
      ),
      ['earlier', unknown().earlier] as const,
    ],
  });
  metrics.gauge({
    name: 'arb_unknown_order_age_seconds',
    help: 'For how long nobody has known what became of the oldest unknown order of this run; 0 without one.',
    read: () => unknown().oldestMs / 1_000,
  });
  metrics.gauge({
    name: 'arb_net_lamports',
    help: 'Profit of the run net of every cost.',
    read: () => Number(ledger.netLamports),
  });
  metrics.gauge({
    name: 'arb_cost_lamports',
    help: 'Spent on all attempts.',
    read: () => Number(ledger.costLamports),
  });
  metrics.latencies({
    name: 'arb_stage_seconds',
    help: 'Time of each stage of one account update; total is frame to decision.',
    label: 'stage',
    read: () => STAGES.map((stage) => [stage, latency.histograms[stage]] as const),
  });
  addFeedMetrics(metrics, feed, market);
  metrics.gauge({
    name: 'arb_store_queued_rows',
    help: 'Rows waiting to be written.',
    read: () => writer.stats().queued,
  });
  metrics.counters({
    name: 'arb_store_dropped_total',
    help: 'Rows lost before they were written, by kind.',
    label: 'kind',
    read: () => Object.entries(writer.stats().dropped),
  });
  addApiMetrics(metrics, access);
  metrics.gauge({
    name: 'arb_resident_bytes',
    help: 'Resident memory of the process.',
    read: () => process.memoryUsage.rss(),
  });
  if (recorder !== undefined) addRecorderMetrics(metrics, recorder);
  return metrics;
}
