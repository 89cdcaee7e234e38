import type { Clock } from '../../../shared/core/clock.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { createWorkerIntents } from '../../../shared/platform/journal/worker-intents.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { createSafeControls } from '../../../shared/platform/store/control-copy.ts';
import { lockDirectory } from '../../../shared/platform/store/directory-lock.ts';
import { type DirectoryState, directoryState } from '../../../shared/platform/store/directory-state.ts';
import { endRunNow } from '../../../shared/platform/store/end-run-now.ts';
import type { JsonObject, KilledRun, Store } from '../../../shared/platform/store/store.ts';
import { createWorkerStore } from '../../../shared/platform/store/worker-store.ts';
import { createStoreWriter, type StoreWriter } from '../../../shared/platform/store/writer.ts';
import type { Run } from '../../../shared/run/create-run.ts';
import { createRunRecorder, type RunRecorder } from '../../../shared/run/run-recorder.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import type { FeedSource } from '../feed-source.ts';
import { resumedAtMs } from '../inputs/control.ts';
import type { Shutdown } from '../shutdown.ts';
import { createJournal } from './journal.ts';
import { createOrderIntents, type OrderIntents } from './order-intents.ts';
import { createStoreKeeper } from './store-keeper.ts';

export interface OpenRecordsParams {
  readonly config: Config;
  readonly feed: FeedSource;
  readonly run: Run;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly shutdown: Shutdown;
  /** For a lock on the store that another process holds; default 1,500 ms, so that a stop is never stuck in one. */
  readonly storeBusyMs?: number | undefined;
  /** What the run has come to, as its summary says it. */
  readonly status: () => string;
  /** Is given what has to be done at once when the process ends without a stop. */
  readonly atForcedEnd?: ((work: () => void) => void) | undefined;
}

/** Everything that a run writes down, and what runs before it have left in the same data directory. */
export interface Records {
  readonly writer: StoreWriter;
  readonly controls: Pick<Store, 'controls' | 'setControl'>;
  readonly intents: OrderIntents;
  /** Undefined: the run is not recorded. */
  readonly recorder: RunRecorder | undefined;
  readonly earlier: {
    readonly directory: DirectoryState;
    /** The last run streamed the same market, or there was none. */
    readonly sameMarket: boolean;
    /** The run of this market that died before this one. */
    readonly killed: KilledRun | undefined;
    /** Why the copy of the controls beside the store cannot be read; '' when it can. */
    readonly copyTrouble: () => string;
  };
  summary(status: string): RunSummary;
}

const MAX_QUEUED_ROWS = 50_000;
const FLUSH_MS = 250;
const UPLOAD_MS = 5_000;
const STORE_BUSY_MS = 1_500;

/**
 * Takes the data directory, closes what a killed run has left open, and opens store, order journal and recorder. From
 * then on they see every event of `run`. Rejects with `directory-locked`, `store-…`, `recording-…`.
 */
export async function openRecords(params: OpenRecordsParams): Promise<Records> {
  const { config, feed, run, clock, log, version, shutdown } = params;
  const { runId, startedAtMs, engine } = run;
  const { dir } = config.store;

  const lock = lockDirectory(dir, {
    pid: process.pid,
    runId,
    since: new Date(startedAtMs).toISOString(),
  });
  shutdown.add('data directory', () => lock.release());
  const directory = directoryState(dir);
  let recorder: RunRecorder | undefined;
  shutdown.add('uploads', (ms) => recorder?.close(ms), { mostMs: UPLOAD_MS });

  const store = await createWorkerStore({ dir, busyTimeoutMs: params.storeBusyMs ?? STORE_BUSY_MS });
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
  const [last] = await store.runs({ limit: 1 });
  const { mode, market } = config;
  await store.startRun({ runId, startedAtMs, version, mode, market, seed: String(config.seed) });
  const summary = (status: string): RunSummary => {
    const all = { ...run.summary((clock.nowMs() - startedAtMs) / 1_000), status };
    return recorder === undefined ? all : { ...all, recording: recorder.summary() };
  };
  shutdown.add(
    'the end of the run',
    () => store.endRun(runId, clock.nowMs(), plainJson(summary(params.status()))),
    { mostMs: 2_000, leastMs: 600 },
  );
  params.atForcedEnd?.(() => {
    const problem = endRunNow(dir, runId, clock.nowMs(), plainJson(summary('killed')));
    if (problem !== '') log.error('store.run-not-ended', { runId, error: problem });
  });

  const journalOfOrders = await createWorkerIntents({ dir });
  shutdown.add('journal of orders', () => journalOfOrders.close(), { mostMs: 1_000, leastMs: 200 });
  const intents = createOrderIntents({
    journal: journalOfOrders,
    clock,
    log,
    runId,
    scope: `${mode}/${market}`,
    keepDays: config.store.keepDays.trades,
    onResolved({ orderId: by, netLamports }) {
      if (netLamports === 0n) return;
      const atMicros = clock.monotonicMicros();
      run.process({ kind: 'loss', atMicros, lamports: -netLamports, halted: false, by });
    },
  });
  shutdown.add(
    'steps of orders on their way to the journal',
    async (ms) => {
      const steps = await intents.drain(ms);
      if (steps > 0) log.error('orders.steps-lost', { steps });
    },
    { mostMs: 1_000, leastMs: 200 },
  );
  const writer = createStoreWriter({
    store,
    clock,
    writerId: runId,
    maxQueued: MAX_QUEUED_ROWS,
    flushMs: FLUSH_MS,
    onError: (error) => log.error('store.flush-failed', { error: error.message }),
  });
  const journal = createJournal({ writer, engine, clock, runId, mode });
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

  recorder = await createRunRecorder({
    config,
    universe: feed,
    symbols: feed.symbols,
    run,
    clock,
    version,
    onTrouble: (event, message) => log.error(event, { message }),
  });
  shutdown.add('recording', () => recorder?.finish(), { mostMs: 2_000, leastMs: 500 });

  if (recorder !== undefined) run.observe(recorder.observe);
  run.observe(intents.observe);
  run.observe(journal.observe);
  // What is found out of earlier runs is an event like any other.
  await intents.reconcile();
  return {
    writer,
    controls,
    intents,
    recorder,
    earlier: {
      directory,
      sameMarket: last === undefined || last.market === market,
      killed: killed.find(({ market: of }) => of === market),
      copyTrouble: () => copyTrouble,
    },
    summary,
  };
}

/** As JSON holds it, which has no undefined. */
function plainJson(summary: RunSummary): JsonObject {
  return JSON.parse(JSON.stringify(summary)) as JsonObject;
}
