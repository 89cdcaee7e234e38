import type { Clock } from '../../shared/core/clock.ts';
import type { ChainWatch } from '../../shared/platform/chain/chain-watch.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import type { ApiAccess } from '../../shared/platform/outside/api-access.ts';
import type { Logger } from '../../shared/platform/process/log.ts';
import type { RowCounts } from '../../shared/platform/store/write-queue.ts';
import type { Run } from '../../shared/run/create-run.ts';
import type { SkippedPool } from '../../shared/run/universe.ts';
import type { BookFeed } from './dashboard/state/book-feed.ts';
import type { Books } from './dashboard/state/books.ts';
import { createDashboardState } from './dashboard/state/dashboard-state.ts';
import { feedView } from './dashboard/state/feed-view.ts';
import { apisView } from './dashboard/state/read-apis.ts';
import { chainView } from './dashboard/state/read-chain.ts';
import { declareOutsideMetrics, outsideView } from './dashboard/state/read-outside.ts';
import type { Degradation } from './health/degradation.ts';
import type { Readiness } from './health/readiness.ts';
import type { UnknownOrders } from './health/unknown-orders.ts';
import type { Control } from './inputs/control.ts';
import type { MarketFeed } from './inputs/market-feed.ts';
import { isFresh } from './inputs/pool-freshness.ts';
import type { UniverseWatch } from './inputs/universe-watch.ts';
import { createServiceMetrics } from './metrics/metrics.ts';
import type { OutsideApis } from './outside/outside-apis.ts';
import type { Records } from './records/open-records.ts';
import { type RunningServer, startServer } from './server/server.ts';

/** The running parts that a person may look at. */
export interface DeskParams {
  readonly config: Config;
  readonly run: Run;
  readonly records: Pick<Records, 'writer' | 'recorder'>;
  /** Orders that nobody knows the end of. */
  readonly unknown: () => UnknownOrders;
  readonly access: ApiAccess;
  readonly chain: ChainWatch;
  readonly marketFeed: MarketFeed;
  readonly universe: UniverseWatch;
  /** Pools of the configuration that are not traded, with why. */
  readonly skipped: readonly SkippedPool[];
  readonly books: Books;
  readonly bookFeed: BookFeed;
  readonly apis: OutsideApis;
  readonly degradation: Degradation;
  readonly readiness: Readiness;
  readonly control: Control;
  readonly draining: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly fallbackPorts: boolean;
}

const NO_CONTROLS =
  'other machines reach this server and no server.controlToken is set: nobody can pause or resume over it';

/** The page, its controls, the metrics and the health paths on one server. Rejects with `port-taken`. */
export async function openDesk(params: DeskParams): Promise<RunningServer> {
  const { config, run, records, access, chain, marketFeed, books, bookFeed, readiness, control } = params;
  const { engine, names } = run;
  const { stream } = marketFeed;
  const outside = { apis: params.apis, degradation: params.degradation, names, costs: engine.costs };

  const state = createDashboardState({
    version: params.version,
    market: config.market,
    runId: run.runId,
    startedAtMs: run.startedAtMs,
    maxSlotLag: config.risk.maxSlotLag,
    skipped: () => [...params.skipped, ...refusedFile(params.universe)],
    engine,
    clock: params.clock,
    names,
    recent: run.recent,
    latency: run.latency,
    activity: run.activity,
    books,
    bookFeed: bookFeed.view,
    feed: () => feedView(marketFeed, engine.market, names),
    chain: () => chainView(engine.market.chain, chain.problems),
    isFresh: (pool) => isFresh(pool, stream),
    store() {
      const { queued, written, dropped } = records.writer.stats();
      return { queued, written: total(written), dropped: total(dropped) };
    },
    outside: () => outsideView({ ...outside, alarmBps: config.jupiter.alarmBps }),
    apis: () => apisView(access),
    phase() {
      const draining = params.draining();
      const reason = draining ? 'waiting for orders on their way' : control.reason();
      return { draining, reason, trouble: readiness.trouble(), note: params.unknown().text };
    },
  });

  const metrics = createServiceMetrics({
    run,
    feed: marketFeed,
    writer: records.writer,
    recorder: records.recorder,
    access,
    books: bookFeed,
    isReady: () => readiness.look().ok,
    unknown: params.unknown,
  });
  declareOutsideMetrics(metrics, outside);

  const { host, port, controlToken, allowedHosts } = config.server;
  const server = await startServer({
    host,
    port,
    controlToken,
    allowedHosts,
    fallbackPorts: params.fallbackPorts,
    source: { state, book: books.whole, control: control.take },
    metricsText: () => metrics.text(),
    health: () => ({ ok: true, message: 'ok' }),
    ready: () => readiness.look(),
    onError: (where, error) => params.log.error('server.failed', { where, error: String(error) }),
  });
  if (!server.controls) params.log.warning('server.read-only', { host, why: NO_CONTROLS });
  return server;
}

/** A universe file that is not in force, where the page lists what is not traded. */
function refusedFile({ problem }: UniverseWatch): readonly SkippedPool[] {
  return problem === '' ? [] : [{ pool: '', venue: 'universe file', reason: problem }];
}

function total(counts: RowCounts): number {
  return Object.values<number>({ ...counts }).reduce((sum, count) => sum + count, 0);
}
