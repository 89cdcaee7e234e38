import type { Clock } from '../core/clock.ts';
import type { Config } from '../platform/config/schema.ts';
import { createRun, type Run } from './create-run.ts';
import type { LocalMarket } from './local-market.ts';
import type { RunRecorder } from './run-recorder.ts';
import { createSimulatedFeed } from './simulated-feed.ts';
import type { RecordingSummary } from './summary.ts';

/** How often the loop lets timers and signals in. */
const SLOTS_PER_TURN = 25;

export interface SimulatedRunParams {
  readonly config: Config;
  readonly market: LocalMarket;
  /** Stamps the stages; what is decided does not depend on it. */
  readonly clock: Clock;
  /** Seconds of market time. */
  readonly durationSeconds: number;
  readonly signal: AbortSignal;
  /** Called about once a second of market time. */
  readonly onTurn?: (run: Run, elapsedSeconds: number) => void;
  /** Makes the recorder of the run, when it is to be recorded. */
  readonly record?: (run: Run) => Promise<RunRecorder | undefined>;
}

/** What a simulated run came to, and how much market time passed. */
export interface SimulatedRun {
  readonly run: Run;
  readonly elapsedSeconds: number;
  readonly recording: RecordingSummary | undefined;
}

/**
 * Drives the same engine with the same market as the service does, without sockets and without waiting: every slot's
 * changed accounts, then the next slot, on the market's own clock. The same seed gives the same decisions.
 */
export async function runSimulated(params: SimulatedRunParams): Promise<SimulatedRun> {
  const { config, market, clock, durationSeconds, signal, onTurn } = params;
  const run = createRun({ config, universe: market, symbols: market.symbols, clock });
  const recorder = await params.record?.(run);
  if (recorder !== undefined) run.observe(recorder.observe);
  const feed = createSimulatedFeed(market, (event) =>
    run.process({ ...event, atMicros: clock.monotonicMicros() }),
  );
  run.subscribeBy(feed.subscriptions);

  feed.start();
  const durationMs = durationSeconds * 1_000;
  for (let slot = 0; feed.elapsedMs < durationMs && !signal.aborted; slot++) {
    feed.step();
    if (slot % SLOTS_PER_TURN !== 0) continue;
    onTurn?.(run, feed.elapsedMs / 1_000);
    await new Promise((resolve) => setImmediate(resolve));
    await recorder?.ready();
  }
  const recording = await recorder?.close();
  return { run, elapsedSeconds: feed.elapsedMs / 1_000, recording };
}
