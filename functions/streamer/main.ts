import type { Address } from '../../shared/core/address.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { errorText } from '../../shared/core/errors.ts';
import { createRandom } from '../../shared/core/random.ts';
import { createChainWatch } from '../../shared/platform/chain/chain-watch.ts';
import { createProofs } from '../../shared/platform/chain/proofs.ts';
import type { EndpointConfig } from '../../shared/platform/config/endpoint-leaf.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import type { StreamStatus } from '../../shared/platform/feed/account-stream.ts';
import { createWorkerIntents } from '../../shared/platform/journal/worker-intents.ts';
import { createApiAccess } from '../../shared/platform/outside/api-access.ts';
import type { BreakerTiming } from '../../shared/platform/outside/gate/breaker.ts';
import { sleep } from '../../shared/platform/process/backoff.ts';
import type { Logger } from '../../shared/platform/process/log.ts';
import { createSafeControls } from '../../shared/platform/store/control-copy.ts';
import { lockDirectory } from '../../shared/platform/store/directory-lock.ts';
import { type DirectoryState, directoryState } from '../../shared/platform/store/directory-state.ts';
import { endRunNow } from '../../shared/platform/store/end-run-now.ts';
import type { JsonObject } from '../../shared/platform/store/store.ts';
import { createWorkerStore } from '../../shared/platform/store/worker-store.ts';
import type { RowCounts } from '../../shared/platform/store/write-queue.ts';
import { createStoreWriter } from '../../shared/platform/store/writer.ts';
import { createPipeline, type Observer } from '../../shared/run/pipeline.ts';
import { createRunParts, type RunParts } from '../../shared/run/run-parts.ts';
import { createRunRecorder, type RunRecorder } from '../../shared/run/run-recorder.ts';
import type { RunSummary } from '../../shared/run/summary.ts';
import type { SkippedPool, Universe } from '../../shared/run/universe.ts';
import { createBookFeed } from './dashboard/state/book-feed.ts';
import { createBooks } from './dashboard/state/books.ts';
import { createDashboardState } from './dashboard/state/dashboard-state.ts';
import { feedView } from './dashboard/state/feed-view.ts';
import { apisView } from './dashboard/state/read-apis.ts';
import { chainView } from './dashboard/state/read-chain.ts';
import { declareOutsideMetrics, outsideView } from './dashboard/state/read-outside.ts';
import { createDegradation } from './health/degradation.ts';
import { createDependencyProbes } from './health/dependency-probes.ts';
import { createReadiness } from './health/readiness.ts';
import { type Control, createControl, resumedAtMs } from './inputs/control.ts';
import { createMarketFeed } from './inputs/market-feed.ts';
import { isFresh } from './inputs/pool-freshness.ts';
import { createProgramGuard } from './inputs/program-guard.ts';
import { type UniverseWatch, type UniverseWatchParams, watchUniverse } from './inputs/universe-watch.ts';
import { createServiceMetrics } from './metrics/metrics.ts';
import { createOutsideApis, type OutsideAddresses } from './outside/outside-apis.ts';
import { createCostJournal } from './records/cost-journal.ts';
import { createJournal } from './records/journal.ts';
import { createOrderIntents } from './records/order-intents.ts';
import { createStoreKeeper } from './records/store-keeper.ts';
import { startServer } from './server/server.ts';
import { createShutdown, throwIfStopped, unlessStopped } from './shutdown.ts';

/** Where the account bytes come from. Nothing in the service knows whether it is a local node or a validator. */
export interface FeedSource extends Universe {
  /** Those with a `url` are asked, those with a `wsUrl` are listened to. */
  readonly endpoints: readonly EndpointConfig[];
  /** What the market's mints are called, where the source knows. */
  readonly symbols: ReadonlyMap<Address, string>;
  /** The outside APIs that a local market brings; what the configuration names comes first. */
  readonly apis?: OutsideAddresses;
}

export interface ServiceParams {
  readonly config: Config;
  readonly feed: FeedSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** Try the next ports when the configured one is taken. */
  readonly fallbackPorts: boolean;
  /** Also looks at every event and what it led to. */
  readonly observer?: Observer;
  readonly timing?: ServiceTiming;
  /** Aborted: the service is given up while it starts. Once it runs, `stop` ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Is given what has to be done at once when the process ends without a `stop`. */
  readonly atForcedEnd?: (work: () => void) => void;
}

/** How long what has failed is waited for; each has a default. */
export interface ServiceTiming {
  /** For a lock on the store that another process holds. */
  readonly storeBusyMs?: number;
  /** Until an outside API that has failed is tried again. */
  readonly breaker?: BreakerTiming;
  /** Between two readings of what the chain is; milliseconds. */
  readonly chainRefreshMs?: number;
}

/** The streaming service while it runs. */
export interface Service {
  readonly url: string;
  readonly parts: RunParts;
  feedStatus(): StreamStatus;
  /** Decides no more, waits for what is on its way, writes everything down, in under 8 s. Again: the same answer. */
  stop(): Promise<RunSummary>;
}

const NO_CONTROLS =
  'other machines reach this server and no server.controlToken is set: nobody can pause or resume over it';
const MAX_QUEUED_ROWS = 50_000;
const FLUSH_MS = 250;
/** Cloud Run kills ten seconds after it has asked; the store is closed well before that, uploads get the rest. */
const STOP_MS = 7_000;
const UPLOAD_MS = 5_000;
const DRAIN_PENDING_MS = 2_000;
const POLL_MS = 50;
/** The longest that a call to the store waits for another process's lock, so that a stop is never stuck in one. */
const STORE_BUSY_MS = 1_500;

/**
 * Starts the whole line: store, engine, server, then the feed. Whatever was started is stopped again on a failure, and
 * when `signal` is aborted meanwhile, with `stopped`.
 */
export async function startService(params: ServiceParams): Promise<Service> {
  const { config, feed, clock, log, version, signal, timing = {} } = params;
  const shutdown = createShutdown({ clock, log, budgetMs: STOP_MS });
  let outcome = '';
  try {
    return await start();
  } catch (error) {
    outcome = `not started: ${errorText(error)}`;
    await shutdown.run();
    throw error;
  }

  async function start(): Promise<Service> {
    throwIfStopped(signal);
    const parts = createRunParts({ config, universe: feed, symbols: feed.symbols, clock });
    const { engine, runId, startedAtMs } = parts;
    const { dir } = config.store;
    const since = new Date(startedAtMs).toISOString();
    const lock = lockDirectory(dir, { pid: process.pid, runId, since });
    shutdown.add('data directory', () => lock.release());
    const known = directoryState(dir);
    let recorder: RunRecorder | undefined;
    shutdown.add('uploads', (ms) => recorder?.close(ms), { mostMs: UPLOAD_MS });
    const { storeBusyMs: busyTimeoutMs = STORE_BUSY_MS } = timing;
    const store = await createWorkerStore({ dir, busyTimeoutMs });
    shutdown.add('store', () => store.close(), { mostMs: 1_500, leastMs: 300 });
    let copyTrouble = '';
    const controls = createSafeControls({
      store,
      dir,
      onTrouble(problem) {
        copyTrouble = problem;
        log.error('store.controls-copy', { problem });
      },
    });
    const killed = await store.closeKilledRuns({ sinceMs: resumedAtMs(await controls.controls()) });
    for (const { runId: of, lastAtMs } of killed) log.warning('run.closed-as-killed', { of, lastAtMs });
    const [{ market } = { market: config.market }] = await store.runs({ limit: 1 });
    await store.startRun({
      runId,
      startedAtMs,
      version,
      mode: config.mode,
      market: config.market,
      seed: String(config.seed),
    });
    const end = (status: string): RunSummary => {
      const summary = { ...parts.summary((clock.nowMs() - startedAtMs) / 1_000), status };
      return recorder === undefined ? summary : { ...summary, recording: recorder.summary() };
    };
    shutdown.add('the end of the run', () => store.endRun(runId, clock.nowMs(), plainJson(end(outcome))), {
      mostMs: 2_000,
      leastMs: 600,
    });
    params.atForcedEnd?.(() => {
      const problem = endRunNow(dir, runId, clock.nowMs(), plainJson(end('killed')));
      if (problem !== '') log.error('store.run-not-ended', { runId, error: problem });
    });
    const intents = await createWorkerIntents({ dir });
    shutdown.add('journal of orders', () => intents.close(), { mostMs: 1_000, leastMs: 200 });
    const orderIntents = createOrderIntents({
      journal: intents,
      clock,
      log,
      runId,
      scope: `${config.mode}/${config.market}`,
      keepDays: config.store.keepDays.trades,
    });
    shutdown.add(
      'steps of orders on their way to the journal',
      async (ms) => {
        const steps = await orderIntents.drain(ms);
        if (steps > 0) log.error('orders.steps-lost', { steps });
      },
      { mostMs: 1_000, leastMs: 200 },
    );
    await orderIntents.reconcile();
    const writer = createStoreWriter({
      store,
      clock,
      writerId: runId,
      maxQueued: MAX_QUEUED_ROWS,
      flushMs: FLUSH_MS,
      onError: (error) => log.error('store.flush-failed', { error: error.message }),
    });
    const journal = createJournal({ writer, engine, clock, runId, mode: config.mode });
    shutdown.add(
      'rows on their way to the store',
      async (ms) => {
        journal.recordBalances();
        const { left } = await writer.drain(ms);
        if (left > 0) log.error('store.rows-lost', { rows: left });
      },
      { mostMs: 2_500, leastMs: 1_000 },
    );

    const keeper = createStoreKeeper({ store, keep: config.store, clock, log });
    keeper.start();
    shutdown.add('pruning of the store', () => keeper.stop());
    const access = createApiAccess({
      config,
      endpoints: feed.endpoints,
      clock,
      random: createRandom(config.seed).fork('apis'),
      slotMicros: () => engine.market.chain.slotMicros,
    });
    const costJournal = createCostJournal({ costs: access.costs, writer, runId });
    costJournal.start();
    shutdown.add('costs', () => costJournal.stop());
    // Ends every call, so that what is asked for last is in the costs too.
    shutdown.add('API calls', () => access.close());
    const { rpc } = access;
    const marketFeed = createMarketFeed({
      config,
      endpoints: feed.endpoints,
      rpc,
      clock,
      log,
      groupOf: (address) => parts.engine.market.firstUser(address),
      slotMicros: () => engine.market.chain.slotMicros,
      onEvent(event) {
        pipeline.process(event);
        if (event.kind === 'slot') chain.onSlot(event.slot, event.atMicros);
        else if (event.kind === 'feed' && !event.live) chain.onBreak();
      },
    });
    const { stream } = marketFeed;
    const chain = createChainWatch({
      rpc,
      clock,
      onParameters: (parameters) =>
        pipeline.process({ kind: 'chain', atMicros: clock.monotonicMicros(), parameters }),
      ...(timing.chainRefreshMs === undefined ? {} : { refreshMs: timing.chainRefreshMs }),
    });
    recorder = await createRunRecorder({
      config,
      universe: feed,
      symbols: feed.symbols,
      parts,
      clock,
      version,
      onTrouble: (event, message) => log.error(event, { message }),
    });
    shutdown.add('recording', () => recorder?.finish(), { mostMs: 2_000, leastMs: 500 });
    throwIfStopped(signal);
    const pipeline = createPipeline({
      engine,
      clock,
      subscriptions: stream,
      observers: [
        ...parts.observers,
        ...(recorder === undefined ? [] : [recorder.observe]),
        orderIntents.observe,
        journal.observe,
        () => control.observe(),
        ...(params.observer === undefined ? [] : [params.observer]),
      ],
    });
    const control = createControl({ pipeline, engine, store: controls, clock, log, runId });
    shutdown.add('controls', () => control.close());
    await control.restore({
      sameMarket: market === config.market,
      killed: killed.find(({ market: of }) => of === config.market),
      netLamports: orderIntents.netLamports,
    });
    if (known !== 'known') await beginUnknown(known, copyTrouble, config, control, log);

    const books = createBooks({ market: engine.market, names: parts.names });
    const bookFeed = createBookFeed({
      books,
      endpoint: marketFeed.endpoints.find(({ wsUrl }) => wsUrl !== undefined),
      rpc,
      random: createRandom(config.seed).fork('book-feed'),
      log,
      maxFollowed: config.books.maxFollowed,
    });
    const degradation = createDegradation(
      createDependencyProbes({
        engine,
        asked: () => rpc.status().endpoints,
        heard: () => stream.status().connections,
        store: () => writer.stats(),
        jupiter: () => apis.jupiter?.status(),
        helius: () => apis.helius?.status(),
      }),
    );
    const { allows } = degradation;
    const apis = createOutsideApis({
      config,
      own: feed.apis ?? {},
      budget: access,
      parts,
      pipeline,
      writer,
      allows,
      clock,
      log,
      ...(timing.breaker === undefined ? {} : { breaker: timing.breaker }),
    });
    const outside = { apis, degradation, names: parts.names, costs: engine.costs };

    let draining = false;
    const readiness = createReadiness({
      engine,
      degradation,
      stream: () => stream.status(),
      clock,
      draining: () => draining,
    });
    readiness.start();
    shutdown.add('readiness', () => readiness.stop());
    let universe: UniverseWatch | undefined;
    const state = createDashboardState({
      version,
      market: config.market,
      runId,
      startedAtMs,
      maxSlotLag: config.risk.maxSlotLag,
      skipped: () => [...feed.skipped, ...refusedFile(universe)],
      engine,
      clock,
      names: parts.names,
      recent: parts.recent,
      latency: parts.latency,
      activity: parts.activity,
      books,
      bookFeed: bookFeed.view,
      feed: () => feedView(marketFeed, engine.market, parts.names),
      chain: () => chainView(engine.market.chain, chain.problems),
      isFresh: (pool) => isFresh(pool, stream),
      store: () => {
        const { queued, written, dropped } = writer.stats();
        return { queued, written: total(written), dropped: total(dropped) };
      },
      outside: () => outsideView({ ...outside, alarmBps: config.jupiter.alarmBps }),
      apis: () => apisView(access),
      phase: () => ({
        draining,
        reason: draining ? 'waiting for orders on their way' : control.reason(),
        trouble: readiness.trouble(),
      }),
    });
    const metrics = createServiceMetrics({
      parts,
      feed: marketFeed,
      writer,
      recorder,
      access,
      books: bookFeed,
      isReady: () => readiness.look().ok,
    });
    declareOutsideMetrics(metrics, outside);
    const server = await startServer({
      host: config.server.host,
      port: config.server.port,
      controlToken: config.server.controlToken,
      allowedHosts: config.server.allowedHosts,
      fallbackPorts: params.fallbackPorts,
      source: { state, book: books.whole, control: control.take },
      metricsText: () => metrics.text(),
      health: () => ({ ok: true, message: 'ok' }),
      ready: () => readiness.look(),
      onError: (where, error) => log.error('server.failed', { where, error: String(error) }),
    });
    if (!server.controls) log.warning('server.read-only', { host: config.server.host, why: NO_CONTROLS });
    shutdown.add('server', () => server.close(), { mostMs: 1_000 });
    throwIfStopped(signal);
    const guard = createProgramGuard({
      pipeline,
      rpc,
      // A local node's programs are names, no binaries: proofs are of those on the real chain.
      proofs: config.market === 'live' ? createProofs(dir) : { of: () => undefined },
      store: controls,
      // Another market is another chain, with programs of its own.
      restores: market === config.market,
      clock,
      log,
    });
    shutdown.add('program watch', () => guard.stop());
    // Before the feed: a venue, a pool or a mint that must not trade does not get to.
    await unlessStopped(guard.start(), signal);
    universe = watchUniverseFile(config, { pipeline, clock, log });
    shutdown.add('universe file', () => universe?.stop());
    chain.start();
    shutdown.add('chain parameters', () => chain.stop());
    marketFeed.start();
    shutdown.add('feed', () => marketFeed.stop());
    bookFeed.start();
    shutdown.add('fills of order books', () => bookFeed.stop());
    apis.start();
    shutdown.add('outside APIs', () => apis.stop());
    shutdown.add('orders on their way', settle, { mostMs: DRAIN_PENDING_MS });

    async function settle(ms: number): Promise<void> {
      control.stopDeciding();
      const endMicros = clock.monotonicMicros() + ms * 1_000;
      while (engine.pending.length > 0 && clock.monotonicMicros() < endMicros) await sleep(POLL_MS);
    }

    let stopping: Promise<RunSummary> | undefined;
    const stop = async (): Promise<RunSummary> => {
      draining = true;
      outcome = engine.status;
      await shutdown.run();
      return end(outcome);
    };
    return {
      url: server.url,
      parts,
      feedStatus: () => stream.status(),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  }
}

/** A directory that has lost its store, or knows of none: said, and where it is configured, not traded on unasked. */
async function beginUnknown(
  state: Exclude<DirectoryState, 'known'>,
  copyTrouble: string,
  { store: { dir, whenNew } }: Config,
  control: Control,
  log: Logger,
): Promise<void> {
  if (state === 'store-lost') {
    log.error('store.lost', {
      dir,
      note: 'its file is gone: a new one begins; pause and halt are as the copy says',
    });
    // Both are lost: there was a run here, and nobody knows how a person left it.
    if (copyTrouble !== '') {
      await control.pauseUnknown(
        `the store is gone and its copy of the controls with it: ${copyTrouble}; resume to begin`,
      );
    }
    return;
  }
  const note = `the data directory ${dir} is new: nothing is known of an earlier run, its pause or its loss halt`;
  log.warning('store.new-directory', { dir, note, whenNew });
  if (whenNew === 'pause') await control.pauseUnknown(`${note}; resume to begin`);
}

function watchUniverseFile(
  { universe: { file } }: Config,
  wiring: Omit<UniverseWatchParams, 'path'>,
): UniverseWatch | undefined {
  return file === undefined ? undefined : watchUniverse({ path: file, ...wiring });
}

/** A universe file that is not in force, where the page lists what is not traded. */
function refusedFile(universe: UniverseWatch | undefined): readonly SkippedPool[] {
  if (universe === undefined || universe.problem === '') return [];
  return [{ pool: '', venue: 'universe file', reason: universe.problem }];
}

function total(counts: RowCounts): number {
  return Object.values<number>({ ...counts }).reduce((sum, count) => sum + count, 0);
}

/** As JSON holds it, which has no undefined. */
function plainJson(summary: RunSummary): JsonObject {
  return JSON.parse(JSON.stringify(summary)) as JsonObject;
}
