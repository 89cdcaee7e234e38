import { resolve } from 'node:path';
import { ArbError } from '../../../shared/core/errors.ts';
import { formatUnits } from '../../../shared/core/units.ts';
import type { LoadedConfig } from '../../../shared/platform/config/load.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { checkEndpoints } from '../../../shared/platform/feed/trust/endpoint-check.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { limitLog } from '../../../shared/platform/process/log-limit.ts';
import { enabledUniverse, readUniverseFile } from '../../../shared/platform/universe/universe-file.ts';
import type { Run } from '../../../shared/run/create-run.ts';
import { createRunRecorder } from '../../../shared/run/run-recorder.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { selectPools } from '../../../shared/run/universe.ts';
import type { FeedSource } from '../../streamer/feed-source.ts';
import { type Service, startService } from '../../streamer/main.ts';
import { EXIT } from '../frame/exit-code.ts';
import { localMarketModule, localNodeModule, simulatedRunModule } from '../frame/local-chain.ts';
import { createProgress } from '../frame/progress.ts';
import { refuseIdle } from '../frame/used-keys.ts';
import { defineVerb, type VerbContext } from '../frame/verb.ts';
import { summaryLines } from './run-summary.ts';

/** `arb run`: the streaming service, or the same engine on simulated time. */
export const runVerb = defineVerb({
  name: 'run',
  summary: 'stream a market, search it and paper-trade it, with the dashboard beside it',
  usage:
    '[--market built-in|FILE|live] [--duration SECONDS] [--seed N] [--port N] [--simulated-time] [--json]',
  details: [
    'The built-in market and a snapshot FILE are served by a local Solana node on loopback, where seeded traders',
    'move the prices; live takes rpc.url (or rpc.endpoints) and universe.pools or universe.file. Paper trades are filled at the',
    'state of a later slot, and only a gap that closed in between is counted again.',
    'Ctrl-C drains: nothing new is decided, orders on their way end, everything is written, the summary is printed.',
    '--simulated-time runs as fast as it can on the market’s own clock, without sockets, page or store; the same',
    'seed gives the same decisions and the same hash.',
  ].join('\n'),
  flags: {
    json: { kind: 'boolean', summary: 'print one summary object on stdout at the end' },
    'simulated-time': {
      kind: 'boolean',
      summary: 'drive engine and market in this process on a virtual clock',
    },
  },
  usesConfig: true,
  async run(context) {
    const loaded = context.loadConfig();
    const { config, sources } = loaded;
    const { dir, bucket } = config.recorder;
    const simulated = context.flags['simulated-time'];
    refuseIdleHere(loaded, { simulated, recorded: dir !== undefined || bucket !== undefined });
    const summary = await runMarket(context, config, {
      simulated,
      portNamed: sources.has('server.port'),
    });
    if (summary === undefined) return stoppedEarly(context);
    if (context.flags.json) context.stdout.line(JSON.stringify(summary));
    else for (const line of summaryLines(summary)) context.stdout.line(line);
    return EXIT.ok;
  },
});

/** What serves pages, follows a chain and keeps a store: simulated time has none of it. */
const SERVED_KEYS = ['rpc', 'limits', 'feed', 'books', 'wallet', 'helius', 'jupiter', 'server', 'universe'];

const STORED_KEYS = ['store.keepDays', 'store.maxBytes', 'store.whenNew'];

/** Throws `usage-idle-flag` for a flag that the kind of run makes no use of. */
export function refuseIdleHere(
  loaded: LoadedConfig,
  { simulated, recorded }: { readonly simulated: boolean; readonly recorded: boolean },
): void {
  const { market, universe, helius, jupiter, recorder } = loaded.config;
  if (simulated) {
    refuseIdle(loaded, SERVED_KEYS, 'simulated time has no sockets, page or outside APIs');
    // What a bucket does not have yet waits under store.dir.
    const kept = recorder.bucket === undefined ? ['store'] : STORED_KEYS;
    refuseIdle(loaded, kept, 'simulated time keeps no store');
  }
  if (!recorded)
    refuseIdle(loaded, ['recorder'], 'nothing is recorded without recorder.dir or recorder.bucket');
  else if (recorder.bucket === undefined) {
    refuseIdle(loaded, ['recorder.bucketEndpoint'], 'it goes with recorder.bucket');
  }
  if (helius.apiKey === undefined) {
    const own = market === 'live' ? ['helius'] : ['helius.url', 'helius.requestsPerSecond'];
    refuseIdle(loaded, own, 'Helius is asked with helius.apiKey only');
  }
  if (market === 'live') {
    refuseIdle(loaded, ['seed', 'sim'], 'a live market has no seeded traders');
    if (universe.file !== undefined) refuseIdle(loaded, ['universe.pools'], 'universe.file names the pools');
    if (jupiter.url === undefined)
      refuseIdle(loaded, ['jupiter'], 'a live market asks Jupiter at jupiter.url only');
  } else {
    refuseIdle(loaded, ['feed.redundancy'], 'a local market has one endpoint');
    const because = 'it goes with --market live; every other market is served by a node of its own';
    refuseIdle(loaded, ['rpc.url', 'rpc.wsUrl', 'rpc.endpoints', 'universe.pools'], because);
  }
}

export type RunContext = Omit<VerbContext, 'flags' | 'positionals'>;

/**
 * Runs the market that the configuration names to its end, over sockets or on simulated time; undefined when it was
 * stopped before it was up.
 */
export async function runMarket(
  context: RunContext,
  config: Config,
  { simulated, portNamed }: { readonly simulated: boolean; readonly portNamed: boolean },
): Promise<RunSummary | undefined> {
  try {
    return await (simulated ? simulate(context, config) : serve(context, config, portNamed));
  } catch (error) {
    if (error instanceof ArbError && error.code === 'stopped') return undefined;
    throw error;
  }
}

/** What a run that was stopped before it was up says, and its exit code: it did what it was told. */
export function stoppedEarly({
  flags,
  stdout,
  stderr,
}: Pick<VerbContext, 'stdout' | 'stderr'> & { readonly flags: { readonly json: boolean } }): number {
  stderr.line('stopped while starting: nothing was traded');
  if (flags.json) stdout.line(JSON.stringify({ status: 'stopped-while-starting' }));
  return EXIT.ok;
}

async function simulate({ clock, signal, stderr, version }: RunContext, config: Config): Promise<RunSummary> {
  if (config.market === 'live') {
    throw new ArbError(
      'usage-simulated-live',
      'simulated time needs a market of its own: built-in or a snapshot file',
    );
  }
  if (config.duration === undefined) {
    throw new ArbError('usage-simulated-endless', 'simulated time needs an end: add --duration SECONDS');
  }
  const { createLocalMarket } = await localMarketModule();
  const { runSimulated } = await simulatedRunModule();
  const market = createLocalMarket(config.market, config.seed, config.sim);
  for (const { pool, venue, reason } of market.skipped) stderr.line(`skipped ${venue} ${pool}: ${reason}`);
  let shown = 'starting';
  const progress = createProgress({ output: stderr, clock, describe: () => shown });
  const { run, elapsedSeconds, recording } = await runSimulated({
    config,
    market,
    clock,
    durationSeconds: config.duration,
    signal,
    record: (running) =>
      createRunRecorder({
        config,
        universe: market,
        symbols: market.symbols,
        run: running,
        clock,
        version,
        onTrouble: (event, message) => stderr.line(`${event}: ${message}`),
      }),
    onTurn(running, seconds) {
      shown = `${seconds.toFixed(0)} s of market time · ${describe(running)}`;
      progress.tick();
    },
  });
  progress.stop();
  const summary = run.summary(elapsedSeconds);
  return recording === undefined ? summary : { ...summary, recording };
}

async function serve(given: RunContext, config: Config, portNamed: boolean): Promise<RunSummary> {
  const { clock, stderr, version } = given;
  const log = limitLog({ log: createLogger({ stream: stderr, clock, minSeverity: 'NOTICE' }), clock });
  const { feed, ended, stopNode } = await openFeed(config, given);
  let gone: ArbError | undefined;
  const lost = new AbortController();
  void ended?.then(({ how, error }) => {
    gone = error;
    log.error('market.node-ended', { how });
    lost.abort();
  });
  const signal = AbortSignal.any([given.signal, lost.signal]);
  const context = { ...given, signal };
  let service: Service | undefined;
  try {
    if (config.market === 'live') await checkFeed(feed, context);
    service = await startService({
      config,
      feed,
      clock,
      log,
      version,
      fallbackPorts: !portNamed,
      signal,
      atForcedEnd: context.atForcedEnd,
    });
    const wanted = config.server.port;
    if (wanted !== 0 && !service.url.endsWith(`:${wanted}/`)) {
      stderr.line(
        `port ${wanted} is in use by another program: the dashboard took the next free one instead`,
      );
    }
    stderr.line(`dashboard: ${service.url}`);
    for (const { pool, venue, reason } of feed.skipped) stderr.line(`skipped ${venue} ${pool}: ${reason}`);
    await waitForEnd(context, service.run, config.duration);
    if (signal.aborted) stderr.line('stopping: no new orders; waiting for those on their way');
    const summary = await service.stop();
    if (gone !== undefined) throw gone;
    return summary;
  } catch (error) {
    // Whatever else went wrong went wrong for want of it.
    throw gone ?? error;
  } finally {
    await service?.stop();
    await stopNode();
    log.flush();
  }
}

/** Ends a run that could only ever wait, before it begins; what of several endpoints does not work is said. */
async function checkFeed(
  { endpoints, pools }: FeedSource,
  { signal, stderr }: Pick<RunContext, 'signal' | 'stderr'>,
): Promise<void> {
  const addresses = pools.map(({ address }) => address);
  for (const { endpoint, why } of await checkEndpoints({ endpoints, pools: addresses, signal })) {
    stderr.line(`endpoint ${endpoint}: ${why}`);
  }
}

/** The market that the configuration names, served: a local node, or the RPC that it gives. */
async function openFeed(
  config: Config,
  { cwd, signal }: Pick<RunContext, 'cwd' | 'signal'>,
): Promise<{
  feed: FeedSource;
  ended?: Promise<{ readonly how: string; readonly error: ArbError }>;
  stopNode: () => Promise<void>;
}> {
  const { file, pools } = config.universe;
  const listed = file === undefined ? undefined : enabledUniverse(readUniverseFile(resolve(cwd, file))).pools;
  if (config.market !== 'live') {
    const { startLocalNodeProcess, nodeEnded } = await localNodeModule();
    const { feed, ended, stop } = await startLocalNodeProcess({
      market: config.market,
      seed: config.seed,
      sim: config.sim,
      signal,
    });
    const chosen = listed === undefined ? {} : selectPools(listed);
    const known = ended.then((how) => ({ how, error: nodeEnded(how) }));
    return { feed: { ...feed, ...chosen }, ended: known, stopNode: stop };
  }
  if (listed === undefined && pools.length === 0) {
    const way = 'give universe.pools, or universe.file with a file that arb discover writes';
    throw new ArbError('config-no-pools', `market live has no pool to watch: ${way}`);
  }
  const universe = selectPools(listed ?? pools);
  return {
    feed: { ...universe, symbols: new Map(), endpoints: config.rpc.endpoints },
    stopNode: () => Promise.resolve(),
  };
}

/** Until the duration is over or the first signal, with a progress line. */
async function waitForEnd(
  { clock, stderr, signal }: RunContext,
  run: Run,
  seconds: number | undefined,
): Promise<void> {
  let lastUpdates = 0;
  let lastMicros = clock.monotonicMicros();
  const progress = createProgress({
    output: stderr,
    clock,
    totalSeconds: seconds,
    describe() {
      const now = clock.monotonicMicros();
      const perSecond = ((run.activity.updates - lastUpdates) * 1e6) / Math.max(1, now - lastMicros);
      lastUpdates = run.activity.updates;
      lastMicros = now;
      return `${perSecond.toFixed(0)} updates/s · ${describe(run)}`;
    },
  });
  await sleep(seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1_000, signal);
  progress.stop();
}

function describe({ engine, opportunities }: Run): string {
  const { ledger } = engine;
  const state = engine.status === 'running' ? '' : ` · ${engine.status}`;
  return `${opportunities()} opportunities · ${ledger.filled} filled · ${formatUnits(ledger.netLamports, 9)} SOL${state}`;
}
