import type { Clock } from '../../shared/core/clock.ts';
import { errorText } from '../../shared/core/errors.ts';
import { createRandom } from '../../shared/core/random.ts';
import { createChainWatch } from '../../shared/platform/chain/chain-watch.ts';
import { createProofs } from '../../shared/platform/chain/proofs.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import type { StreamStatus } from '../../shared/platform/feed/account-stream.ts';
import { createApiAccess } from '../../shared/platform/outside/api-access.ts';
import type { BreakerTiming } from '../../shared/platform/outside/gate/breaker.ts';
import { sleep } from '../../shared/platform/process/backoff.ts';
import type { Logger } from '../../shared/platform/process/log.ts';
import type { DirectoryState } from '../../shared/platform/store/directory-state.ts';
import { createRun, type Run } from '../../shared/run/create-run.ts';
import type { Observer } from '../../shared/run/pipeline.ts';
import type { RunSummary } from '../../shared/run/summary.ts';
import { createBookFeed } from './dashboard/state/book-feed.ts';
import { createBooks } from './dashboard/state/books.ts';
import type { FeedSource } from './feed-source.ts';
import { createDegradation } from './health/degradation.ts';
import { createDependencyProbes } from './health/dependency-probes.ts';
import { createReadiness } from './health/readiness.ts';
import { unknownOrders } from './health/unknown-orders.ts';
import { type Control, createControl } from './inputs/control.ts';
import { createMarketFeed } from './inputs/market-feed.ts';
import { createProgramGuard } from './inputs/program-guard.ts';
import { createUniverseWatch } from './inputs/universe-watch.ts';
import { openDesk } from './open-desk.ts';
import { createOutsideApis } from './outside/outside-apis.ts';
import { createCostJournal } from './records/cost-journal.ts';
import { openRecords } from './records/open-records.ts';
import { createShutdown, type Shutdown, throwIfStopped, unlessStopped } from './shutdown.ts';

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
  readonly run: Run;
  feedStatus(): StreamStatus;
  /** Decides no more, waits for what is on its way, writes everything down, in under 8 s. Again: the same answer. */
  stop(): Promise<RunSummary>;
}

/** Cloud Run kills ten seconds after it has asked; the store is closed well before that, uploads get the rest. */
const STOP_MS = 7_000;
const DRAIN_PENDING_MS = 2_000;
const POLL_MS = 50;

/**
 * Starts the whole line: records, engine, page, then what tells the engine of the world. Whatever was started is stopped
 * again on a failure, and when `signal` is aborted meanwhile, with `stopped`.
 */
export async function startService(params: ServiceParams): Promise<Service> {
  const shutdown = createShutdown({ clock: params.clock, log: params.log, budgetMs: STOP_MS });
  const ending = { status: '' };
  try {
    return await startAll(params, shutdown, ending);
  } catch (error) {
    ending.status = `not started: ${errorText(error)}`;
    await shutdown.run();
    throw error;
  }
}

/** In order; what stands here last is stopped first. What hears or asks the world is made before the page and started after it. */
async function startAll(
  params: ServiceParams,
  shutdown: Shutdown,
  ending: { status: string },
): Promise<Service> {
  const { config, feed, clock, log, version, signal, timing = {} } = params;
  throwIfStopped(signal);
  const run = createRun({ config, universe: feed, symbols: feed.symbols, clock });
  const { engine } = run;
  const slotMicros = (): number => engine.market.chain.slotMicros;

  // What is written down, and what was before.
  const records = await openRecords({
    config,
    feed,
    run,
    clock,
    log,
    version,
    shutdown,
    storeBusyMs: timing.storeBusyMs,
    status: () => ending.status,
    atForcedEnd: params.atForcedEnd,
  });
  const { writer, controls, earlier } = records;
  throwIfStopped(signal);

  // Who is asked, and what that costs.
  const access = createApiAccess({
    config,
    endpoints: feed.endpoints,
    clock,
    random: createRandom(config.seed).fork('apis'),
    slotMicros,
  });
  const { rpc } = access;
  const costs = createCostJournal({ costs: access.costs, writer, runId: run.runId });
  costs.start();
  shutdown.add('costs', () => costs.stop());
  // Ends every call, so that what is asked for last is in the costs too.
  shutdown.add('API calls', () => access.close());

  // What tells the engine of the chain.
  const chain = createChainWatch({
    rpc,
    clock,
    onParameters: (parameters) =>
      run.process({ kind: 'chain', atMicros: clock.monotonicMicros(), parameters }),
    ...(timing.chainRefreshMs === undefined ? {} : { refreshMs: timing.chainRefreshMs }),
  });
  const marketFeed = createMarketFeed({
    config,
    endpoints: feed.endpoints,
    rpc,
    clock,
    log,
    groupOf: (address) => engine.market.firstUser(address),
    slotMicros,
    onEvent(event) {
      run.process(event);
      if (event.kind === 'slot') chain.onSlot(event.slot, event.atMicros);
      else if (event.kind === 'feed' && !event.live) chain.onBreak();
    },
  });
  const { stream } = marketFeed;
  run.subscribeBy(stream);
  const universe = createUniverseWatch({ path: config.universe.file, pipeline: run, clock, log });
  const guard = createProgramGuard({
    pipeline: run,
    rpc,
    // A local node's programs are names, no binaries: proofs are of those on the real chain.
    proofs: config.market === 'live' ? createProofs(config.store.dir) : { of: () => undefined },
    store: controls,
    // Another market is another chain, with programs of its own.
    restores: earlier.sameMarket,
    clock,
    log,
  });

  // The switch that people hold, as runs before this one have left it.
  const control = createControl({ pipeline: run, engine, store: controls, clock, log, runId: run.runId });
  run.observe(control.observe);
  if (params.observer !== undefined) run.observe(params.observer);
  shutdown.add('controls', () => control.close());
  await control.restore({ ...earlier, netLamports: records.intents.netLamports });
  if (earlier.directory !== 'known') {
    await beginUnknown(earlier.directory, earlier.copyTrouble(), config, control, log);
  }

  // Beside the hot line: books to look at, outside APIs, and how all of it is.
  const books = createBooks({ market: engine.market, names: run.names });
  const bookFeed = createBookFeed({
    books,
    endpoint: marketFeed.endpoints.find(({ wsUrl }) => wsUrl !== undefined),
    rpc,
    random: createRandom(config.seed).fork('book-feed'),
    log,
    maxFollowed: config.books.maxFollowed,
  });
  const apis = createOutsideApis({
    config,
    own: feed.apis ?? {},
    budget: access,
    run,
    writer,
    clock,
    log,
    ...(timing.breaker === undefined ? {} : { breaker: timing.breaker }),
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
  let draining = false;
  const unknown = () => unknownOrders({ engine, earlier: () => records.intents.unresolved.length, clock });
  const readiness = createReadiness({
    engine,
    degradation,
    stream: () => stream.status(),
    clock,
    draining: () => draining,
    unknown: () => unknown().text,
  });
  readiness.start();
  shutdown.add('readiness', () => readiness.stop());

  // What a person sees.
  const server = await openDesk({
    config,
    run,
    records,
    unknown,
    access,
    chain,
    marketFeed,
    universe,
    skipped: feed.skipped,
    books,
    bookFeed,
    apis,
    degradation,
    readiness,
    control,
    draining: () => draining,
    clock,
    log,
    version,
    fallbackPorts: params.fallbackPorts,
  });
  shutdown.add('server', () => server.close(), { mostMs: 1_000 });
  throwIfStopped(signal);

  // The world. Programs and universe come first: a venue, a pool or a mint that must not trade does not get to.
  shutdown.add('program watch', () => guard.stop());
  await unlessStopped(guard.start(), signal);
  universe.start();
  shutdown.add('universe file', () => universe.stop());
  chain.start();
  shutdown.add('chain parameters', () => chain.stop());
  marketFeed.start();
  shutdown.add('feed', () => marketFeed.stop());
  bookFeed.start();
  shutdown.add('fills of order books', () => bookFeed.stop());
  apis.start(degradation.allows);
  shutdown.add('outside APIs', () => apis.stop());
  shutdown.add('orders on their way', settle, { mostMs: DRAIN_PENDING_MS });

  async function settle(ms: number): Promise<void> {
    control.stopDeciding();
    const endMicros = clock.monotonicMicros() + ms * 1_000;
    while (engine.pending.length > 0 && clock.monotonicMicros() < endMicros) await sleep(POLL_MS);
  }

  async function stop(): Promise<RunSummary> {
    draining = true;
    ending.status = engine.status;
    await shutdown.run();
    return records.summary(ending.status);
  }

  let stopping: Promise<RunSummary> | undefined;
  return {
    url: server.url,
    run,
    feedStatus: () => stream.status(),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
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
