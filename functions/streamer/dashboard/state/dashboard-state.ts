import type { Clock } from '../../../../shared/core/clock.ts';
import type { Engine } from '../../../../shared/engine/engine.ts';
import type { Decision } from '../../../../shared/engine/record.ts';
import type { Fill } from '../../../../shared/execution/fill.ts';
import type { PoolEntry } from '../../../../shared/market/pool-entry.ts';
import type { Opportunity } from '../../../../shared/routing/opportunity.ts';
import { createRate, type Rate } from '../../../../shared/run/rate.ts';
import type { Recent, Timed } from '../../../../shared/run/recent.ts';
import { STAGES, type StageLatency } from '../../../../shared/run/stage-latency.ts';
import { excludedPools, refusedByReason } from '../../../../shared/run/summary.ts';
import type { TokenName, TokenNames } from '../../../../shared/run/token-names.ts';
import type { SkippedPool } from '../../../../shared/run/universe.ts';
import type { VenueActivity } from '../../../../shared/run/venue-activity.ts';
import type { ApisView } from '../view/apis-view.ts';
import type { BookFeedView } from '../view/book-view.ts';
import type { OutsideView } from '../view/outside-view.ts';
import type {
  ChainView,
  DashboardState,
  FeedView,
  MintPnlView,
  OpportunityView,
  StageLatencyView,
  StoreView,
  TradeView,
  VenueView,
} from '../view/view.ts';
import type { Books } from './books.ts';
import { hopMints, hopShares } from './route-hops.ts';

export interface DashboardStateParams {
  readonly version: string;
  readonly market: string;
  readonly runId: string;
  readonly startedAtMs: number;
  readonly maxSlotLag: number;
  readonly skipped: () => readonly SkippedPool[];
  readonly engine: Engine;
  readonly clock: Clock;
  readonly names: TokenNames;
  readonly recent: Recent;
  readonly latency: StageLatency;
  readonly activity: VenueActivity;
  readonly books: Books;
  readonly bookFeed: () => BookFeedView;
  readonly feed: () => FeedView;
  readonly chain: () => ChainView;
  /** Whether the feed vouches for every account of a pool. */
  readonly isFresh: (pool: PoolEntry) => boolean;
  readonly store: () => StoreView;
  readonly outside: () => OutsideView;
  readonly apis: () => ApisView;
  /** What the service itself is doing beyond the engine: draining, why it is paused, why it cannot trade, what else is off. */
  readonly phase: () => {
    readonly draining: boolean;
    readonly reason: string;
    readonly trouble: string;
    readonly note: string;
  };
}

/** Reads the page's state out of the running parts; nothing here is on the hot line. */
export function createDashboardState(params: DashboardStateParams): () => DashboardState {
  const { engine, clock, recent, activity } = params;
  const total = createRate();
  const perVenue = new Map<string, Rate>();

  const venueView = (venue: string): VenueView => {
    const pools = engine.market.pools.filter((pool) => pool.venue.id === venue && pool.status !== 'removed');
    const { updates, lastMicros } = activity.of(venue);
    const rate = perVenue.get(venue) ?? createRate();
    perVenue.set(venue, rate);
    const live = pools.filter((pool) => pool.status === 'live').length;
    const fresh = pools.filter(params.isFresh).length;
    return {
      venue,
      state: pools.some((pool) => pool.quarantine !== '')
        ? 'quarantined'
        : venueFeedState(feedState(engine, params.maxSlotLag), live, fresh),
      pools: live,
      updateAgeMs: lastMicros === undefined ? null : (clock.monotonicMicros() - lastMicros) / 1_000,
      updates,
      updatesPerSecond: rate.perSecond(updates, clock.nowMs()),
      note:
        pools.find((pool) => pool.quarantine !== '')?.quarantine ?? unquotableNote(pools.length, live, fresh),
    };
  };

  return () => {
    const nowMs = clock.nowMs();
    const { draining, reason, trouble, note } = params.phase();
    const { ledger } = engine;
    const held = engine.market.pools.filter((pool) => pool.status !== 'removed');
    const venues = [...new Set(held.map((pool) => pool.venue.id))];
    return {
      version: params.version,
      mode: 'paper',
      market: params.market,
      runId: params.runId,
      startedAtMs: params.startedAtMs,
      nowMs,
      status: draining
        ? 'draining'
        : engine.status === 'running' && trouble !== ''
          ? 'not-trading'
          : engine.status,
      statusReason: reason || trouble || note,
      slot: engine.market.slot,
      updates: { total: activity.updates, perSecond: total.perSecond(activity.updates, nowMs) },
      pnl: {
        netLamports: String(ledger.netLamports),
        costLamports: String(ledger.costLamports),
        byMint: byStartMint(params),
        series: recent.profitLine(),
      },
      tally: {
        filled: ledger.filled,
        reverted: ledger.reverted,
        notLanded: ledger.notLanded,
        won: recent.won,
      },
      trades: [...pendingTrades(params), ...recent.fills.map((fill) => tradeView(fill, params))].slice(0, 50),
      opportunities: recent.decisions.map((decision) => opportunityView(decision, params.names)),
      venues: venues.map(venueView),
      feed: params.feed(),
      chain: params.chain(),
      skippedPools: [...params.skipped(), ...excludedPools(engine)],
      books: params.books.views(),
      bookFeed: params.bookFeed(),
      latency: latencyViews(params.latency),
      refusals: Object.entries(refusedByReason(engine)).map(([name, count]) => ({ reason: name, count })),
      store: params.store(),
      outside: params.outside(),
      apis: params.apis(),
      memory: { rssBytes: process.memoryUsage.rss() },
    };
  };
}

function feedState(engine: Engine, maxSlotLag: number): 'live' | 'stale' | 'down' {
  const { live, slot, clock } = engine.market;
  if (!live) return 'down';
  return clock !== undefined && slot - clock.slot > maxSlotLag ? 'stale' : 'live';
}

/** A venue is as well off as its pools: stale while some of them wait for the feed, down when all do. */
function venueFeedState(
  feed: 'live' | 'stale' | 'down',
  live: number,
  fresh: number,
): 'live' | 'stale' | 'down' {
  if (feed !== 'live' || fresh >= live) return feed;
  return fresh === 0 ? 'down' : 'stale';
}

function unquotableNote(pools: number, live: number, fresh: number): string {
  if (live < pools) return `${pools - live} of ${pools} pools not quotable`;
  return fresh < live ? `${live - fresh} of ${live} pools wait for the feed` : '';
}

function byStartMint({ engine, names }: DashboardStateParams): readonly MintPnlView[] {
  return [...engine.ledger.byStartMint()].map(([mint, { trades, gross, netLamports }]) => ({
    ...names.of(mint),
    trades,
    gross: String(gross),
    netLamports: String(netLamports),
  }));
}

function pendingTrades({ engine, clock, names }: DashboardStateParams): readonly TradeView[] {
  return engine.pending.map(({ terms, state, reason, sinceMicros }) => ({
    ...attempt(terms.opportunity, names),
    atMs: clock.nowMs() - (clock.monotonicMicros() - sinceMicros) / 1_000,
    slot: terms.slot,
    status: state === 'unknown' ? 'unknown' : 'pending',
    amountOut: '0',
    grossProfit: '0',
    costLamports: '0',
    netLamports: '0',
    reason: reason === '' ? state : reason,
  }));
}

function tradeView({ atMs, slot, item }: Timed<Fill>, { names }: DashboardStateParams): TradeView {
  return {
    ...attempt(item.opportunity, names),
    atMs,
    slot,
    status: item.outcome,
    amountOut: String(item.amountOut),
    grossProfit: String(item.grossProfit),
    costLamports: String(item.costLamports),
    netLamports: String(item.netLamports),
    reason: item.reason,
  };
}

function opportunityView({ atMs, slot, item }: Timed<Decision>, names: TokenNames): OpportunityView {
  const { opportunity, outcome, reason } = item;
  const { tradeId, route, hops, start, amountIn } = attempt(opportunity, names);
  const grossProfit = String(opportunity.grossProfit);
  const netProfit = String(opportunity.netProfit);
  return { id: tradeId, atMs, slot, route, hops, start, amountIn, grossProfit, netProfit, outcome, reason };
}

/** What a trade and an opportunity have in common on the page. */
function attempt(opportunity: Opportunity, names: TokenNames) {
  const { id, legs, startMint, amountIn, amountOut } = opportunity;
  const start: TokenName = names.of(startMint);
  return {
    tradeId: id,
    route: hopMints(opportunity)
      .map((mint) => names.of(mint).symbol)
      .join(' → '),
    hops: hopShares(legs),
    start,
    amountIn: String(amountIn),
    expectedOut: String(amountOut),
  };
}

function latencyViews({ histograms }: StageLatency): readonly StageLatencyView[] {
  return STAGES.map((stage) => {
    const histogram = histograms[stage];
    return {
      stage,
      count: histogram.count,
      p50Micros: histogram.percentile(50),
      p99Micros: histogram.percentile(99),
      maxMicros: histogram.max,
      buckets: histogram.buckets(),
    };
  });
}
